"""Deploys a stack: from its configuration to its components and outputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pulumi

from cks_components import cluster_oidc, rules
from cks_components.api.client import Client
from cks_components.api.cluster_lookup import Selector, same_host, select
from cks_components.api.concurrent_calls import called_for_each
from cks_components.api.models import OidcConfig
from cks_components.api.retry import (
    PREVIEW_DEADLINE_SECONDS,
    READ_DEADLINE_SECONDS,
    telling,
)
from cks_components.cluster_access import ClusterAccess
from cks_components.cluster_access_arguments import ClusterAccessArgs
from cks_components.components import pipeline_namespaces
from cks_components.components.place import Place
from cks_components.engine import existence_check, orphaned_blocks, rule_check
from cks_components.engine.block_provider import CLUSTER_ENDPOINT, PREVIOUS
from cks_components.engine.provider_call import connected
from cks_components.engine.resource_names import cluster_name
from cks_components.engine.stack_state import stack_state
from cks_components.identity import providers
from cks_components.rules import Examined, Finding, Level, context_of, examine
from cks_components.stack import (
    arguments,
    cluster_names,
    handover,
    lockout,
    own_provider,
)
from cks_components.stack.handover import Handover
from cks_components.stack_file.reading import decoded
from cks_components.stack_file.selectors import selectors
from cks_components.stack_file.settings import StackSettings

if TYPE_CHECKING:
    from cks_components.identity.discovery import Fetch
    from cks_components.identity.webhook_certificate import CertificateCheck

_UNCHECKED = (
    "every cluster is pinned, so this preview read none of them: it only compares the stack file "
    'with the state. "pulumi preview --refresh" also shows changes made on the clusters'
)


def deploy(
    config: Mapping[str, Any],
    fetch: Fetch | None = None,
    check_certificate: CertificateCheck | None = None,
    now: datetime | None = None,
) -> None:
    """Declare everything in the stack file, and export the outputs.

    All findings of the rules are reported first, at once: warnings and notes as diagnostics of the
    engine, and everything that refuses as one error.

    Args:
        config: the program's configuration, as `pulumi.runtime.config.CONFIG` holds it.
        fetch: reads an issuer's discovery document in place of `discovery.fetch`; called once, in a
            preview only.
        check_certificate: checks a webhook's certificate in place of
            `webhook_certificate.certificate_problem`.
        now: the time at which rights with an end are judged; by default the present.

    Raises:
        CksError: the stack file has errors, or a cluster was not found; nothing is declared.
    """
    settings = _accepted_settings(config, fetch, check_certificate)
    now = now or datetime.now(UTC)
    settings = settings.in_force(now)
    wanted = selectors(settings)
    if pulumi.runtime.is_dry_run() and all(cluster.is_pinned for cluster in wanted):
        pulumi.info(_UNCHECKED)
    with telling(lambda text: pulumi.info(text, ephemeral=True)):
        found = _looked_up_clusters(wanted)
        ids = [cluster_id for cluster_id, _ in found]
        cluster_names.refuse_equal(ids)
        former = cluster_names.recorded()
        found_there = (
            *_existence_findings(settings, found),
            *_namespace_findings(settings, found, former),
            *_lockout_findings(settings, found, former),
        )
        _reported(Examined(settings, found_there))
        for text in orphaned_blocks.warnings(ids, _client):
            pulumi.warn(text)
        standing = _live_blocks(settings, ids)
        changes = handover.handovers(settings, ids, now)
        _hand_over(settings, found, changes, now)
    served = pulumi.ResourceOptions(providers=[own_provider.declared()])
    clusters = {
        cluster.key: ClusterAccess(
            cluster_name(cluster_id),
            ClusterAccessArgs(
                cluster_id=cluster_id,
                endpoint=endpoint,
                label=cluster.key,
                addresses=cluster.addresses(endpoint),
                naming=settings.naming(pulumi.get_stack()),
                identity=arguments.identity(settings),
                standing=standing.get(cluster_id),
                former=changes[cluster_id].kept if cluster_id in changes else None,
                roles=arguments.roles(settings, index),
                bindings=arguments.bindings(settings, index),
                automation=arguments.automation(settings, index),
                webhooks=arguments.webhooks(settings, index),
                context=context_of(settings),
                is_judged=True,
            ),
            pulumi.ResourceOptions.merge(
                served, cluster_names.leading(cluster.key, cluster_id, former, ids)
            ),
        )
        for index, (cluster, (cluster_id, endpoint)) in enumerate(
            zip(settings.clusters, found, strict=True)
        )
    }
    _export(clusters, settings)
    handover.export(changes)
    if settings.verify and not pulumi.runtime.is_dry_run():
        from cks_components.stack import verification  # few stacks are verified

        servers = [
            cluster.addresses(endpoint).managed
            for cluster, (_, endpoint) in zip(settings.clusters, found, strict=True)
        ]
        written = pulumi.Output.all(*(each.written for each in clusters.values()))
        written.apply(lambda _: verification.verify(settings, servers))
    cluster_names.keep_former({id_: c.key for c, id_ in zip(settings.clusters, ids, strict=True)})


def _hand_over(
    settings: StackSettings,
    found: Sequence[tuple[str, str]],
    changes: Mapping[str, Handover],
    now: datetime,
) -> None:
    """Say which names change, and in an update bind the new ones before anything else is done."""
    pairs = list(zip(settings.clusters, found, strict=True))
    ids = [cluster_id for cluster_id, _ in found]
    handover.tell({id_: cluster.key for cluster, (id_, _) in pairs}, changes, now)
    if not pulumi.runtime.is_dry_run():
        servers = [cluster.addresses(endpoint).managed for cluster, (_, endpoint) in pairs]
        handover.bind_new_names(settings, ids, servers, changes)


def _looked_up_clusters(wanted: Sequence[Selector]) -> list[tuple[str, str]]:
    """Look the clusters up; a preview has a shorter deadline, because a person waits for it.

    An update sends nothing either if every cluster is pinned as the state knows it from the API.
    """
    is_preview = pulumi.runtime.is_dry_run()
    seconds = PREVIEW_DEADLINE_SECONDS if is_preview else READ_DEADLINE_SECONDS
    verify = not is_preview and not all(map(_is_confirmed, wanted))
    return select(wanted, _client, verify=verify, warn=pulumi.warn, deadline_seconds=seconds)


def _is_confirmed(pinned: Selector) -> bool:
    """Whether an earlier operation has recorded the API's endpoint for the id, and it is the pinned one."""
    owned = stack_state().on_cluster(str(pinned.id))
    endpoints = [str(resource["outputs"].get(CLUSTER_ENDPOINT) or "") for resource in owned]
    return any(known and same_host(known, str(pinned.endpoint)) for known in endpoints)


