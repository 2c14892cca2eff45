"""Judges a whole stack file: each of its parts, and whether its waivers were needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from cks_components.api.models import Webhook
from cks_components.rules import (
    addresses,
    bindings,
    custom_roles,
    expectations,
    expiry,
    requested_scopes,
    waivers,
    webhook,
    whole_file,
)
from cks_components.rules.block_check import BLOCK_RULES, block_findings, webhook_findings
from cks_components.rules.findings import (
    binding_findings,
    pipeline_findings,
    role_findings,
    scope_findings,
)
from cks_components.rules.rule import (
    Context,
    Finding,
    Unapplied,
    below,
    judged,
    judged_each,
    known_context,
)
from cks_components.rules.rule_set import (
    BINDING_RULES,
    CLUSTER_RULES,
    NETWORK_RULES,
    PIPELINE_RULES,
    RULES,
)
from cks_components.stack_file.expectation import ExpectationSettings
from cks_components.stack_file.pipeline import PipelineSettings
from cks_components.stack_file.reading import StackFile
from cks_components.stack_file.role import RoleSettings
from cks_components.stack_file.settings import (
    AccessSettings,
    BindingSettings,
    ClusterSettings,
    Located,
    StackSettings,
    WebhookSettings,
)
from cks_components.stack_file.unknown_values import deferred


def file_findings(file: StackFile, *, now: datetime | None = None) -> list[Finding]:
    """Judge a whole stack file, and whether its waivers were needed. Sends nothing.

    A rule that needs a value that is not known is `Unapplied`. Of an entry that has ended, only
    its end is judged, because it gives nothing.
    """
    now = now or datetime.now(UTC)
    written, context = file.settings, known_context(file.settings)
    settings = written.in_force(now)
    ids = deferred(lambda: [cluster.id for cluster in settings.clusters if cluster.id])
    found = [
        *below(
            "identity",
            judged_each(
                BLOCK_RULES,
                lambda: [settings.oidc],
                lambda oidc: block_findings(oidc, context, cluster_ids=ids, now=now),
            ),
        ),
        *below("identity", _scopes_in(settings, context)),
        *judged(whole_file.RULES, replace(file, settings=settings), context),
    ]
    parts = _known_parts(settings)
    for start, part in parts:
        found += _roles_in(start, part, context)
        found += _expectations_in(start, part, settings, context)
    for start, part in _known_parts(written):
        found += _ends_in(start, part, context, now)
    for start, part in parts:
        found += _pipelines_in(start, part, settings, context)
    for start, part in parts:
        found += _webhooks_in(start, part, context, now)
    found += _clusters_in(settings, context, now)
    for start, part in parts:
        found += _without_repeated_names(_bindings_in(start, part, settings, context))
    return [*found, *judged(waivers.RULES, _waivers(settings, found), context)]


def _known_parts(settings: StackSettings) -> Sequence[Located[AccessSettings]]:
    return settings.parts() if settings.known("clusters") else [Located("", settings)]


def _scopes_in(settings: StackSettings, context: Context) -> Iterator[Finding]:
    return judged_each(
        requested_scopes.RULES,
        lambda: filter(None, [settings.identity]),
        lambda identity: scope_findings(
            deferred(lambda: identity.extra_scopes), identity.oidc, context
        ),
    )


def _roles_in(start: str, part: AccessSettings, context: Context) -> Iterator[Finding]:
    return judged_each(
        custom_roles.RULES,
        lambda: part.located_roles(start),
        lambda entry: below(entry.path, role_findings(entry.value, context)),
    )


def _expectations_in(
    start: str, part: AccessSettings, settings: StackSettings, context: Context
) -> Iterator[Finding]:
    def judge(entry: Located[ExpectationSettings]) -> Iterator[Finding]:
        subject = expectations.JudgedExpectation(expectation=entry.value, settings=settings)
        return below(entry.path, judged(expectations.RULES, subject, context))

    return judged_each(expectations.RULES, lambda: part.located_expectations(start), judge)


def _ends_in(
    start: str, part: AccessSettings, context: Context, now: datetime
) -> Iterator[Finding]:
    def judge(entry: Located[BindingSettings] | Located[PipelineSettings]) -> Iterator[Finding]:
        subject = expiry.JudgedGrant(grant=entry.value, now=now)
        return below(entry.path, judged(expiry.RULES, subject, context))

    yield from judged_each(expiry.RULES, lambda: part.located_bindings(start), judge)
    yield from judged_each(expiry.RULES, lambda: part.located_pipelines(start), judge)


def _pipelines_in(
    start: str, part: AccessSettings, settings: StackSettings, context: Context
) -> Iterator[Finding]:
    roles = deferred(lambda: _roles(settings, part))
    return judged_each(
        PIPELINE_RULES,
        lambda: part.located_pipelines(start),
        lambda entry: below(entry.path, pipeline_findings(entry.value, context, roles=roles)),
    )


def _webhooks_in(
    start: str, part: AccessSettings, context: Context, now: datetime
) -> Iterator[Finding]:
    def judge(entry: tuple[type[Webhook], Located[WebhookSettings]]) -> Iterator[Finding]:
        kind, (path, hook) = entry
        block = kind(server=hook.server, ca=hook.ca)
        return below(path, webhook_findings(block, context, now=now))

    return judged_each(
        webhook.RULES, lambda: part.webhooks.by_kind(f"{start}webhooks").items(), judge
    )


def _clusters_in(settings: StackSettings, context: Context, now: datetime) -> Iterator[Finding]:
    def judge(entry: tuple[int, ClusterSettings]) -> Iterator[Finding]:
        index, cluster = entry
        pinned = deferred(lambda: {"endpoint": cluster.endpoint or ""})
        subject = addresses.JudgedAddresses(
            given=cluster.address_texts | {"endpoint": pinned}, now=now
        )
        return below(f"clusters[{index}]", judged(addresses.RULES, subject, context))

    return judged_each(CLUSTER_RULES, lambda: enumerate(settings.clusters), judge)


def _bindings_in(
    start: str, part: AccessSettings, settings: StackSettings, context: Context
) -> Iterator[Finding]:
    oidc = deferred(lambda: settings.oidc)
    has_webhook = deferred(lambda: _has_webhook(settings, part))
    roles = deferred(lambda: _roles(settings, part))
    return judged_each(
        BINDING_RULES,
        lambda: part.located_bindings(start),
        lambda entry: below(
            entry.path,
            binding_findings(entry.value, oidc, context, has_webhook=has_webhook, roles=roles),
        ),
    )


def _without_repeated_names(found: Iterable[Finding]) -> Iterator[Finding]:
    """Leave out the names of an entry that only repeats one of the same part (RBAC-10)."""
    said: set[str] = set()
    for finding in found:
        if finding.rule != bindings.NAMES.id or isinstance(finding, Unapplied):
            yield finding
        elif finding.text not in said:
            said.add(finding.text)
            yield finding


def _roles(settings: StackSettings, part: AccessSettings) -> list[RoleSettings]:
    """The roles that the entries of a part can name: of the stack, and of a cluster its own."""
    if part is settings:
        return [role for _, each in settings.parts() for role in each.roles]
    return [*settings.roles, *part.roles]


def _has_webhook(settings: StackSettings, part: AccessSettings) -> bool:
    """Whether an authentication webhook names people on every cluster that a part applies to."""
    clusters = settings.clusters if part is settings else [part]
    return settings.webhooks.authentication is not None or all(
        cluster.webhooks.authentication is not None for cluster in clusters
    )


def _waivers(settings: StackSettings, found: Iterable[Finding]) -> waivers.JudgedWaivers:
    is_waivable: dict[str, bool] = {}
    for rule in RULES:
        is_waivable[rule.id] = is_waivable.get(rule.id, False) or rule.is_waivable
    from_network = {rule.id for rule in NETWORK_RULES}
    return waivers.JudgedWaivers(
        given=[
            Located(f"waivers[{index}]", waiver)
            for index, waiver in enumerate(settings.known("waivers") or ())
            if waiver.known("rule")
        ],
        is_waivable=is_waivable,
        needed=from_network
        | {finding.rule for finding in found if finding.waiver or isinstance(finding, Unapplied)},
    )
