"""Applies the rules of stack files to components, at the same levels.

A stack file is checked before its components are created, all clusters at once; a component of a
user's own program is checked when it is created.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from typing import overload

import pulumi

from cks_components import rules
from cks_components.api.models import OidcConfig
from cks_components.engine import argument_types, existence_check
from cks_components.engine.arguments import ArgumentError
from cks_components.engine.existence_check import ExpectedEntries
from cks_components.kubernetes.address import Address
from cks_components.kubernetes.kubeconfig import Addresses
from cks_components.rules import Context, Entry, Finding, Level, requested_scopes
from cks_components.stack_file.pipeline import PipelineSettings
from cks_components.stack_file.role import RoleSettings
from cks_components.stack_file.settings import BindingSettings, Located

_FILE_KEYS = {
    "server": "servers",
    "proxy_url": "proxyUrl",
    "tls_server_name": "tlsServerName",
    "certificate_authority": "certificateAuthority",
}
"""The stack-file keys of the parts of an `Address`, which the rules check."""


def say(found: Sequence[Finding]) -> None:
    """Show warnings, and informations unless something refuses, as the engine's diagnostics."""
    is_refused = any(finding.refuses for finding in found)
    for finding in rules.joined(found):
        if finding.level is Level.WARNING:
            pulumi.warn(str(finding))
        elif finding.level is Level.INFORMATION and not is_refused:
            pulumi.info(str(finding))


def require(found: Iterable[Finding], *, is_judged: bool = False) -> None:
    """Show the findings, and raise if one of them refuses.

    Args:
        found: by the rules.
        is_judged: whether a stack file was checked, so that the other findings were already shown.

    Raises:
        ArgumentError: with every finding that refuses.
    """
    every = list(found)
    if not is_judged:
        say(every)
    refusals = [str(finding) for finding in every if finding.refuses]
    if refusals:
        raise ArgumentError(refusals)


def of_binding(
    index: int,
    binding: BindingSettings,
    oidc: OidcConfig,
    context: Context,
    *,
    has_webhook: bool,
    roles: Sequence[RoleSettings] = (),
) -> list[Finding]:
    """Check the binding at an index of `bindings`; `roles` are those that the program creates."""
    found = rules.binding_findings(binding, oidc, context, has_webhook=has_webhook, roles=roles)
    return [
        replace(finding, path=f"bindings[{index}].{finding.path}".rstrip(".")) for finding in found
    ]


def without_names(found: Iterable[Finding]) -> list[Finding]:
    """The findings that refuse, without the secret names in them."""
    text = "breaks this rule; the details are not shown, because they contain a secret name"
    return [replace(finding, text=text) for finding in found if finding.refuses]


def of_pipeline(
    path: str,
    pipeline: PipelineSettings,
    context: Context,
    *,
    roles: Sequence[RoleSettings] = (),
) -> list[Finding]:
    """Check a pipeline; paths begin at the given one."""
    return [
        replace(finding, path=f"{path}.{finding.path}".rstrip("."))
        for finding in rules.pipeline_findings(pipeline, context, roles=roles)
    ]


def of_pipelines(
    pipelines: Sequence[PipelineSettings],
    context: Context,
    *,
    roles: Sequence[RoleSettings] = (),
) -> list[Finding]:
    """Check the pipelines of a cluster; paths begin at `automation`."""
    return [
        finding
        for index, pipeline in enumerate(pipelines)
        for finding in of_pipeline(f"automation[{index}]", pipeline, context, roles=roles)
    ]


def of_scopes(
    path: str, scopes: Sequence[str], oidc: OidcConfig, context: Context
) -> list[Finding]:
    """Check the scopes that a login requests, as in a stack file; they stand at the given path."""
    return [
        replace(finding, path=finding.path.replace(requested_scopes.SCOPES, path))
        for finding in rules.scope_findings(scopes, oidc, context)
    ]


