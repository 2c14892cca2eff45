"""Checks that a program binds the names that its clusters make, as the program declares both.

With another prefix than the cluster's, names match no user or group, and Kubernetes accepts them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, TypeVar, cast

import pulumi
from pulumi.runtime import settings

from cks_components.api.models import OidcConfig
from cks_components.engine.arguments import ArgumentError, applied, is_plain, known_block
from cks_components.kubernetes import subject_names

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class DeclaredPrefixes:
    """How a cluster makes names, as one resource declares it.

    Attributes:
        resource: its name.
        cluster_id: None where it does not know its cluster.
        leaves: of the OIDC block, by name.
        users: who is bound, if anybody, as the provider names them; and so the groups.
        hides: whether some of it is secret, which no message shows.
    """

    resource: str
    cluster_id: pulumi.Input[str] | None
    leaves: dict[str, Any]
    users: pulumi.Input[Sequence[pulumi.Input[str]]] = ()
    groups: pulumi.Input[Sequence[pulumi.Input[str]]] = ()
    hides: pulumi.Input[bool] = False

    @cached_property
    def is_late(self) -> bool:
        """Whether some of it is known only after other resources exist."""
        return not is_plain(self)


@dataclass
class _Program:
    """The declarations of the present run."""

    _verdicts: dict[tuple[int, int], str] = field(default_factory=dict)
    trusts: list[DeclaredPrefixes] = field(default_factory=list)
    bindings: list[DeclaredPrefixes] = field(default_factory=list)

    def near(self, bound: DeclaredPrefixes) -> list[DeclaredPrefixes]:
        """The blocks that may belong to the cluster of the given bindings."""
        mine = bound.cluster_id
        if not isinstance(mine, str):
            return list(self.trusts)
        ids = [(trust, trust.cluster_id) for trust in self.trusts]
        return [t for t, id_ in ids if not isinstance(id_, str) or id_.lower() == mine.lower()]

    def verdict(self) -> str:
        """The first disagreement among all known values; empty if there is none.

        Every resource asks for it, so it is computed once for each set of declarations.
        """
        size = len(self.trusts), len(self.bindings)
        if size not in self._verdicts:
            self._verdicts[size] = self._disagreement()
        return self._verdicts[size]

    def _disagreement(self) -> str:
        for bound in self.bindings:
            near = self.near(bound)
            if not any(said.is_late for said in (bound, *near)) and (
                text := disagreement(bound, near)
            ):
                return text
        return ""


def trusts(said: DeclaredPrefixes) -> None:
    """Note a resource that sets an OIDC block."""
    program = _program(settings.get_monitor())
    program.trusts.append(said)
    for bound in program.bindings:
        if said.is_late or bound.is_late:
            applied(_compare, bound, program.near(bound))


def binds(said: DeclaredPrefixes) -> None:
    """Note bindings."""
    program = _program(settings.get_monitor())
    program.bindings.append(said)
    near = program.near(said)
    if any(one.is_late for one in (said, *near)):
        applied(_compare, said, near)


def agreed(declared: pulumi.Input[T]) -> pulumi.Output[T]:
    """An argument of a resource that is declared only if all declarations agree.

    The engine is told of a resource when its arguments are known, which is after the program has
    declared everything, so that the order of declarations makes no difference. Only a program that
    asks the engine for something in between has a part of itself compared earlier.

    Raises:
        ArgumentError: inside the output: bindings match no user or group of their cluster.
    """
    program = _program(settings.get_monitor())

    def compared(value: Any) -> Any:
        if text := program.verdict():
            raise ArgumentError([text])
        return value

    return pulumi.Output.from_input(cast("Any", declared)).apply(compared)


@lru_cache(maxsize=1)
def _program(_monitor: object) -> _Program:
    return _Program()


def _compare(bound: DeclaredPrefixes, trusts: Sequence[DeclaredPrefixes]) -> None:
    if text := disagreement(bound, trusts):
        raise ArgumentError([text])


def disagreement(bound: DeclaredPrefixes, trusts: Sequence[DeclaredPrefixes]) -> str:
    """Describe a binding that matches no user or group; all values are known.

    They are compared with the cluster's own block, or with those of the same issuer where it is
    not known which cluster they are for.
    """
    own = known_block(OidcConfig, bound.leaves)
    others = [(trust, known_block(OidcConfig, trust.leaves)) for trust in trusts]
    if bound.cluster_id is not None:
        mine = str(bound.cluster_id).lower()
        near = [(t, oidc) for t, oidc in others if str(t.cluster_id).lower() == mine]
    else:
        near = [(t, o) for t, o in others if own.issuer_url and o.issuer_url == own.issuer_url]
    if not near or any(_subjects(bound, oidc) == _subjects(bound, own) for _, oidc in near):
        return ""
    trust, oidc = near[0]
    pairs = zip(_subjects(bound, own), _subjects(bound, oidc), strict=True)
    ours, theirs = (f'"{name}"' for name in next((a, b) for a, b in pairs if a != b))
    if bound.hides or trust.hides:
        ours, theirs = "a secret name", "different"
    return (
        f'"{bound.resource}" would bind {ours}, but "{trust.resource}" makes that name {theirs} on '
        "the cluster, so the binding would match no user or group: pass that ClusterOidc to the "
        "bindings instead of an OidcConfig, or, if they are for another cluster, its cluster_id"
    )


def _subjects(bound: DeclaredPrefixes, oidc: OidcConfig) -> list[str]:
    users: Any = bound.users
    groups: Any = bound.groups
    return [
        *(subject_names.user(oidc, u) for u in users),
        *(subject_names.group(oidc, g) for g in groups),
    ]