def _client() -> Client:
    with connected() as client:
        return client


def _live_blocks(settings: StackSettings, ids: Sequence[str]) -> dict[str, OidcConfig]:
    """The OIDC block of each cluster with bindings, if this stack sets none.

    A preview reads it too, because names get their prefix from it. For a block that this stack has
    set until now, it is the block that its `onDelete` leaves.
    """
    if settings.identity is not None:
        return {}
    bound = [
        cluster_id
        for cluster, cluster_id in zip(settings.clusters, ids, strict=True)
        if settings.bindings or cluster.bindings
    ]
    released = {id_: block for id_ in bound if (block := _block_after_release(id_)) is not None}
    read = [id_ for id_ in bound if id_ not in released]
    return released | dict(zip(read, called_for_each(_live_block, read), strict=True))


def _live_block(cluster_id: str) -> OidcConfig:
    return _client().get_cluster(cluster_id).oidc


def _block_after_release(cluster_id: str) -> OidcConfig | None:
    """The block that is left on a cluster; None if this stack has set none."""
    owned = stack_state().owned(cluster_oidc.TYPE_TOKEN, cluster_id)
    if owned is None:
        return None
    leaves = {"retain": owned, "restore": owned.get(PREVIOUS) or {}}
    return OidcConfig.read(dict(leaves.get(str(owned.get("on_delete")), {})))


def _accepted_settings(
    config: Mapping[str, Any], fetch: Fetch | None, check: CertificateCheck | None
) -> StackSettings:
    settings = _reported(examine(decoded(config)))
    found = (*_discovery_findings(settings, fetch), *_webhook_findings(settings, check))
    return _reported(Examined(settings, found))


def _reported(examined: Examined) -> StackSettings:
    """Report the findings about a stack file, and refuse it if one of them refuses."""
    rule_check.say(examined.findings)
    return examined.accepted()


def _discovery_findings(settings: StackSettings, fetch: Fetch | None) -> list[Finding]:
    given = settings.identity
    if given is None or given.discovery == "off" or not pulumi.runtime.is_dry_run():
        return []
    if fetch is None:
        from cks_components.identity import discovery  # and httpx

        fetch = discovery.fetch
    return rules.discovery_findings(
        fetch(given.issuer_url, ca=given.oidc.ca),
        given.oidc,
        context_of(settings),
        is_strict=given.discovery == "strict",
        has_secret=bool(given.client_secret),
    )


