"""Applies the rules: to a block alone, to bindings, to a whole stack file, to a live issuer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cks_components.api.models import OidcConfig, Webhook
from cks_components.identity import issuers
from cks_components.identity.published import Published
from cks_components.identity.rules import (
    addresses,
    authority,
    bindings,
    claims,
    discovery,
    guard_rails,
    issuer,
    pipelines,
    presence,
    roles,
    stack_file,
    subjects,
    waivers,
    webhook,
)
from cks_components.identity.rules.bound import Binding, Bound
from cks_components.identity.rules.pipelines import Pipeline, TokenTerms
from cks_components.identity.rules.presence import Needed, Placed
from cks_components.identity.rules.rule import (
    BARE,
    ERROR,
    Context,
    Finding,
    Rule,
    judged,
)
from cks_components.identity.rules.stack_file import StackFile
from cks_components.identity.rules.trust import Trust

_BLOCK_RULES = (*issuer.RULES, *claims.RULES, *authority.RULES, *guard_rails.BLOCK_RULES)
_BINDING_RULES = (*bindings.RULES, *guard_rails.BINDING_RULES, *roles.RULES, *subjects.RULES)
_DISCOVERY_RULES = (*discovery.RULES, *discovery.REMARKS)
_IDENTITY = "identity"

RULES: tuple[Rule[Any], ...] = tuple(
    sorted(
        (
            *_BLOCK_RULES,
            *_BINDING_RULES,
            *_DISCOVERY_RULES,
            *stack_file.RULES,
            *waivers.RULES,
            *webhook.RULES,
            *webhook.HANDSHAKE_RULES,
            *pipelines.RULES,
            *pipelines.TOKEN_RULES,
            *presence.RULES,
            *addresses.RULES,
        ),
        key=lambda rule: rule.id,
    )
)
"""Every rule that there is, by id."""


def findings(
    block: OidcConfig,
    context: Context = BARE,
    *,
    cluster_ids: Sequence[str] = (),
    now: datetime | None = None,
) -> list[Finding]:
    """Judge an OIDC block; each path is the leaf's name in the API.

    An unset block has no findings. Nothing is read but the arguments and, without `now`, the
    clock that certificates are judged by.

    Args:
        block: what the cluster shall trust.
        context: how strictly; a stack passes its own on, a resource used alone has `BARE`.
        cluster_ids: the clusters that shall trust it, as far as they are known.
        now: the time; the present where it is not given.
    """
    if block.is_unset:
        return []
    subject = Trust(
        oidc=block,
        preset=issuers.preset(context.provider, block.issuer_url),
        cluster_ids=cluster_ids,
        now=now or datetime.now(UTC),
    )
    return list(judged(_BLOCK_RULES, subject, context))


def binding_findings(
    binding: Binding, oidc: OidcConfig, context: Context = BARE, *, has_webhook: bool = False
) -> list[Finding]:
    """Judge a binding whose names get the prefixes of a block; paths begin at the binding.

    Args:
        binding: who gets which role where.
        oidc: the block; one that names no issuer leaves open who there is.
        context: how strictly.
        has_webhook: whether an authentication webhook names people too, whom no rule can know.
    """
    preset = issuers.preset(context.provider, oidc.issuer_url)
    subject = Bound(binding=binding, oidc=oidc, preset=preset, has_webhook=has_webhook)
    return list(judged(_BINDING_RULES, subject, context))


def webhook_findings(
    block: Webhook, context: Context = BARE, *, now: datetime | None = None
) -> list[Finding]:
    """Judge a webhook's block; each path is the leaf's name in the API, or empty for the whole."""
    subject = webhook.Hook(webhook=block, now=now or datetime.now(UTC))
    return list(judged(webhook.RULES, subject, context))


def pipeline_findings(pipeline: Pipeline, context: Context = BARE) -> list[Finding]:
    """Judge a pipeline, its rights and its stored token; paths begin at the pipeline."""
    found = [
        *judged(pipelines.RULES, pipeline, context),
        *binding_findings(pipeline, OidcConfig(), context),
    ]
    if pipeline.token is not None:
        given = pipeline.token
        found += _below("token", token_findings(given.lifetime, given.renew_before, context))
    return found


def token_findings(
    lifetime: timedelta, renew_before: timedelta, context: Context = BARE
) -> list[Finding]:
    """Judge how long a stored token lives."""
    subject = TokenTerms(lifetime=lifetime, renew_before=renew_before)
    return list(judged(pipelines.TOKEN_RULES, subject, context))


def presence_findings(
    entries: Sequence[Needed],
    context: Context = BARE,
    *,
    cluster: str,
    namespaces: Sequence[str],
    cluster_roles: Sequence[str],
) -> list[Finding]:
    """Judge whether what the entries of one cluster need is there, or made by one of them.

    Args:
        entries: of bindings and of automation.
        context: how strictly.
        cluster: its name in messages.
        namespaces: those that the cluster has.
        cluster_roles: likewise.
    """
    made = [entry.home for entry in entries if entry.makes_home]
    found: list[Finding] = []
    for entry in entries:
        subject = Placed(
            needed=entry,
            cluster=cluster,
            namespaces=[*namespaces, *made],
            cluster_roles=cluster_roles,
        )
        rules = presence.PIPELINE_RULES if entry.home else presence.BINDING_RULES
        found += _below(entry.path, judged(rules, subject, context))
    return found


def handshake_findings(path: str, misfit: str, context: Context) -> list[Finding]:
    """Judge what a webhook showed as its certificate.

    Args:
        path: the webhook's place in the stack file.
        misfit: as `identity.handshake.misfit` says it.
        context: how strictly.
    """
    subject = webhook.Met(misfit=misfit)
    return list(_below(path, judged(webhook.HANDSHAKE_RULES, subject, context)))


def review(stack: StackFile, *, now: datetime | None = None) -> list[Finding]:
    """Judge a whole stack file, and its waivers by what they were needed for. Sends nothing."""
    context = stack.context
    ids = [site.id for site in stack.clusters if site.id]
    found = [
        *_below(_IDENTITY, findings(stack.oidc, context, cluster_ids=ids, now=now)),
        *judged(stack_file.RULES, stack, context),
    ]
    for path, pipeline in stack.automation:
        found += _below(path, pipeline_findings(pipeline, context))
    for path, hook in stack.webhooks:
        found += _below(path, webhook_findings(hook, context, now=now))
    for path, given in stack.ways:
        way = addresses.Way(given=given, now=now or datetime.now(UTC))
        found += _below(path, judged(addresses.RULES, way, context))
    for path, binding in stack.bindings:
        has_webhook = stack.has_webhook(path)
        found += _below(
            path, binding_findings(binding, stack.oidc, context, has_webhook=has_webhook)
        )
    return [*found, *judged(waivers.RULES, _waivers(stack, found), context)]


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
        published: what could be read.
        oidc: the block.
        context: how strictly otherwise.
        is_strict: whether whatever stops a login is an error and not a warning.
        has_secret: whether people log in with a client secret instead of PKCE.
    """
    subject = discovery.Discovered(
        oidc=oidc,
        preset=issuers.preset(context.provider, oidc.issuer_url),
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


def _waivers(stack: StackFile, found: Iterable[Finding]) -> waivers.Waivers:
    is_waivable: dict[str, bool] = {}
    for rule in RULES:
        is_waivable[rule.id] = is_waivable.get(rule.id, False) or rule.is_waivable
    asked: tuple[Rule[Any], ...] = (
        *_DISCOVERY_RULES,
        *presence.RULES,
        *webhook.HANDSHAKE_RULES,
    )
    live = {rule.id for rule in asked}
    return waivers.Waivers(
        given=stack.waivers,
        is_waivable=is_waivable,
        needed={finding.rule for finding in found if finding.waiver} | live,
    )
