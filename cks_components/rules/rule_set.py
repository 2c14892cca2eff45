"""Applies the rules: to a block alone, to bindings, to a whole stack file, to a live issuer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cks_components.api.models import OidcConfig, Webhook
from cks_components.identity import providers
from cks_components.identity.discovery_document import Published
from cks_components.rules import (
    addresses,
    bindings,
    certificate_authority,
    claims,
    discovery,
    excessive_rights,
    existence,
    issuer,
    pipelines,
    role_names,
    unreachable_subjects,
    waivers,
    webhook,
    whole_file,
)
from cks_components.rules.existence import Entry, JudgedEntry
from cks_components.rules.judged_binding import JudgedBinding
from cks_components.rules.judged_block import JudgedBlock
from cks_components.rules.rule import (
    BARE,
    ERROR,
    Context,
    Finding,
    Rule,
    context_of,
    judged,
)
from cks_components.stack_file.pipeline import PipelineSettings, TokenSettings
from cks_components.stack_file.reading import StackFile
from cks_components.stack_file.settings import (
    AccessSettings,
    BindingSettings,
    Located,
    StackSettings,
)

_BLOCK_RULES = (
    *issuer.RULES,
    *claims.RULES,
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
        preset=providers.preset(context.provider, block.issuer_url),
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
) -> list[Finding]:
    """Judge a binding whose names get the prefixes of a block; paths begin at the binding.

    Args:
        binding: who gets which role where.
        oidc: the block; without an issuer in it, the users and groups are not known.
        context: how strictly.
        has_webhook: whether an authentication webhook names people too; rules cannot know those.
    """
    preset = providers.preset(context.provider, oidc.issuer_url)
    subject = JudgedBinding(binding=binding, oidc=oidc, preset=preset, has_webhook=has_webhook)
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
    way = addresses.JudgedAddresses(given=given, now=now or datetime.now(UTC))
    return list(judged(addresses.RULES, way, context))


def pipeline_findings(pipeline: PipelineSettings, context: Context = BARE) -> list[Finding]:
    """Judge a pipeline, its rights and its stored token; paths begin at the pipeline."""
    rights = BindingSettings.model_construct(
        cluster_role=pipeline.cluster_role, namespaces=pipeline.namespaces
    )
    found = [
        *judged(pipelines.RULES, pipeline, context),
        *binding_findings(rights, OidcConfig(), context),
    ]
    if pipeline.token is not None:
        given = pipeline.token
        found += _below("token", token_findings(given.lifetime, given.renew_before, context))
    return found


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
    cluster_roles: Sequence[str],
) -> list[Finding]:
    """Judge whether the namespaces and roles of one cluster's entries exist or are created there.

    Args:
        entries: the entries of bindings and of automation.
        context: how strictly.
        cluster: its name in messages.
        namespaces: the names of the namespaces on the cluster, and whether each is being deleted.
        cluster_roles: the names of the ClusterRoles on the cluster.
    """
    of_pipelines = [e for _, e in entries if isinstance(e, PipelineSettings)]
    created = [pipeline.namespace for pipeline in of_pipelines if pipeline.creates_namespace]
    found: list[Finding] = []
    for path, entry in entries:
        subject = JudgedEntry(
            entry=entry,
            cluster=cluster,
            namespaces=dict.fromkeys(created, False) | dict(namespaces),
            cluster_roles=cluster_roles,
        )
        is_pipeline = isinstance(entry, PipelineSettings)
        rules = existence.PIPELINE_RULES if is_pipeline else existence.BINDING_RULES
        found += _below(path, judged(rules, subject, context))
    return found


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
    """Judge a whole stack file, and whether its waivers were needed. Sends nothing."""
    settings, context = file.settings, context_of(file.settings)
    ids = [cluster.id for cluster in settings.clusters if cluster.id]
    found = [
        *_below(_IDENTITY, block_findings(settings.oidc, context, cluster_ids=ids, now=now)),
        *judged(whole_file.RULES, file, context),
    ]
    parts = settings.parts()
    for start, part in parts:
        for path, pipeline in part.located_pipelines(start):
            found += _below(path, pipeline_findings(pipeline, context))
    for start, part in parts:
        for kind, (path, hook) in part.webhooks.by_kind(f"{start}webhooks").items():
            block = kind(server=hook.server, ca=hook.ca)
            found += _below(path, webhook_findings(block, context, now=now))
    for index, cluster in enumerate(settings.clusters):
        texts = cluster.address_texts | {"endpoint": cluster.endpoint or ""}
        found += _below(f"clusters[{index}]", address_findings(texts, context, now=now))
    for start, part in parts:
        has_webhook = _has_webhook(settings, part)
        for path, binding in part.located_bindings(start):
            found += _below(
                path, binding_findings(binding, settings.oidc, context, has_webhook=has_webhook)
            )
    return [*found, *judged(waivers.RULES, _waivers(settings, found), context)]


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
        preset=providers.preset(context.provider, oidc.issuer_url),
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
            for index, waiver in enumerate(settings.waivers)
            if waiver.rule
        ],
        is_waivable=is_waivable,
        needed={finding.rule for finding in found if finding.waiver} | from_network,
    )
