"""A login through kubelogin, as kubectl makes it: who one becomes, or why it fails."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing

from cks_components.access.explanation import Explanation
from cks_components.access.grants import granted_access
from cks_components.api.errors import CksError
from cks_components.api.retry import Tell
from cks_components.authentication import judge
from cks_components.diagnosis.checked_cluster import CheckedCluster
from cks_components.diagnosis.result import Result, State, fine, warning, wrong
from cks_components.identity import login_scopes, providers
from cks_components.identity.discovery_document import Published
from cks_components.kubernetes import kubeconfig, kubectl_token
from cks_components.kubernetes.answers import Review
from cks_components.kubernetes.client import KubernetesClient
from cks_components.stack_file.settings import IdentitySettings

_SUBJECT = "login"
_SECONDS = 8.0


def log_in(
    clusters: Sequence[CheckedCluster],
    published: Published,
    tell: Tell,
    *,
    hides_client_secret: bool,
) -> list[Result]:
    """Log in by the stack file's identity, and say who that is on each cluster.

    Args:
        clusters: of the stack.
        published: what the issuer publishes.
        tell: is told before somebody has to log in.
        hides_client_secret: whether a text stands for the client secret in the settings.
    """
    given = clusters[0].settings.identity
    if given is None:
        text = (
            "not tried, because the stack file has no identity; run kubectl with a kubeconfig of "
            '"cks-access kubeconfig --cluster", and explain its token'
        )
        return [warning(_SUBJECT, text)]
    known = providers.preset(given.provider, given.oidc)
    if not known.people_log_in:
        return [warning(_SUBJECT, f"not tried, because nobody logs in at {known.title}")]
    if hides_client_secret:
        text = (
            "not tried, because identity.clientSecret is encrypted; use kubectl with the kubeconfig of "
            '"cks-access kubeconfig", and explain its token with --from-kubeconfig'
        )
        return [warning(_SUBJECT, text)]
    tell("logging in through kubelogin, which opens a browser")
    plugin = kubeconfig.person_credential(_login(given))["exec"]
    try:
        token = kubectl_token.issued("cannot log in as the stack's kubeconfig does", plugin)
    except CksError as error:
        hint = (
            "If the browser showed an error of the provider instead of a login, register the redirect "
            f"URIs {' and '.join(known.redirect_uris)} for client {given.client_id} there"
        )
        return [wrong(_SUBJECT, f"{error}. {hint}")]
    return [
        fine(_SUBJECT, "kubelogin has a token"),
        *(_on(cluster, token, published) for cluster in clusters),
    ]


def _login(given: IdentitySettings) -> kubeconfig.Login:
    return kubeconfig.Login(
        issuer_url=given.issuer_url,
        client_id=given.client_id,
        client_secret=given.client_secret,
        extra_scopes=login_scopes.requested(given.provider, given.oidc, given.extra_scopes),
        ca=given.oidc.ca,
    )


def _on(cluster: CheckedCluster, token: str, published: Published) -> Result:
    verdict = judge(token, cluster.block, now=time.time(), published=published)
    server, note = _asked(cluster, token)
    found = Explanation.of(
        verdict,
        granted_access(cluster.settings),
        [cluster.key],
        unchecked=published.problem or published.keys_problem,
        server=server,
        note=note,
    )
    state = State.FINE
    if note or verdict.remarks or not found.grants:
        state = State.WARNING
    if found.is_refused:
        state = State.WRONG
    return Result(f"cluster {cluster.key}: login", state, "; ".join(found.lines()))


def _asked(cluster: CheckedCluster, token: str) -> tuple[Review | None, str]:
    """What the cluster says of the token; None and a note if it does not answer."""
    access = cluster.unmanaged_access(token)
    if access is None:
        return None, "the cluster was not asked, because its endpoint is not known"
    try:
        with closing(KubernetesClient(access)) as client:
            return client.whoami(deadline_seconds=_SECONDS), ""
    except CksError as error:
        return None, f"the cluster was not asked: {error}"
