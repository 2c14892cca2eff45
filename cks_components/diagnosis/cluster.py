"""Checks of a cluster as the CKS API shows it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from cks_components.api.cluster_lookup import same_host, wrong_endpoint
from cks_components.api.models import Block, Cluster, OidcConfig, Principal, Webhook
from cks_components.api.update_mask import differences
from cks_components.authentication import oidc_settings
from cks_components.diagnosis.result import Result, fine, warning, wrong
from cks_components.lifecycle.waiting import FAILED, RUNNING, advice


def token(principal: Principal | None, clusters: Sequence[Cluster], origin: str) -> Result:
    """Whose token it is, and whether the clusters are of that organisation.

    Args:
        principal: whose the API says that it is; None if it says nothing.
        clusters: of the stack.
        origin: how messages name the token: "the token in …".
    """
    subject = "API token"
    if principal is None or not principal.org_uid:
        return warning(
            subject,
            f"{origin} is accepted, but the API does not say whose it is; check its owner in the console",
        )
    mine = principal.org_uid
    others = [
        c.label
        for c in clusters
        if c.api_server_endpoint and not c.api_server_endpoint.startswith(f"{mine}-")
    ]
    if others:
        return warning(
            subject,
            f"{origin} is of organisation {mine}, but {', '.join(others)} has the endpoint of another "
            "organisation; use a token of the cluster's organisation",
        )
    return fine(subject, f"{origin} is accepted; its organisation is {mine}")


def status(key: str, cluster: Cluster) -> Result:
    """Whether the cluster is RUNNING."""
    subject = f"cluster {key}: status"
    if cluster.status == RUNNING:
        return fine(subject, RUNNING)
    if cluster.status in FAILED:
        return wrong(subject, f"{cluster.status}; {advice(cluster.status)}")
    return warning(
        subject,
        f'{cluster.status}, so a change is under way; wait for it with "cks-access status {cluster.id}"',
    )


def endpoint(key: str, cluster: Cluster, pinned: str) -> Iterator[Result]:
    """Whether the endpoint in the stack file, if there is one, is the cluster's."""
    if not same_host(pinned, cluster.api_server_endpoint):
        yield wrong(f"cluster {key}: endpoint", wrong_endpoint(cluster, pinned))


def webhooks(key: str, cluster: Cluster, wanted: Iterable[Webhook]) -> Iterator[Result]:
    """Whether the cluster's webhooks are those of the stack file."""
    for hook in wanted:
        live = cluster.block(type(hook))
        if live != hook:
            yield wrong(
                f"cluster {key}: {hook.title.removeprefix('the ')}", _difference(live, hook)
            )


def block(key: str, cluster: Cluster, wanted: OidcConfig) -> Result:
    """Whether the cluster's OIDC block is the stack's; `wanted` is unset if the stack sets none."""
    subject = f"cluster {key}: OIDC"
    live = cluster.oidc
    problem = _unusable(live)
    if problem:
        return wrong(subject, f"{problem}, so nobody can log in with a token")
    if wanted.is_unset and live.is_unset:
        return warning(
            subject,
            "the cluster trusts no identity provider, so nobody can log in with one; set identity in "
            "the stack file if somebody should",
        )
    if wanted.is_unset:
        return fine(subject, f"the cluster trusts {live.issuer_url}, which this stack does not set")
    if live == wanted:
        return fine(subject, "the cluster has the block of the stack file")
    return wrong(subject, _difference(live, wanted))


def _unusable(live: OidcConfig) -> str:
    """Why no token is ever accepted with a block; empty if one may be."""
    try:
        found = oidc_settings.settings(live)
    except oidc_settings.UnusableBlockError as error:
        return f"kube-apiserver does not start with the cluster's block ({error})"
    if found is not None and not found.has_discovery:
        return (
            f"issuerUrl {live.issuer_url} has no discovery document, as its address cannot have one"
        )
    return ""


def _difference(live: Block, wanted: Block) -> str:
    if live.is_unset:
        return 'the cluster has none, and the stack file sets one; run "pulumi up"'
    return (
        f"the cluster's block is not that of the stack file: "
        f'{"; ".join(differences(live, wanted))}. If this stack had set the block, run "pulumi '
        'refresh" and "pulumi up", or correct the stack file; if somebody else had, "pulumi up" '
        'refuses until the stack file says "adopt: true" beside it, or until it is imported with '
        '"cks-access import-file"'
    )
