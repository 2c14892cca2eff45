"""`cks-access doctor`: what stands in the way of a login; reads only."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import asdict

import click

from cks_components.api.cluster_lookup import find_clusters
from cks_components.api.errors import CksError
from cks_components.api.models import Cluster
from cks_components.api.retry import PREVIEW_DEADLINE_SECONDS
from cks_components.cli import engine_config, stack_config
from cks_components.cli.exit_code import FINE, FOUND
from cks_components.cli.parameters import resolve_option, stack_argument
from cks_components.cli.progress_lines import tell
from cks_components.diagnosis import cluster as cluster_checks
from cks_components.diagnosis.result import Result, State, fine, of_findings, warning, wrong
from cks_components.engine.existence_check import ExpectedEntries, findings
from cks_components.engine.provider_call import connected, connected_to
from cks_components.identity import discovery, webhook_certificate
from cks_components.kubernetes.kubeconfig import Addresses
from cks_components.rules import Level, context_of, discovery_findings
from cks_components.stack_file.selectors import selectors
from cks_components.stack_file.settings import StackSettings
from cks_components.stack_file.visible_text import visible

_SECONDS = 8.0
_PROGRAMS = {
    "kubectl": "install it, https://kubernetes.io/docs/tasks/tools",
    "kubectl-oidc_login": "install int128/kubelogin 1.36.2 or newer under this name, "
    "https://github.com/int128/kubelogin#setup",
}
_Check = Callable[[], list[Result]]


@click.command(
    help="It checks the token, the clusters, their OIDC blocks, their endpoints, the issuer, the "
    "namespaces and roles of the bindings, and the programs on this machine. Nothing is "
    "changed.\n\nThe exit code is 2 if something is a warning or wrong.",
    epilog="Example: cks-access doctor production",
)
@stack_argument
@click.option("--json", "as_json", is_flag=True, help="Print the results as a JSON list.")
@resolve_option
def verb(*, stack: str | None, as_json: bool, is_resolved: bool) -> int:
    """Check everything, and print one line for each result.

    Raises:
        SettingsError: the stack file cannot be read, or breaks a rule.
    """
    file = stack_config.find(stack)
    if is_resolved:
        file = engine_config.resolved(file)
    results = engine_config.used(file, _results)
    if as_json:
        print(json.dumps([asdict(result) for result in results], indent=2))
    else:
        print("\n".join(visible(str(result)) for result in results))
    return FINE if all(r.state is State.FINE for r in results) else FOUND


def _results(settings: StackSettings) -> list[Result]:
    with ThreadPoolExecutor(max_workers=8) as pool:
        early = [pool.submit(_issuer, settings), pool.submit(_programs)]
        found, clusters = _clusters(settings)
        checks = [_checks(settings, i, cluster) for i, cluster in enumerate(clusters)]
        contexts = [copy_context() for _ in checks]
        late = [pool.submit(c.run, check) for c, check in zip(contexts, checks, strict=True)]
        return [*found, *(r for each in [*late, *early] for r in each.result())]


def _clusters(settings: StackSettings) -> tuple[list[Result], Sequence[Cluster]]:
    """Whose token it is, and the clusters; none if one of them is not found."""
    try:
        with connected(tell) as client:
            found = find_clusters(
                client, selectors(settings), deadline_seconds=PREVIEW_DEADLINE_SECONDS
            )
            return [cluster_checks.token(client.whoami(), found)], found
    except CksError as error:
        return [wrong("CKS API", str(error))], []


def _checks(settings: StackSettings, index: int, cluster: Cluster) -> _Check:
    entry = settings.clusters[index]
    endpoint = entry.endpoint or cluster.api_server_endpoint

    def check() -> list[Result]:
        found = [
            cluster_checks.status(entry.key, cluster),
            cluster_checks.block(entry.key, cluster, settings.oidc),
        ]
        if not endpoint:
            return found
        addresses = entry.addresses(endpoint)
        return [*found, *_endpoints(entry.key, addresses), *_entries(settings, index, addresses)]

    return check


def _endpoints(key: str, addresses: Addresses) -> Iterator[Result]:
    subject = f"cluster {key}: managed endpoint"
    try:
        with connected_to(addresses.managed, tell) as client:
            client.knows_the_token(deadline_seconds=_SECONDS)
        yield fine(subject, f"{addresses.managed.server} accepts the token")
    except CksError as error:
        yield wrong(subject, str(error))
    unmanaged = addresses.unmanaged
    subject = f"cluster {key}: unmanaged endpoint"
    ca = unmanaged.certificate_authority or None
    problem = webhook_certificate.certificate_problem(unmanaged.server, ca=ca)
    if problem:
        text = (
            f"the certificate of {unmanaged.server} is not trusted ({problem}); check the address"
        )
        yield wrong(subject, f"{text}, and certificateAuthority")
    else:
        yield fine(subject, f"nothing is known against the certificate of {unmanaged.server}")


def _entries(settings: StackSettings, index: int, addresses: Addresses) -> list[Result]:
    key = settings.clusters[index].key
    wanted = ExpectedEntries(
        path=f"clusters[{index}]",
        cluster=key,
        managed=addresses.managed,
        entries=[*settings.bindings_on(index), *settings.pipelines_on(index)],
        roles=settings.roles_on(index),
    )
    found = findings([wanted], context_of(settings), is_preview=True)
    subject = f"cluster {key}: namespaces and roles"
    unknown = [warning(subject, f.text) for f in found if f.level is Level.INFORMATION]
    well = "those of the bindings and pipelines exist"
    return unknown or of_findings(subject, found, well=well)


def _issuer(settings: StackSettings) -> list[Result]:
    given = settings.identity
    if given is None:
        return []
    published = discovery.fetch(given.issuer_url, ca=given.oidc.ca)
    found = discovery_findings(
        published,
        given.oidc,
        context_of(settings),
        is_strict=not published.problem,  # this machine may lack a network that the cluster has
        has_secret=bool(given.client_secret),
    )
    return of_findings("issuer", found, well=f"{given.issuer_url} publishes what a cluster needs")


def _programs() -> list[Result]:
    return [
        fine(name, path)
        if (path := shutil.which(name))
        else warning(name, f"it is not on PATH; {advice}")
        for name, advice in _PROGRAMS.items()
    ]
