"""What a stack file names in a cluster that the cluster does not have: silent, or half an update.

A binding to a role that does not exist is accepted and grants nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from cks_components.identity.rules.pipelines import Pipeline
from cks_components.identity.rules.rule import ERROR, Broken, Rule


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A pipeline, and the names in the cluster where it shall be.

    Attributes:
        namespaces: those of the cluster, and those that the stack makes there.
    """

    pipeline: Pipeline
    namespaces: Sequence[str]
    cluster_roles: Sequence[str]


def nearest(given: str, known: Sequence[str]) -> str:
    """The known name that a given one most resembles, as the rest of a sentence; or nothing."""
    found = get_close_matches(given, known, n=1)
    return f' (the nearest is "{found[0]}")' if found else ""


def _namespaces(placed: Placed) -> Iterator[Broken]:
    home = placed.pipeline.namespace
    if home not in placed.namespaces:
        yield Broken(
            "namespace",
            f'there is no namespace "{home}"{nearest(home, placed.namespaces)}; correct the name, '
            "or write createNamespace: true",
        )
    for index, name in enumerate(placed.pipeline.namespaces or ()):
        if name not in placed.namespaces:
            yield Broken(
                f"namespaces[{index}]",
                f'there is no namespace "{name}"{nearest(name, placed.namespaces)}; correct the '
                "name, or make the namespace first",
            )


def _role(placed: Placed) -> Iterator[Broken]:
    role = placed.pipeline.cluster_role
    if role not in placed.cluster_roles:
        yield Broken(
            "clusterRole",
            f'there is no ClusterRole "{role}"{nearest(role, placed.cluster_roles)}, so this would '
            "grant nothing; correct the name, or make the role first",
        )


RULES: tuple[Rule[Placed], ...] = (
    Rule(
        "PIPE-03", "the namespaces of a pipeline are there, or made when told", ERROR, _namespaces
    ),
    Rule("PIPE-04", "the ClusterRole of a pipeline is there", ERROR, _role),
)
