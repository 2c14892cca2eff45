"""Every check of a stack, at once; nothing is changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from cks_components.access import live_policy
from cks_components.access.cluster_policy import stack_bindings
from cks_components.api import server_probe
from cks_components.api.concurrent_calls import called_for_each
from cks_components.api.errors import CksError
from cks_components.api.models import Cluster
from cks_components.api.retry import Tell
from cks_components.api.server_probe import Probe
from cks_components.diagnosis import (
    bindings,
    checked_cluster,
    control_plane,
    endpoints,
    own_objects,
)
from cks_components.diagnosis import cluster as cluster_checks
from cks_components.diagnosis.checked_cluster import CheckedCluster
from cks_components.diagnosis.clocks import clocks
from cks_components.diagnosis.login import log_in
from cks_components.diagnosis.programs import KUBECTL, KUBELOGIN, program
from cks_components.diagnosis.result import Result, fine, of_findings, warning, wrong
from cks_components.diagnosis.role_names import role_names
from cks_components.engine.existence_check import ExpectedEntries, findings
from cks_components.engine.provider_call import connected_to
from cks_components.identity import discovery
from cks_components.identity.discovery_document import Published
from cks_components.kubernetes.address import Address
from cks_components.kubernetes.client import KubernetesClient
from cks_components.rules import Level, context_of, discovery_findings
from cks_components.stack_file.settings import StackSettings

_AT_ONCE = 16
_SECONDS = 8.0
_LIST_SECONDS = 5.0
"""Roles and bindings are four lists, one after the other."""
_Question = tuple[str, Callable[[], Iterable[Result]]]
_SECRETS = {"resourceAttributes": {"verb": "list", "version": "v1", "resource": "secrets"}}


def check(
    settings: StackSettings, tell: Tell, *, with_login: bool, hides_client_secret: bool
) -> list[Result]:
    """Make every check, in the order in which a person would look.

    Args:
        settings: of the stack.
        tell: gets progress on reads that take long.
        with_login: whether somebody logs in at the end.
        hides_client_secret: whether a text stands for the client secret in the settings.
    """
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        issuer = pool.submit(_published, settings)
        programs = [pool.submit(program, needed) for needed in (KUBECTL, KUBELOGIN)]
        found, places = checked_cluster.find(settings, tell)
        probes = [pool.submit(_probe, place) for place in places]
        managed = [pool.submit(_managed, place, tell) for place in places]
        ahead = dict[str, float | None]()
        for place, probe, results in zip(places, probes, managed, strict=True):
            found += [*_of_the_api(place), *_unmanaged(place, probe.result()), *results.result()]
            ahead[f"cluster {place.key}"] = probe.result().ahead_seconds
        found += _issuer(settings, issuer.result())
        ahead["the issuer"] = issuer.result().ahead_seconds
        found += [clocks(ahead), *(each.result() for each in programs)]
    if with_login:
        found += log_in(places, issuer.result(), tell, hides_client_secret=hides_client_secret)
    return found


def _of_the_api(place: CheckedCluster) -> Iterator[Result]:
    if place.cluster is None:
        return
    yield cluster_checks.status(place.key, place.cluster)
    yield from cluster_checks.endpoint(place.key, place.cluster, place.entry.endpoint or "")
    yield cluster_checks.block(place.key, place.cluster, place.settings.oidc)
    yield from cluster_checks.webhooks(place.key, place.cluster, place.webhooks)


def _probe(place: CheckedCluster) -> Probe:
    access = place.unmanaged_access()
    return Probe() if access is None else server_probe.probe(access, "/version")


def _unmanaged(place: CheckedCluster, found: Probe) -> Iterator[Result]:
    if place.addresses is not None:
        is_public = place.cluster is None or place.cluster.public
        yield endpoints.unmanaged(
            place.key, place.addresses.unmanaged.server, found, is_public=is_public
        )


def _managed(place: CheckedCluster, tell: Tell) -> list[Result]:
    """What the managed endpoint answers; nothing more is asked there if it does not."""
    cluster = place.cluster
    if place.addresses is None or cluster is None:
        return []
    address = place.addresses.managed
    subject = f"cluster {place.key}: managed endpoint"
    try:
        with connected_to(address, tell) as client:
            client.knows_the_token(deadline_seconds=_SECONDS)
            questions: list[_Question] = [
                ("namespaces and roles", lambda: _entries(place, address)),
                ("bindings and roles", lambda: _policy(place, cluster, client)),
                ("service accounts", lambda: _accounts(place, client)),
                ("rules of roles", lambda: _role_names(place, client)),
                ("control plane", lambda: _reviews(place.key, cluster, client)),
            ]
            answers = called_for_each(partial(_asked, place.key), questions)
    except CksError as error:
        return [wrong(subject, f"{error}; so nothing else was asked there")]
    accepted = fine(subject, f"{address.server} accepts the token")
    return [accepted, *(result for found in answers for result in found)]


def _asked(key: str, question: _Question) -> list[Result]:
    """The results, or why there are none."""
    what, ask = question
    try:
        return [*ask()]
    except CksError as error:
        return [warning(f"cluster {key}: {what}", f"not checked: {error}")]


def _entries(place: CheckedCluster, managed: Address) -> list[Result]:
    wanted = ExpectedEntries(
        path=f"clusters[{place.index}]",
        cluster=place.key,
        managed=managed,
        entries=[
            *place.settings.bindings_on(place.index),
            *place.settings.pipelines_on(place.index),
        ],
        roles=place.settings.roles_on(place.index),
    )
    found = findings([wanted], context_of(place.settings), is_preview=True)
    subject = f"cluster {place.key}: namespaces and roles"
    unknown = [warning(subject, f.text) for f in found if f.level is Level.INFORMATION]
    well = "those that the stack names and does not make are there"
    return unknown or of_findings(subject, found, well=well)


def _policy(place: CheckedCluster, cluster: Cluster, client: KubernetesClient) -> list[Result]:
    """The bindings, and the roles that the stack makes."""
    wanted = list(stack_bindings(place.settings, place.index, place.block))
    own = place.settings.roles_on(place.index)
    if not wanted and not own:
        return []
    live = live_policy.read_policy(client, deadline_seconds=_LIST_SECONDS)
    found = list[Result]()
    if wanted:
        has_webhook = cluster.authn_webhook.server is not None
        found += bindings.bindings(place.key, wanted, live, cluster.oidc, has_webhook=has_webhook)
    if own:
        found += own_objects.own_roles(place.key, own, live)
    return found


def _accounts(place: CheckedCluster, client: KubernetesClient) -> list[Result]:
    pipelines = place.settings.pipelines_on(place.index)
    homes = list(dict.fromkeys(one.namespace for _, one in pipelines))
    names = called_for_each(partial(client.accounts, deadline_seconds=_LIST_SECONDS), homes)
    there = {(home, name) for home, found in zip(homes, names, strict=True) for name in found}
    return own_objects.accounts(place.key, pipelines, there) if pipelines else []


def _role_names(place: CheckedCluster, client: KubernetesClient) -> list[Result]:
    own = place.settings.roles_on(place.index)
    return role_names(place.key, own, live_policy.known_names(client, place.key)) if own else []


def _reviews(key: str, cluster: Cluster, client: KubernetesClient) -> Iterator[Result]:
    """What the control plane says of a token and of a user that nobody has."""
    if cluster.oidc.is_whole or cluster.authn_webhook.server:
        token = control_plane.unsigned_token(cluster.oidc)
        review = client.review(token, deadline_seconds=_SECONDS)
        if cluster.oidc.is_whole:
            yield control_plane.issuer(key, cluster.oidc, review)
        if cluster.authn_webhook.server:
            yield control_plane.authentication_webhook(key, cluster, review)
    if cluster.authz_webhook.server:
        decided = client.review_access(
            control_plane.NOBODY, (), _SECRETS, deadline_seconds=_SECONDS
        )
        yield control_plane.authorization_webhook(key, cluster, decided)


def _published(settings: StackSettings) -> Published:
    given = settings.identity
    return discovery.fetch(given.issuer_url, ca=given.oidc.ca) if given else Published()


def _issuer(settings: StackSettings, published: Published) -> list[Result]:
    given = settings.identity
    if given is None:
        return []
    found = discovery_findings(
        published,
        given.oidc,
        context_of(settings),
        is_strict=not published.problem,  # this machine may lack a network that the cluster has
        has_secret=bool(given.client_secret),
    )
    return of_findings("issuer", found, well=f"{given.issuer_url} publishes what a cluster needs")
