"""The namespaces of pipelines: each is declared once for a cluster, and outlives its pipeline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import pulumi
from pulumi.runtime import settings

from cks_components import namespace_guard
from cks_components.api.errors import CksError
from cks_components.components.kubernetes_object import KubernetesObject
from cks_components.components.pipeline import Pipeline
from cks_components.components.place import Place
from cks_components.engine.arguments import ArgumentError, is_plain
from cks_components.engine.provider_call import connected_to
from cks_components.engine.resource_names import joined, urn_of
from cks_components.engine.stack_state import StackState, stack_state
from cks_components.kubernetes.labels import MANAGED_BY
from cks_components.namespace_guard import NamespaceGuard, NamespaceGuardArgs

COMPONENT = "cks:index:AutomationAccess"
"""The type of a pipeline's component; up to release 0.1.0, a namespace was its child."""
_FORMER = f"{COMPONENT}$kubernetes:core/v1:Namespace::"
_NAMESPACE = "kubernetes:core/v1:Namespace"
_SECONDS = 5.0


def declare(
    pipelines: Sequence[Pipeline], place: Place, opts: pulumi.ResourceOptions
) -> list[pulumi.Resource]:
    """Declare the namespaces that the pipelines of one cluster create; returns the resources.

    A created namespace stays declared as long as any pipeline lives or works in it. After that it
    is no longer declared, and a message says so: it is kept on the cluster, or deleted if the
    previous update recorded that wish. A namespace that already exists and was not created by this
    stack is used as it is. If the cluster is not known yet, none can be created.
    """
    if not is_plain([place.cluster_id, place.endpoint]):
        return []
    state = stack_state()
    recorded = {
        str(guard["namespace"]): bool(guard["deletes"])
        for guard in state.all_owned(namespace_guard.TYPE_TOKEN, str(place.cluster_id))
    }
    # An update that stopped after creating a namespace may have recorded no guard for it.
    ends = {urn.rpartition("$")[2] for urn in state.resources}
    wanted = []
    for namespace in dict.fromkeys(name for p in pipelines for name in (p.namespace, *_work(p))):
        former = former_names(namespace, place, pipelines)
        own = [p for p in pipelines if p.namespace == namespace]
        was_created = (
            namespace in recorded
            or _urn_end(place, namespace) in ends
            or any(f in former for f, _ in _former(state))
        )
        is_requested = any(p.creates_namespace for p in own)
        if was_created or (is_requested and not _is_there(namespace, place)):
            claim(namespace, place, place.cluster)
            wanted.append((namespace, former, any(p.deletes_namespace for p in own)))
    for namespace, deletes in recorded.items():
        if namespace not in [name for name, _, _ in wanted]:
            pulumi.info(f"cluster {place.said}: {_after_removal(namespace, deletes=deletes)}")
    return [
        resource
        for namespace, former, deletes in wanted
        for resource in guarded(
            joined(place.cluster, namespace),
            namespace,
            place,
            pulumi.ResourceOptions.merge(opts, _aliases(former, opts)),
            deletes=deletes,
        )
    ]


def is_made_here(namespace: str, place: Place) -> bool:
    """Whether a pipeline outside `ClusterAccess` creates a namespace, or created it earlier.

    Any namespace in the state counts: the engine would delete it if it were no longer declared.
    """
    declared = [r["outputs"].get("metadata") for r in stack_state().of_type(_NAMESPACE)]
    names = [metadata.get("name") for metadata in declared if metadata]
    return namespace in names or not _is_there(namespace, place)


def claim(namespace: str, place: Place, name: str) -> None:
    """Note which component of this program makes a namespace.

    Raises:
        ArgumentError: another component makes it as well, and the second would fail in the update.
    """
    key = (str(place.cluster_id).lower(), namespace)
    first = _makers(settings.get_monitor()).setdefault(key, name)
    if first != name:
        raise ArgumentError(
            [
                f'{name}: makes the namespace "{namespace}" on cluster {place.said}, which {first} '
                "makes as well; leave creates_namespace out of one of the two, and let it depend "
                "on the other"
            ]
        )


@lru_cache(maxsize=1)
def _makers(_monitor: object) -> dict[tuple[str, str], str]:
    """The component that makes each namespace of each cluster, for one run of a program."""
    return {}


def guarded(
    name: str, namespace: str, place: Place, opts: pulumi.ResourceOptions, *, deletes: bool
) -> list[pulumi.Resource]:
    """Declare one namespace and its guard, which is removed after everything that depends on it.

    Args:
        name: of both resources.
        namespace: its name on the cluster.
        place: the cluster.
        opts: of both.
        deletes: whether the guard deletes it when it is no longer declared; False keeps it.
    """
    # Others may have put something into the namespace, so only the guard may delete it.
    stays = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(retain_on_delete=True))
    metadata = {"name": namespace, "labels": MANAGED_BY}
    made = KubernetesObject("Namespace", name, metadata, stays)
    args = NamespaceGuardArgs(
        **place.managed,
        cluster_id=place.cluster_id,
        namespace=namespace,
        deletes=deletes,
        label=place.said,
    )
    after = pulumi.ResourceOptions(parent=opts.parent, depends_on=[made])
    return [made, NamespaceGuard(name, args, after)]


def former_names(namespace: str, place: Place, pipelines: Sequence[Pipeline]) -> list[str]:
    """The names that a namespace's resource may have in states of 0.1.0; they never change."""
    return [
        f"{cluster}-{p.name}-namespace"
        for cluster in (place.cluster, *place.former)
        for p in pipelines
        if p.namespace == namespace
    ]


def unclaimed(claimed: Sequence[str]) -> list[str]:
    """The namespaces in the state that the engine would delete with everything in them.

    Release 0.1.0 did not record that they are kept, so they have to be declared once more.

    Args:
        claimed: the former names of the declared namespaces.
    """
    return [namespace for name, namespace in _former(stack_state()) if name not in claimed]


def _former(state: StackState) -> Iterator[tuple[str, str]]:
    """Resource name and name of each namespace in the state that release 0.1.0 created."""
    for urn, resource in state.resources.items():
        before, is_former, name = urn.partition(_FORMER)
        if is_former and "ClusterAccess" in before:
            metadata: Mapping[str, Any] = resource["outputs"].get("metadata") or {}
            yield name, str(metadata.get("name", ""))


def _urn_end(place: Place, namespace: str) -> str:
    return f"{_NAMESPACE}::{joined(place.cluster, namespace)}"


def _aliases(former: Sequence[str], opts: pulumi.ResourceOptions) -> pulumi.ResourceOptions:
    urn = urn_of(COMPONENT, "any", opts)  # only its types are used
    return pulumi.ResourceOptions(aliases=[pulumi.Alias(name=name, parent=urn) for name in former])


def _is_there(namespace: str, place: Place) -> bool:
    """Whether the namespace already exists; a preview that cannot connect assumes that it does not."""
    try:
        with connected_to(place.reached.managed) as client:
            is_there = namespace in client.namespaces(deadline_seconds=_SECONDS)
    except CksError:
        if not pulumi.runtime.is_dry_run():
            raise
        return False
    if is_there:
        pulumi.info(
            f'cluster {place.said}: namespace "{namespace}" already exists and was not created '
            "by this stack; it is used as it is and never deleted"
        )
    return is_there


def _work(pipeline: Pipeline) -> Sequence[str]:
    return pipeline.namespaces or ()


def _after_removal(namespace: str, *, deletes: bool) -> str:
    if deletes:
        return f'namespace "{namespace}" is deleted if it is empty; if not, the delete is refused'
    return namespace_guard.stays(namespace)
