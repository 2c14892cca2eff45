"""Rules for namespaces and roles that a stack file names but the cluster does not have.

A binding to a role that does not exist is accepted and grants nothing. A binding in a namespace
that does not exist fails in the middle of the update, after other objects were written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cks_components.kubernetes.nearest_name import nearest
from cks_components.rules.rule import ERROR, Rule, Violation
from cks_components.stack_file.pipeline import PipelineSettings
from cks_components.stack_file.settings import BindingSettings

Entry = BindingSettings | PipelineSettings
"""An entry of a stack file that names a role, and namespaces, on a cluster."""


@dataclass(frozen=True, kw_only=True)
class JudgedEntry:
    """An entry, and the names that exist on its cluster.

    Attributes:
        cluster: the cluster's name in messages.
        namespaces: the namespaces on the cluster and those that the stack creates there, and
            whether each is being deleted.
    """

    entry: Entry
    cluster: str
    namespaces: Mapping[str, bool]
    cluster_roles: Sequence[str]


def _pipeline_namespaces(judged: JudgedEntry) -> Iterator[Violation]:
    entry = judged.entry
    if isinstance(entry, PipelineSettings):
        if entry.namespace not in judged.namespaces:
            yield Violation(
                "namespace",
                f"{_no_namespace(judged, entry.namespace)}; correct the name, or write "
                "createNamespace: true",
            )
        elif judged.namespaces[entry.namespace]:
            yield Violation("namespace", _is_terminating(judged, entry.namespace))
    yield from _namespaces(judged)


def _namespaces(judged: JudgedEntry) -> Iterator[Violation]:
    for index, name in enumerate(judged.entry.namespaces or ()):
        if name not in judged.namespaces:
            yield Violation(
                f"namespaces[{index}]",
                f"{_no_namespace(judged, name)}; correct the name, or create the namespace first",
            )
        elif judged.namespaces[name]:
            yield Violation(f"namespaces[{index}]", _is_terminating(judged, name))


def _no_namespace(judged: JudgedEntry, name: str) -> str:
    return f'cluster {judged.cluster} has no namespace "{name}"{nearest(name, judged.namespaces)}'


def _is_terminating(judged: JudgedEntry, name: str) -> str:
    return (
        f'namespace "{name}" of cluster {judged.cluster} is being deleted, and Kubernetes refuses '
        "new objects in it; wait until it is gone, create it again if others make it, and run "
        '"pulumi up" again'
    )


def _role(judged: JudgedEntry) -> Iterator[Violation]:
    role = judged.entry.cluster_role
    if role not in judged.cluster_roles:
        yield Violation(
            "clusterRole",
            f"cluster {judged.cluster} has no ClusterRole "
            f'"{role}"{nearest(role, judged.cluster_roles)}, so this would grant nothing; correct '
            "the name, or create the role first",
        )


PIPELINE_RULES: tuple[Rule[JudgedEntry], ...] = (
    Rule(
        "PIPE-03",
        "the namespaces of a pipeline exist and are not being deleted, or `createNamespace` creates them",
        ERROR,
        _pipeline_namespaces,
    ),
    Rule("PIPE-04", "the ClusterRole of a pipeline exists", ERROR, _role),
)
BINDING_RULES: tuple[Rule[JudgedEntry], ...] = (
    Rule(
        "RBAC-08", "the namespaces of a binding exist and are not being deleted", ERROR, _namespaces
    ),
    Rule("RBAC-09", "the ClusterRole of a binding exists", ERROR, _role),
)
RULES = (*PIPELINE_RULES, *BINDING_RULES)
