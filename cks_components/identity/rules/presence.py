"""What a stack file names in a cluster that the cluster does not have: silent, or half an update.

A binding to a role that does not exist is accepted and grants nothing; one in a namespace that does
not exist fails after everything before it was written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from cks_components.identity.rules.bound import Binding
from cks_components.identity.rules.pipelines import Pipeline
from cks_components.identity.rules.rule import ERROR, Broken, Rule


@dataclass(frozen=True, kw_only=True)
class Needed:
    """What one entry of bindings or of automation needs; plain values, so that it can travel.

    Attributes:
        path: the entry's place in the stack file.
        home: the namespace of a pipeline's service account; empty for people.
        makes_home: whether the stack makes that namespace.
    """

    path: str
    cluster_role: str
    namespaces: Sequence[str] = ()
    home: str = ""
    makes_home: bool = False


def needed(path: str, entry: Binding | Pipeline) -> Needed:
    """Say what an entry needs."""
    home, makes_home = "", False
    if isinstance(entry, Pipeline):
        home, makes_home = entry.namespace, entry.creates_namespace
    return Needed(
        path=path,
        cluster_role=entry.cluster_role,
        namespaces=tuple(entry.namespaces or ()),
        home=home,
        makes_home=makes_home,
    )


@dataclass(frozen=True, kw_only=True)
class Placed:
    """An entry, and the names in the cluster where it shall be.

    Attributes:
        cluster: the cluster's name in messages.
        namespaces: those of the cluster, and those that the stack makes there.
    """

    needed: Needed
    cluster: str
    namespaces: Sequence[str]
    cluster_roles: Sequence[str]


def nearest(given: str, known: Sequence[str]) -> str:
    """The known name that a given one most resembles, as the rest of a sentence; or nothing."""
    found = get_close_matches(given, known, n=1)
    return f' (the nearest is "{found[0]}")' if found else ""


def _home(placed: Placed) -> Iterator[Broken]:
    home = placed.needed.home
    if home not in placed.namespaces:
        yield Broken(
            "namespace",
            f"{_no_namespace(placed, home)}; correct the name, or write createNamespace: true",
        )
    yield from _namespaces(placed)


def _namespaces(placed: Placed) -> Iterator[Broken]:
    for index, name in enumerate(placed.needed.namespaces):
        if name not in placed.namespaces:
            yield Broken(
                f"namespaces[{index}]",
                f"{_no_namespace(placed, name)}; correct the name, or make the namespace first",
            )


def _no_namespace(placed: Placed, name: str) -> str:
    return (
        f'on cluster {placed.cluster} there is no namespace "{name}"'
        f"{nearest(name, placed.namespaces)}"
    )


def _role(placed: Placed) -> Iterator[Broken]:
    role = placed.needed.cluster_role
    if role not in placed.cluster_roles:
        yield Broken(
            "clusterRole",
            f'on cluster {placed.cluster} there is no ClusterRole "{role}"'
            f"{nearest(role, placed.cluster_roles)}, so this would grant nothing; correct the "
            "name, or make the role first",
        )


PIPELINE_RULES: tuple[Rule[Placed], ...] = (
    Rule("PIPE-03", "the namespaces of a pipeline are there, or made when told", ERROR, _home),
    Rule("PIPE-04", "the ClusterRole of a pipeline is there", ERROR, _role),
)
BINDING_RULES: tuple[Rule[Placed], ...] = (
    Rule("RBAC-08", "the namespaces of a binding are there", ERROR, _namespaces),
    Rule("RBAC-09", "the ClusterRole of a binding is there", ERROR, _role),
)
RULES = (*PIPELINE_RULES, *BINDING_RULES)
