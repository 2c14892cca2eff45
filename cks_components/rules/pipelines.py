"""Rules of pipelines: service accounts, and the tokens that are stored for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from cks_components.rules.excessive_rights import CLUSTER_ADMIN
from cks_components.rules.rule import ERROR, GROWING, WARNING, Rule, Violation
from cks_components.stack_file.pipeline import PipelineSettings, TokenSettings
from cks_components.stack_file.settings import Located

SHORTEST = timedelta(minutes=10)
"""What the API server grants at least; it refuses to grant less."""
LONGEST = timedelta(days=366)
_LONG = timedelta(days=90)
_ACCOUNT_OF_PODS = "default"
_SYSTEM = "kube-"


def clashes(entries: Sequence[Located[PipelineSettings]]) -> Iterator[Violation]:
    """Say which pipelines of one cluster get in each other's way; each has a name of its own there.

    Its service account and its resources are named by it.
    """
    names: dict[str, str] = {}
    for path, pipeline in entries:
        first = names.setdefault(pipeline.name, path)
        if first != path:
            yield Violation(
                f"{path}.name",
                f'"{pipeline.name}" is the name of {first} too; give each pipeline of a cluster a '
                "name of its own",
            )


def _own_account(pipeline: PipelineSettings) -> Iterator[Violation]:
    if pipeline.name == _ACCOUNT_OF_PODS:
        yield Violation(
            "name",
            '"default" is the account of every pod of its namespace; give the pipeline a name of '
            "its own",
        )


def _own_namespace(pipeline: PipelineSettings) -> Iterator[Violation]:
    if pipeline.namespace.startswith(_SYSTEM):
        yield Violation(
            "namespace",
            f'"{pipeline.namespace}" is one of Kubernetes\' own; give pipelines a namespace of '
            "their own, such as ci",
        )


def _deleted_by_its_maker(pipeline: PipelineSettings) -> Iterator[Violation]:
    if pipeline.deletes_namespace and not pipeline.creates_namespace:
        yield Violation(
            "deleteNamespace",
            "deletes a namespace that was not made here; write createNamespace: true as well, or "
            "take it out",
        )


def _admin(pipeline: PipelineSettings) -> Iterator[Violation]:
    if pipeline.cluster_role == CLUSTER_ADMIN:
        yield Violation(
            "clusterRole",
            "cluster-admin makes whoever changes the pipeline the whole cluster; write a narrower "
            "role, or waive RBAC-03 with a reason",
        )


def _shortest(token: TokenSettings) -> Iterator[Violation]:
    if token.lifetime < SHORTEST:
        yield Violation(
            "lifetime", "is less than 10 minutes, which the API server refuses; write 10m or more"
        )


def _longest(token: TokenSettings) -> Iterator[Violation]:
    if token.lifetime > LONGEST:
        yield Violation(
            "lifetime",
            "is more than 366 days: a token is renewed by an update and need not live for years; "
            "write 30d",
        )


def _long(token: TokenSettings) -> Iterator[Violation]:
    if _LONG < token.lifetime <= LONGEST:
        yield Violation(
            "lifetime",
            "is more than 90 days, for which a stolen token works, and which clusters may cut; "
            "write 30d, or waive TOKEN-03 with a reason",
        )


def _window(token: TokenSettings) -> Iterator[Violation]:
    if not timedelta() <= token.renew_before < token.lifetime:
        yield Violation(
            "renewBefore",
            "must be less than the lifetime, or every update rotates the token; write a quarter of "
            "the lifetime",
        )


RULES: tuple[Rule[PipelineSettings], ...] = (
    Rule("PIPE-01", "a pipeline is not the service account `default`", ERROR, _own_account),
    Rule("PIPE-02", "a pipeline has no namespace of Kubernetes' own", ERROR, _own_namespace),
    Rule(
        "PIPE-05",
        "`deleteNamespace` stands beside `createNamespace`",
        ERROR,
        _deleted_by_its_maker,
    ),
    Rule("RBAC-03", "`cluster-admin` is not for pipelines", GROWING, _admin),
)
TOKEN_RULES: tuple[Rule[TokenSettings], ...] = (
    Rule("TOKEN-01", "a token lives for 10 minutes at least", ERROR, _shortest, False),
    Rule("TOKEN-02", "a stored token lives for 366 days at most", ERROR, _longest),
    Rule("TOKEN-03", "a stored token lives for 90 days at most", WARNING, _long),
    Rule("TOKEN-04", "`renewBefore` is less than `lifetime`", ERROR, _window, False),
)
