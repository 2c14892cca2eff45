"""Applies the rules: to a block alone, to bindings, to a whole stack file, to a live issuer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from cks_components.api.models import OidcConfig, Webhook
from cks_components.identity import providers
from cks_components.identity.discovery_document import Published
from cks_components.rules import (
    addresses,
    bindings,
    certificate_authority,
    claim_types,
    claims,
    client_id,
    custom_roles,
    discovery,
    excessive_rights,
    existence,
    expectations,
    issuer,
    issuer_reach,
    pipelines,
    role_names,
    unreachable_subjects,
    waivers,
    webhook,
    whole_file,
)
from cks_components.rules.existence import Entry, JudgedEntry, JudgedRole, PresentRole
from cks_components.rules.judged_binding import JudgedBinding
from cks_components.rules.judged_block import JudgedBlock
from cks_components.rules.rule import (
    BARE,
    ERROR,
    Context,
    Finding,
    Rule,
    Unapplied,
    judged,
    known_context,
    unapplied,
)
from cks_components.stack_file.pipeline import PipelineSettings, TokenSettings
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
from cks_components.stack_file.unknown_values import UnknownValueError, deferred

T = TypeVar("T")

_BLOCK_RULES = (
    *issuer.RULES,
    *issuer_reach.RULES,
    *client_id.RULES,
    *claims.RULES,
    *claim_types.RULES,
    *certificate_authority.RULES,
    *excessive_rights.BLOCK_RULES,
)
_BINDING_RULES = (
    *bindings.RULES,
    *excessive_rights.BINDING_RULES,
    *role_names.RULES,
    *unreachable_subjects.RULES,
)
_DISCOVERY_RULES = (*discovery.RULES, *discovery.REMARKS)
_PIPELINE_RULES: tuple[Rule[Any], ...] = (*pipelines.RULES, *pipelines.TOKEN_RULES, *_BINDING_RULES)
_CLUSTER_RULES: tuple[Rule[Any], ...] = (*addresses.RULES, *webhook.RULES, *_PIPELINE_RULES)
"""The rules for what is in a cluster's entry."""
_IDENTITY = "identity"

RULES: tuple[Rule[Any], ...] = tuple(
    sorted(
        (
            *_BLOCK_RULES,
            *_BINDING_RULES,
            *_DISCOVERY_RULES,
            *whole_file.RULES,
            *waivers.RULES,
            *webhook.RULES,
            *webhook.CERTIFICATE_RULES,
            *custom_roles.RULES,
            *expectations.RULES,
            *pipelines.RULES,
            *pipelines.TOKEN_RULES,
            *existence.RULES,
            *addresses.RULES,
        ),
        key=lambda rule: rule.id,
    )
)
"""Every rule, sorted by id."""


def block_findings(
    block: OidcConfig,
    context: Context = BARE,
    *,
    cluster_ids: Sequence[str] = (),
    now: datetime | None = None,
) -> list[Finding]:
    """Judge an OIDC block; each path is the leaf's name in the API.

    An unset block has no findings. Only the arguments are read and, without `now`, the clock.

    Args:
        block: the block that the clusters should get.
        context: how strictly; a stack passes its own, a resource used alone has `BARE`.
        cluster_ids: the ids of these clusters, as far as they are known.
        now: the time for which certificates are judged; by default the present.
    """
    if block.is_unset:
        return []
    subject = JudgedBlock(
        oidc=block,
        preset=deferred(lambda: providers.preset(context.provider, block)),
        cluster_ids=cluster_ids,
        now=now or datetime.now(UTC),
    )
    return list(judged(_BLOCK_RULES, subject, context))


def binding_findings(
    binding: BindingSettings,
    oidc: OidcConfig,
    context: Context = BARE,
    *,
    has_webhook: bool = False,
    roles: Sequence[RoleSettings] = (),
) -> list[Finding]:
    """Judge a binding whose names get the prefixes of a block; paths begin at the binding.

    Args:
        binding: who gets which role where.
        oidc: the block; without an issuer in it, the users and groups are not known.
        context: how strictly.
        has_webhook: whether an authentication webhook names people too; rules cannot know those.
        roles: the stack's own roles on its clusters.
    """
    preset = deferred(lambda: providers.preset(context.provider, oidc))
    subject = JudgedBinding(
        binding=binding, oidc=oidc, preset=preset, has_webhook=has_webhook, roles=roles
    )
    return list(judged(_BINDING_RULES, subject, context))


def webhook_findings(
    block: Webhook, context: Context = BARE, *, now: datetime | None = None
) -> list[Finding]:
    """Judge a webhook's block; each path is the leaf's name in the API, or empty for the whole."""
    subject = webhook.JudgedWebhook(webhook=block, now=now or datetime.now(UTC))
    return list(judged(webhook.RULES, subject, context))


