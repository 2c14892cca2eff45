"""Judges one thing: a binding, a pipeline, what an issuer publishes, and so on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from cks_components.api.models import OidcConfig
from cks_components.identity import providers
from cks_components.identity.discovery_document import Published
from cks_components.rules import (
    addresses,
    bindings,
    custom_roles,
    discovery,
    existence,
    lockout,
    pipelines,
    requested_scopes,
    webhook,
)
from cks_components.rules.existence import Entry, JudgedEntry, JudgedRole, PresentRole
from cks_components.rules.judged_binding import JudgedBinding
from cks_components.rules.lockout import JudgedRemoval
from cks_components.rules.rule import (
    BARE,
    ERROR,
    Context,
    Finding,
    Level,
    below,
    judged,
    judged_each,
)
from cks_components.rules.rule_set import BINDING_RULES
from cks_components.stack_file.acknowledgement import AcknowledgementSettings
from cks_components.stack_file.pipeline import PipelineSettings, TokenSettings
from cks_components.stack_file.role import RoleSettings
from cks_components.stack_file.settings import BindingSettings, Located
from cks_components.stack_file.unknown_values import deferred

_WITHOUT_EFFECT = ("OIDC-22", "RBAC-11")
"""The rules that call a name wrong, although it may be meant, so that they only warn."""


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
    found = list(judged((r for r in BINDING_RULES if r is not bindings.NAMES), subject, context))
    wrong = {f.path for f in found if f.refuses or (f.rule in _WITHOUT_EFFECT and not f.waiver)}
    return [*found, *judged((bindings.NAMES,), replace(subject, misnamed=wrong), context)]


def scope_findings(
    scopes: Sequence[str], oidc: OidcConfig, context: Context = BARE
) -> list[Finding]:
    """Judge the scopes that a login requests beside `openid`; paths are those of `identity`."""
    preset = deferred(lambda: providers.preset(context.provider, oidc))
    login = requested_scopes.JudgedLogin(scopes=scopes, oidc=oidc, preset=preset)
    return list(judged(requested_scopes.RULES, login, context))


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
    stored = judged_each(
        pipelines.TOKEN_RULES,
        lambda: filter(None, [pipeline.token]),
        lambda token: token_findings(token.lifetime, token.renew_before, context),
    )
    return [*found, *below("token", stored)]


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
        found += below(path, judged(existence.ROLE_RULES, wanted, context))
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
        found += below(path, judged(rules, subject, context))
    return [replace(finding, of_cluster=(cluster,)) for finding in found]


def lockout_findings(
    removal: JudgedRemoval,
    path: str,
    acknowledged: Sequence[AcknowledgementSettings],
    context: Context,
) -> list[tuple[Finding, set[int]]]:
    """Judge what an update takes away on a cluster, each with the acknowledgements that it needs.

    Args:
        removal: what is taken away.
        path: the cluster's place in the stack file.
        acknowledged: the entries of `acknowledge`; one that fits makes a finding an information.
        context: how strictly.
    """
    found = []
    for finding in below(path, judged(lockout.RULES, removal, context)):
        risk = lockout.RISKS[finding.rule]
        fitting = {
            index: entry.reason
            for index, entry in enumerate(acknowledged)
            if entry.risk == risk and entry.cluster in (None, removal.cluster)
        }
        reason = next(iter(fitting.values()), "")
        level = Level.INFORMATION if fitting else finding.level
        found.append((replace(finding, level=level, waiver=reason), {*fitting}))
    return found


def certificate_findings(path: str, problem: str, context: Context) -> list[Finding]:
    """Judge the certificate that a webhook presented.

    Args:
        path: the webhook's place in the stack file.
        problem: the result of `identity.webhook_certificate.certificate_problem`.
        context: how strictly.
    """
    subject = webhook.ShownCertificate(problem=problem)
    return list(below(path, judged(webhook.CERTIFICATE_RULES, subject, context)))


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
    return list(below("identity", judged((*rules, *discovery.REMARKS), subject, context)))
