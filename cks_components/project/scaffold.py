"""The text of the first files of a project: a stack file, and a program around it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cks_components.api.models import OidcConfig
from cks_components.identity.preset import Preset, Provider
from cks_components.identity.providers import preset
from cks_components.project.yaml_insertion import yaml_value
from cks_components.stack_file.scalar_types import Environment

_WIDTH = 98
_COLUMN = 46
"""Where the comments behind values begin."""


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What a stack file begins with.

    Attributes:
        stack: its name.
        clusters: each by its name, or by its id and a name for people.
        groups: the groups of the first administrators, as the provider names them.
        users: likewise, or the `sub` of the first pipeline's jobs.
        with_block: the names of clusters that have an OIDC block already.
    """

    stack: str
    environment: Environment
    provider: Provider
    issuer_url: str
    client_id: str
    groups_claim: str
    clusters: Sequence[Mapping[str, str]]
    groups: Sequence[str] = ()
    users: Sequence[str] = ()
    with_block: Sequence[str] = ()

    @property
    def preset(self) -> Preset:
        """What is known of the provider."""
        block = OidcConfig(issuer_url=self.issuer_url, client_id=self.client_id)
        return preset(self.provider, block)


def stack_file(choices: Choices) -> str:
    """The text of a stack file, with comments."""
    return "\n".join(_stack_file(choices)) + "\n"


def replacing(cluster: str, stack: str) -> str:
    """Say what has to be done about the OIDC block that a cluster has already."""
    return (
        f'cluster {cluster} has an OIDC block already, which "pulumi up" replaces only with '
        f'"adopt: true" in identity; to keep it as it is, import it with "cks-access import-file {stack}"'
    )


def program(requirement: str) -> dict[str, str]:
    """The files of a Pulumi program that takes its access from stack files, by their names.

    Args:
        requirement: how pip installs this package.
    """
    return {
        "Pulumi.yaml": _PROJECT_FILE,
        "__main__.py": _PROGRAM,
        "requirements.txt": f"{requirement}\n",
    }


_PROJECT_FILE = """\
name: cks-access # keys of stack files begin with it
description: Identity and access for CoreWeave Kubernetes Service clusters
runtime: python
requiredPulumiVersion: ">=3.259.0"
"""
_PROGRAM = '''\
"""The Pulumi program: one stack file in, access to its clusters out."""

import gc
import signal

import pulumi
from pulumi.runtime import config

from cks_components.api.errors import CksError
from cks_components.stack import deploy

# The language host interrupts a failed program, which would hide the message behind a traceback.
signal.signal(signal.SIGINT, signal.SIG_DFL)

# All that the program declares lives until its end, so a search for garbage finds none; with 400
# clusters it took a third of the program's time.
gc.disable()

try:
    deploy(config.CONFIG.get())
except CksError as error:
    raise pulumi.RunError(str(error)) from None
'''
"""The program of this repository, as it is."""


def _stack_file(choices: Choices) -> Iterator[str]:
    known = choices.preset
    yield from _comment(
        f'Who may do what on the clusters of "{choices.stack}". "cks-access check {choices.stack}" checks '
        f'this file, "cks-access access {choices.stack}" shows what it grants.'
    )
    yield from _comment(f"At {known.name_in_text}: {known.client}.")
    if known.redirect_uris:
        yield from _comment(f"Redirect URIs to register there: {' and '.join(known.redirect_uris)}")
    yield "config:"
    yield _line(
        "  cks-access:environment",
        choices.environment,
        "or staging, production: the rules are stricter",
    )
    yield "  cks-access:identity:"
    yield from _identity(choices, known)
    yield "  cks-access:clusters:"
    for cluster in choices.clusters:
        yield from _entry(cluster)
    yield _behind("  cks-access:bindings:", "names as the provider sends them, without prefix")
    yield from _bindings(choices, known)


def _identity(choices: Choices, known: Preset) -> Iterator[str]:
    yield _line("    provider", choices.provider)
    yield _line(
        "    issuerUrl", choices.issuer_url, "byte for byte as the discovery document has it"
    )
    yield _line("    clientId", choices.client_id)
    if known.wants_secret:
        yield f"    # {known.name_in_text} insists on the client's secret; encrypted, it may stand here:"
        yield "    #   pulumi config set --secret --path cks-access:identity.clientSecret"
    claim = known.claim_of_addresses if known.people_log_in else "sub"
    yield _line("    usernameClaim", claim, "the claim that names the user")
    if claim != "email":
        yield _line("    usernamePrefix", known.prefix, "in front of it at Kubernetes")
    if known.admits_groups:
        yield _line("    groupsClaim", choices.groups_claim)
        yield _line("    groupsPrefix", known.prefix, "in front of each group at Kubernetes")
    yield from _required_claim(choices, known)
    for name in choices.with_block:
        yield from _comment(replacing(name, choices.stack), "    ")
    if choices.with_block:
        yield "    # adopt: true"


def _required_claim(choices: Choices, known: Preset) -> Iterator[str]:
    if not known.required_trap:
        return
    domain = choices.users[0].rpartition("@")[2] if choices.users else ""
    yield from _comment(f"Without requiredClaim, {known.required_trap}.", "    ")
    if known.required_keys[0] == "hd" and domain:
        yield _line("    requiredClaim", f"hd={domain}")
    else:
        yield f"    # requiredClaim: {known.required_keys[0]}=…"


def _bindings(choices: Choices, known: Preset) -> Iterator[str]:
    for key, names in (("groups", choices.groups), ("users", choices.users)):
        if not names:
            continue
        yield _line(f"    - {key}", names)
        if known.people_log_in:
            yield _line("      clusterRole", "cluster-admin", "narrower: view, edit, admin")
        else:
            yield _line("      clusterRole", "edit")
            yield _line("      namespaces", ["default"], "absent: cluster wide")


def _entry(cluster: Mapping[str, str]) -> Iterator[str]:
    for position, (key, value) in enumerate(cluster.items()):
        yield _line(f"    {'- ' if position == 0 else '  '}{key}", value)


def _line(key: str, value: str | Sequence[str], comment: str = "") -> str:
    return _behind(f"{key}: {yaml_value(value)}", comment)


def _behind(text: str, comment: str) -> str:
    return f"{text:{_COLUMN}}  # {comment}" if comment else text


def _comment(text: str, indent: str = "") -> list[str]:
    start = f"{indent}# "
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=start,
        subsequent_indent=start,
        break_long_words=False,
        break_on_hyphens=False,
    )