def address_findings(
    given: Mapping[str, str], context: Context = BARE, *, now: datetime | None = None
) -> list[Finding]:
    """Judge how the servers of a cluster are reached.

    Args:
        given: each text by its path below the cluster in a stack file, such as `proxyUrl.managed`.
        context: how strictly.
        now: the time for which certificates are judged; by default the present.
    """
    subject = addresses.JudgedAddresses.of_texts(given, now or datetime.now(UTC))
    return list(judged(addresses.RULES, subject, context))


def role_findings(role: RoleSettings, context: Context = BARE) -> list[Finding]:
    """Judge a role of a stack; paths begin at the role."""
    return list(judged(custom_roles.RULES, role, context))


def pipeline_findings(
    pipeline: PipelineSettings, context: Context = BARE, *, roles: Sequence[RoleSettings] = ()
) -> list[Finding]:
    """Judge a pipeline, its rights and its stored token; paths begin at the pipeline.

    Args:
        pipeline: the entry.
        context: how strictly.
        roles: the stack's own roles on its clusters.
    """
    rights = BindingSettings.model_construct(
        cluster_role=deferred(lambda: pipeline.cluster_role),
        role=deferred(lambda: pipeline.role),
        namespaces=deferred(lambda: pipeline.namespaces),
    )
    found = [
        *judged(pipelines.RULES, pipeline, context),
        *binding_findings(rights, OidcConfig(), context, roles=roles),
    ]
    stored = _each(
        pipelines.TOKEN_RULES,
        lambda: filter(None, [pipeline.token]),
        lambda token: token_findings(token.lifetime, token.renew_before, context),
    )
    return [*found, *_below("token", stored)]


def token_findings(
    lifetime: timedelta, renew_before: timedelta, context: Context = BARE
) -> list[Finding]:
    """Judge how long a stored token lives."""
    token = TokenSettings.model_construct(lifetime=lifetime, renew_before=renew_before)
    return list(judged(pipelines.TOKEN_RULES, token, context))


def presence_findings(
    entries: Sequence[Located[Entry]],
    context: Context = BARE,
    *,
    cluster: str,
    namespaces: Mapping[str, bool],
    present: Sequence[PresentRole],
    own: Sequence[Located[RoleSettings]] = (),
) -> list[Finding]:
    """Judge whether the namespaces and roles of one cluster's entries exist or are created there.

    Args:
        entries: the entries of bindings and of automation.
        context: how strictly.
        cluster: its name in messages.
        namespaces: the names of the namespaces on the cluster, and whether each is being deleted.
        present: the ClusterRoles on the cluster and, if one is named or created, its Roles.
        own: the roles that the stack creates there.
    """
    of_pipelines = [e for _, e in entries if isinstance(e, PipelineSettings)]
    created = [pipeline.namespace for pipeline in of_pipelines if pipeline.creates_namespace]
    there = dict.fromkeys(created, False) | dict(namespaces)
    found: list[Finding] = []
    for path, role in own:
        wanted = JudgedRole(role=role, cluster=cluster, namespaces=there, present=present)
        found += _below(path, judged(existence.ROLE_RULES, wanted, context))
    made = [made for _, role in own for made in role.objects()]
    names = [(r.namespace, r.name) for r in present] + [(r.namespace, r.name) for r in made]
    for path, entry in entries:
        subject = JudgedEntry(
            entry=entry,
            cluster=cluster,
            namespaces=there,
            cluster_roles=[name for namespace, name in names if namespace is None],
            roles=[(namespace, name) for namespace, name in names if namespace is not None],
        )
        is_pipeline = isinstance(entry, PipelineSettings)
        rules = existence.PIPELINE_RULES if is_pipeline else existence.BINDING_RULES
        found += _below(path, judged(rules, subject, context))
    return [replace(finding, of_cluster=(cluster,)) for finding in found]


def certificate_findings(path: str, problem: str, context: Context) -> list[Finding]:
    """Judge the certificate that a webhook presented.

    Args:
        path: the webhook's place in the stack file.
        problem: the result of `identity.webhook_certificate.certificate_problem`.
        context: how strictly.
    """
    subject = webhook.ShownCertificate(problem=problem)
    return list(_below(path, judged(webhook.CERTIFICATE_RULES, subject, context)))


def file_findings(file: StackFile, *, now: datetime | None = None) -> list[Finding]:
    """Judge a whole stack file, and whether its waivers were needed. Sends nothing.

    A rule that needs a value that is not known is `Unapplied`.
    """
    settings, context = file.settings, known_context(file.settings)
    ids = deferred(lambda: [cluster.id for cluster in settings.clusters if cluster.id])
    found = [
        *_below(
            _IDENTITY,
            _each(
                _BLOCK_RULES,
                lambda: [settings.oidc],
                lambda oidc: block_findings(oidc, context, cluster_ids=ids, now=now),
            ),
        ),
        *judged(whole_file.RULES, file, context),
    ]
    parts: Sequence[Located[AccessSettings]] = [Located("", settings)]
    if settings.known("clusters"):
        parts = settings.parts()
    for start, part in parts:
        found += _roles_in(start, part, context)
        found += _expectations_in(start, part, context)
    for start, part in parts:
        found += _pipelines_in(start, part, settings, context)
    for start, part in parts:
        found += _webhooks_in(start, part, context, now)
    found += _clusters_in(settings, context, now)
    for start, part in parts:
        found += _bindings_in(start, part, settings, context)
    return [*found, *judged(waivers.RULES, _waivers(settings, found), context)]


