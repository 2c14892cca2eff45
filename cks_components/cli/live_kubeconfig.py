"""Kubeconfigs for clusters as they are now, without a stack."""

from __future__ import annotations

from collections.abc import Sequence

from cks_components.api.cluster_lookup import Selector, find_clusters
from cks_components.api.errors import SettingsError
from cks_components.api.models import Cluster
from cks_components.api.retry import PREVIEW_DEADLINE_SECONDS
from cks_components.cli.progress_lines import tell
from cks_components.engine.provider_call import connected
from cks_components.identity import login_scopes, providers
from cks_components.kubernetes import kubeconfig
from cks_components.kubernetes.address import Address
from cks_components.kubernetes.kubeconfig import Addresses


def made(named: Sequence[str], kind: str, scopes: Sequence[str]) -> list[str]:
    """Make a kubeconfig for each cluster; its entries are named after the cluster and the kind.

    Args:
        named: the clusters, by name or id.
        kind: `people` or `operators`; a token of a pipeline is in a stack's state only.
        scopes: what a log-in asks for beside the scopes of the provider.

    Raises:
        CksError: a cluster is not found, has no endpoint yet, or nobody can log in there.
    """
    if kind not in (kubeconfig.PEOPLE, kubeconfig.OPERATORS):
        message = (
            "the tokens of pipelines are stored in a stack's state: name the stack, or mint one with "
            '"cks-access token STACK/CLUSTER/NAME --kubeconfig"'
        )
        raise SettingsError([message])
    with connected(tell) as client:
        selectors = [Selector.of(text) for text in named]
        found = find_clusters(client, selectors, deadline_seconds=PREVIEW_DEADLINE_SECONDS)
    problems = [problem for cluster in found if (problem := _problem(cluster, kind))]
    if problems:
        raise SettingsError(problems)
    names = [selector.name or str(selector.id) for selector in selectors]
    return [_made(name, cluster, kind, scopes) for name, cluster in zip(names, found, strict=True)]


def _made(name: str, cluster: Cluster, kind: str, scopes: Sequence[str]) -> str:
    addresses = Addresses.of(cluster.api_server_endpoint)
    called = f"{name}/{kind}"
    server: Address = addresses.managed
    credential = kubeconfig.admin_credential()
    if kind == kubeconfig.PEOPLE:
        server = addresses.unmanaged
        credential = kubeconfig.person_credential(_login(cluster, scopes))
    return kubeconfig.build_kubeconfig(called, server=server, user=called, credential=credential)


def _login(cluster: Cluster, scopes: Sequence[str]) -> kubeconfig.Login:
    oidc = cluster.oidc
    provider = providers.preset("generic", oidc).provider
    return kubeconfig.Login(
        issuer_url=str(oidc.issuer_url),
        client_id=str(oidc.client_id),
        extra_scopes=login_scopes.requested(provider, oidc, scopes),
        ca=oidc.ca,
    )


def _problem(cluster: Cluster, kind: str) -> str:
    """Why there is no such kubeconfig for a cluster, and what to do; empty if there is one."""
    if not cluster.api_server_endpoint:
        return (
            f"cluster {cluster.label} has no apiServerEndpoint yet ({cluster.status}); wait until it "
            'is RUNNING ("cks-access status" does)'
        )
    if kind != kubeconfig.PEOPLE:
        return ""
    oidc = cluster.oidc
    if not oidc.is_whole:
        return (
            f"cluster {cluster.label} trusts no identity provider, so people cannot log in; set "
            "identity in a stack file, or ask with --for operators"
        )
    preset = providers.preset("generic", oidc)
    if not preset.people_log_in:
        return (
            f"cluster {cluster.label} trusts {preset.title}, where people cannot log in; ask with "
            "--for operators"
        )
    if preset.wants_secret:
        return (
            f"cluster {cluster.label} trusts {preset.title}, whose log-in needs a client secret, "
            "which is not on the cluster; name the stack that has it as identity.clientSecret"
        )
    return ""
