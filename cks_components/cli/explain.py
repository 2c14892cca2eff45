"""`cks-access explain`: why a token is refused, or who its bearer becomes and what they may do."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING

import click

from cks_components.access.explanation import Explanation
from cks_components.api.errors import CksError
from cks_components.api.retry import telling
from cks_components.authentication import Rule, Verdict, judge
from cks_components.cli import token_source
from cks_components.cli.exit_code import ERROR, FINE, FOUND
from cks_components.cli.parameters import FilePath, at_most_one, resolve_option, stack_names
from cks_components.cli.progress_lines import tell
from cks_components.cli.terminal import shown
from cks_components.diagnosis import block_source
from cks_components.diagnosis.block_source import BlockInUse
from cks_components.identity.providers import service_account_issuer
from cks_components.kubernetes.kubectl_token import SentToken
from cks_components.stack_file.visible_text import visible

if TYPE_CHECKING:
    from cks_components.diagnosis.live_cluster import LiveCluster
    from cks_components.kubernetes.answers import Review

_CODES = (
    "Exit codes: 0, accepted; 1, an error, no identity to judge by, or a token that is damaged, "
    "another issuer's or expired; 2, refused for another reason. With --live it is the cluster that "
    "accepts or refuses, if it answers."
)
_ONLY_THE_CLUSTER = "only the cluster has the key"
_ACCOUNT = (
    "whether the account still exists was not checked either, so a forged token, or one of a deleted "
    "account, looks the same; only the cluster itself can tell (--live asks it)"
)
_WEBHOOK = (
    "the authentication webhook is asked about every token that is refused here, and may accept it"
)
_WEBHOOK_DID = (
    "the authentication webhook is asked about every token that is refused here, and has most likely "
    "accepted it"
)
_OTHER_BLOCK = (
    "the cluster has another block now than the stack file; --cluster judges by the one that it has"
)
_UNSEEN = (
    "the cluster knows more than can be seen from here, such as its own clock and the keys in its "
    "cache"
)
_IMPERSONATION = (
    'the context says "as: {}", so kubectl asks to act as that user (impersonation): its requests are '
    "judged as that user's if the token's owner may impersonate, and are refused otherwise"
)
_BEFORE_KEYS = (Rule.MALFORMED, Rule.CONFIGURATION, Rule.ISSUER)


@click.command(
    help="Every check of kube-apiserver is made in its order, with the block of a stack file, of a "
    "live cluster or of a file. The token is never shown, nor sent anywhere unless --live is given.\n\n"
    + _CODES,
    epilog="Example: cks-access explain --from-kubeconfig production/train-east/people",
)
@click.argument("token", nargs=-1, metavar="[TOKEN|-]", help="The token; - reads standard input.")
@click.option(
    "--from-kubeconfig",
    "context",
    metavar="CONTEXT",
    help="Explain the token that kubectl sends in this context; an exec plugin is run.",
)
@click.option(
    "--stack",
    help="The stack's name, or the path of its file; without it, the stack that is selected.",
    shell_complete=stack_names,
)
@click.option(
    "--block",
    metavar="FILE",
    type=FilePath(),
    help="Use an oidc block as the CKS API has it, in JSON, or a cluster with one; - is standard input.",
)
@click.option(
    "--cluster",
    metavar="NAME",
    help="Use the live block of this cluster: its key in the stack file, its name or its id.",
)
@click.option("--live", is_flag=True, help="Ask the cluster itself too, with your CoreWeave token.")
@click.option("--offline", is_flag=True, help="Fetch nothing, so the signature is not checked.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@resolve_option
def verb(
    *,
    token: tuple[str, ...],
    context: str | None,
    stack: str | None,
    block: str | None,
    cluster: str | None,
    live: bool,
    offline: bool,
    as_json: bool,
    is_resolved: bool,
) -> int:
    """Print what kube-apiserver makes of the token.

    Raises:
        CksError: an argument is wrong, or what was asked for does not answer.
    """
    at_most_one({"--block": block is not None, "--stack": stack is not None})
    at_most_one({"--block": block is not None, "--cluster": cluster is not None})
    at_most_one({"--offline": offline, "--cluster": cluster is not None})
    at_most_one({"--offline": offline, "--live": live})
    at_most_one({"--block": block is not None, "--live": live})
    at_most_one({"--block -": block == "-", "the token -": "-" in token})
    sent = token_source.read(token, context)
    with telling(tell):
        if block is not None:
            used = block_source.of_file(block)
        elif cluster is not None:
            used = block_source.of_cluster(cluster, stack, is_resolved=is_resolved)
        else:
            used = block_source.of_stack(stack, live=live, is_resolved=is_resolved)
        explanation = _explained(sent, used, live=live, offline=offline)
    if as_json:
        print(json.dumps(explanation.data(), indent=2))
    elif explanation.is_unusable:
        print("cks-access: the token is", "\n".join(explanation.lines()), file=sys.stderr)
    else:
        print("\n".join(map(shown, explanation.lines())))
    if explanation.is_unusable:
        return ERROR
    return FOUND if explanation.is_refused else FINE


def _explained(sent: SentToken, used: BlockInUse, *, live: bool, offline: bool) -> Explanation:
    verdict, unchecked = _verdict(sent.token, used, offline=offline)
    server, unanswered = _asked(sent.token, used.live) if live and used.live else (None, "")
    notes = [
        unanswered,
        _who_else_decides(verdict, used, server),
        _IMPERSONATION.format(visible(sent.acts_as)) if sent.acts_as else "",
        used.note,
    ]
    return Explanation.of(
        verdict,
        used.access,
        used.keys,
        unchecked=unchecked,
        server=server,
        note="; ".join(filter(None, notes)),
    )


def _who_else_decides(verdict: Verdict, used: BlockInUse, server: Review | None) -> str:
    """What our own checks leave open, or why the cluster says something else; may be empty."""
    if server is None and verdict.is_service_account:
        return _ACCOUNT
    if server is None:
        return _WEBHOOK if verdict.user is None and used.has_webhook else ""
    if not Explanation(verdict, server=server).is_disputed:
        return ""
    if used.live is not None and used.live.cluster.oidc != used.block:
        return _OTHER_BLOCK
    if verdict.user is not None:
        return ""  # the cluster gives its reason
    return _WEBHOOK_DID if used.has_webhook else _UNSEEN


def _verdict(token: str, used: BlockInUse, *, offline: bool) -> tuple[Verdict, str]:
    """The verdict, and why the signature was not checked."""
    issuers = [service_account_issuer(cluster_id) for cluster_id in used.ids]
    first = judge(token, used.block, now=time.time(), service_account_issuers=issuers)
    if first.is_service_account:
        return first, _ONLY_THE_CLUSTER
    if offline:
        return first, "nothing was fetched, because of --offline"
    if first.rule in _BEFORE_KEYS or used.block.issuer_url is None:
        return first, ""
    from cks_components.identity import discovery  # only now: it imports the HTTP library

    published = discovery.fetch(used.block.issuer_url, ca=used.block.ca)
    verdict = judge(
        token,
        used.block,
        now=time.time(),
        published=published,
        service_account_issuers=issuers,
    )
    problem = published.problem or published.keys_problem
    return verdict, f"the issuer's keys could not be read from here: {problem}" if problem else ""


def _asked(token: str, cluster: LiveCluster) -> tuple[Review | None, str]:
    """What the cluster itself says; None and a note if it says nothing, or not to us."""
    try:
        return cluster.review(token), ""
    except CksError as error:
        return None, f"there is no answer of the cluster itself: {error}"