def _webhook_findings(settings: StackSettings, check: CertificateCheck | None) -> Iterator[Finding]:
    """Check each webhook's certificate against its CA, in previews and updates."""
    hooks = [
        hook
        for start, part in settings.parts()
        for hook in part.webhooks.by_kind(f"{start}webhooks").values()
    ]
    if hooks:
        from cks_components.identity.webhook_certificate import certificate_problem  # and httpx

        check = check or certificate_problem
        for path, hook in hooks:
            problem = check(hook.server, ca=hook.ca)
            yield from rules.certificate_findings(path, problem, context_of(settings))


def _existence_findings(settings: StackSettings, found: Sequence[tuple[str, str]]) -> list[Finding]:
    """Look up the named roles and namespaces on the clusters before anything is declared."""
    wants = list(_expected_entries(settings, found))
    is_preview = pulumi.runtime.is_dry_run()
    return existence_check.findings(wants, context_of(settings), is_preview=is_preview)


def _expected_entries(
    settings: StackSettings, found: Sequence[tuple[str, str]]
) -> Iterator[existence_check.ExpectedEntries]:
    """The entries whose roles and namespaces each cluster should have."""
    for index, (cluster, (_, endpoint)) in enumerate(zip(settings.clusters, found, strict=True)):
        yield existence_check.ExpectedEntries(
            path=f"clusters[{index}]",
            cluster=cluster.key,
            managed=cluster.addresses(endpoint).managed,
            entries=[*settings.bindings_on(index), *settings.pipelines_on(index)],
            roles=settings.roles_on(index),
        )


def _namespace_findings(
    settings: StackSettings, found: Sequence[tuple[str, str]], former: Mapping[str, str]
) -> Iterator[Finding]:
    """Refuse to remove a namespace while the state does not yet say that it is kept."""
    claimed: list[str] = []
    for index, (cluster, (id_, endpoint)) in enumerate(zip(settings.clusters, found, strict=True)):
        names = (
            *(cluster_name(i) for i, key in former.items() if key == cluster.key),
            former.get(id_, cluster.key),
        )
        place = Place(cluster=cluster_name(id_), cluster_id=id_, endpoint=endpoint, former=names)
        pipelines = arguments.automation(settings, index)
        for namespace in {p.namespace for p in pipelines}:
            claimed += pipeline_namespaces.former_names(namespace, place, pipelines)
    for namespace in pipeline_namespaces.unclaimed(claimed):
        yield Finding(
            level=Level.ERROR,
            path="automation",
            text=f'the namespace "{namespace}" was created by a release before 0.2, so removing its '
            "pipeline now would delete the namespace with everything in it; restore the pipeline, "
            'run "pulumi up" once, which records that the namespace is kept, and then remove the '
            "pipeline",
        )


def _lockout_findings(
    settings: StackSettings, found: Sequence[tuple[str, str]], former: Mapping[str, str]
) -> Iterator[Finding]:
    """Look whether this update takes the last administrator, or the rights of who runs it."""
    pairs = list(zip(settings.clusters, found, strict=True))
    return lockout.findings(
        settings,
        [cluster.addresses(endpoint).managed for cluster, (_, endpoint) in pairs],
        [former.get(id_, cluster.key) for cluster, (id_, _) in pairs],
        context_of(settings),
    )


def _export(clusters: Mapping[str, ClusterAccess], settings: StackSettings) -> None:
    given = settings.identity
    can_log_in = given and providers.preset(given.provider, given.oidc).people_log_in
    texts = {key: c.kubeconfig for key, c in clusters.items() if can_log_in}
    pulumi.export("kubeconfigs", texts)
    if len(clusters) == 1 and texts:
        pulumi.export("kubeconfig", next(iter(texts.values())))
    pulumi.export("adminKubeconfigs", {k: c.admin_kubeconfig for k, c in clusters.items()})
    stored = {
        cluster.key: clusters[cluster.key].automation_kubeconfigs
        for index, cluster in enumerate(settings.clusters)
        if any(pipeline.token for _, pipeline in settings.pipelines_on(index))
    }
    if stored:
        pulumi.export("automationKubeconfigs", pulumi.Output.secret(stored))
    pulumi.export("clusters", {k: c.facts for k, c in clusters.items()})
    pulumi.export("access", {k: c.access for k, c in clusters.items()})