def of_addresses(path: str, addresses: Addresses, context: Context) -> list[Finding]:
    """Check a cluster's addresses, as in a stack file; paths begin at the given one.

    Raises:
        ArgumentError: a part of it has the wrong type.
    """
    parts = {field.name: getattr(addresses, field.name) for field in fields(addresses)}
    argument_types.require(
        *(argument_types.of_kind(f"{path}.{whose}", one, Address) for whose, one in parts.items())
    )
    keys = {_FILE_KEYS[field.name]: field.name for field in fields(Address)}
    given = {
        f"{key}.{whose}": (f"{path}.{whose}.{name}", getattr(one, name))
        for key, name in keys.items()
        for whose, one in parts.items()
    }
    needed = [(p, text) for p, text in given.values() if text != "" or p.endswith(".server")]
    argument_types.require(*(argument_types.text(p, text) for p, text in needed))
    places = {key: place for key, (place, _) in given.items()}
    judged = rules.address_findings({key: text for key, (_, text) in given.items()}, context)
    return [replace(finding, path=places[finding.path]) for finding in judged]


def of_roles(roles: Sequence[Located[RoleSettings]], context: Context) -> list[Finding]:
    """Check the roles of a cluster, each at its path."""
    return [
        replace(finding, path=f"{path}.{finding.path}")
        for path, role in roles
        for finding in rules.role_findings(role, context)
    ]


def needs(
    bindings: Sequence[BindingSettings], pipelines: Sequence[PipelineSettings]
) -> list[Located[Entry]]:
    """The bindings and pipelines of one cluster, whose roles and namespaces it must have."""
    return [
        *(Located(f"bindings[{i}]", entry) for i, entry in enumerate(bindings)),
        *(Located(f"automation[{i}]", entry) for i, entry in enumerate(pipelines)),
    ]


@overload
def looked_up(
    endpoint: str,
    cluster: str,
    entries: Sequence[Located[Entry]],
    context: Context,
    *,
    addresses: Addresses | None = None,
    roles: Sequence[RoleSettings] = (),
) -> str: ...


@overload
def looked_up(
    endpoint: pulumi.Input[str],
    cluster: pulumi.Input[str],
    entries: Sequence[Located[Entry]],
    context: Context,
    *,
    addresses: Addresses | None = None,
    roles: Sequence[RoleSettings] = (),
) -> pulumi.Input[str]: ...


def looked_up(
    endpoint: pulumi.Input[str],
    cluster: pulumi.Input[str],
    entries: Sequence[Located[Entry]],
    context: Context,
    *,
    addresses: Addresses | None = None,
    roles: Sequence[RoleSettings] = (),
) -> pulumi.Input[str]:
    """Check that the named namespaces and roles exist on a cluster, then return its endpoint.

    A resource that uses the returned endpoint is created after the check: at once if everything is
    known, else in an apply, which a preview skips while a value is unknown.

    Args:
        endpoint: the cluster's `apiServerEndpoint`.
        cluster: its name in messages.
        entries: what must exist; without any the cluster is not asked.
        context: how strictly.
        addresses: used in place of the cluster's own names.
        roles: those that the program creates there.

    Raises:
        ArgumentError: something is missing, the cluster cannot be asked in an update, or the
            endpoint is no text.
    """

    def look(known: str, name: str) -> str:
        argument_types.require(argument_types.text("endpoint", known))
        managed = (addresses or Addresses.of(known)).managed
        own = [Located(f"roles[{index}]", role) for index, role in enumerate(roles)]
        wants = ExpectedEntries(
            path=name, cluster=name, managed=managed, entries=entries, roles=own
        )
        is_preview = pulumi.runtime.is_dry_run()
        require(existence_check.findings([wants], context, is_preview=is_preview))
        return known

    if isinstance(endpoint, str) and isinstance(cluster, str):
        return look(endpoint, cluster)
    return pulumi.Output.all(endpoint, cluster).apply(lambda known: look(known[0], known[1]))