def _each(
    rules: Iterable[Rule[Any]],
    read: Callable[[], Iterable[T]],
    judge: Callable[[T], Iterable[Finding]],
) -> Iterator[Finding]:
    """Judge each of what is read; if it is not known, the rules are `Unapplied`."""
    try:
        for one in read():
            yield from judge(one)
    except UnknownValueError as error:
        yield from unapplied(rules, error.value)


def _roles_in(start: str, part: AccessSettings, context: Context) -> Iterator[Finding]:
    return _each(
        custom_roles.RULES,
        lambda: part.located_roles(start),
        lambda entry: _below(entry.path, role_findings(entry.value, context)),
    )


def _expectations_in(start: str, part: AccessSettings, context: Context) -> Iterator[Finding]:
    return _each(
        expectations.RULES,
        lambda: part.located_expectations(start),
        lambda entry: _below(entry.path, judged(expectations.RULES, entry.value, context)),
    )


def _pipelines_in(
    start: str, part: AccessSettings, settings: StackSettings, context: Context
) -> Iterator[Finding]:
    roles = deferred(lambda: _roles(settings, part))
    return _each(
        _PIPELINE_RULES,
        lambda: part.located_pipelines(start),
        lambda entry: _below(entry.path, pipeline_findings(entry.value, context, roles=roles)),
    )


def _webhooks_in(
    start: str, part: AccessSettings, context: Context, now: datetime | None
) -> Iterator[Finding]:
    def judge(entry: tuple[type[Webhook], Located[WebhookSettings]]) -> Iterator[Finding]:
        kind, (path, hook) = entry
        block = kind(server=hook.server, ca=hook.ca)
        return _below(path, webhook_findings(block, context, now=now))

    return _each(webhook.RULES, lambda: part.webhooks.by_kind(f"{start}webhooks").items(), judge)


def _clusters_in(
    settings: StackSettings, context: Context, now: datetime | None
) -> Iterator[Finding]:
    def judge(entry: tuple[int, ClusterSettings]) -> Iterator[Finding]:
        index, cluster = entry
        pinned = deferred(lambda: {"endpoint": cluster.endpoint or ""})
        subject = addresses.JudgedAddresses(
            given=cluster.address_texts | {"endpoint": pinned}, now=now or datetime.now(UTC)
        )
        return _below(f"clusters[{index}]", judged(addresses.RULES, subject, context))

    return _each(_CLUSTER_RULES, lambda: enumerate(settings.clusters), judge)


def _bindings_in(
    start: str, part: AccessSettings, settings: StackSettings, context: Context
) -> Iterator[Finding]:
    oidc = deferred(lambda: settings.oidc)
    has_webhook = deferred(lambda: _has_webhook(settings, part))
    roles = deferred(lambda: _roles(settings, part))
    return _each(
        _BINDING_RULES,
        lambda: part.located_bindings(start),
        lambda entry: _below(
            entry.path,
            binding_findings(entry.value, oidc, context, has_webhook=has_webhook, roles=roles),
        ),
    )


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


def discovery_findings(
    published: Published,
    oidc: OidcConfig,
    context: Context,
    *,
    is_strict: bool,
    has_secret: bool,
) -> list[Finding]:
    """Judge what the issuer of a block publishes; paths are those of the stack file.

    Args:
        published: what could be read from the issuer.
        oidc: the block.
        context: how strictly otherwise.
        is_strict: whether everything that prevents a login is an error and not a warning.
        has_secret: whether people log in with a client secret instead of PKCE.
    """
    subject = discovery.JudgedIssuer(
        oidc=oidc,
        preset=providers.preset(context.provider, oidc),
        published=published,
        has_secret=has_secret,
    )
    rules = discovery.RULES
    if is_strict:
        rules = tuple(replace(rule, levels=ERROR) for rule in rules)
    return list(_below(_IDENTITY, judged((*rules, *discovery.REMARKS), subject, context)))


def _below(path: str, found: Iterable[Finding]) -> Iterator[Finding]:
    for finding in found:
        yield replace(finding, path=f"{path}.{finding.path}" if finding.path else path)


def _waivers(settings: StackSettings, found: Iterable[Finding]) -> waivers.JudgedWaivers:
    is_waivable: dict[str, bool] = {}
    for rule in RULES:
        is_waivable[rule.id] = is_waivable.get(rule.id, False) or rule.is_waivable
    network_rules: tuple[Rule[Any], ...] = (
        *_DISCOVERY_RULES,
        *existence.RULES,
        *webhook.CERTIFICATE_RULES,
    )
    from_network = {rule.id for rule in network_rules}
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
