"""Keeps access without a gap while an update changes the names under which RBAC knows people.

Before the block of a cluster is changed, its bindings get the new names as well. Then the update
changes the block, and after it the bindings: the old names go at once, or with `handover` later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import pulumi

from cks_components import cluster_oidc
from cks_components.api.concurrent_calls import called_for_each
from cks_components.api.errors import CksError, SettingsError
from cks_components.api.models import OidcConfig
from cks_components.engine.provider_call import connected, connected_to
from cks_components.engine.resource_names import cluster_name
from cks_components.engine.stack_state import stack_state
from cks_components.kubernetes import subject_names
from cks_components.kubernetes.address import Address
from cks_components.lifecycle.token_renewal import duration_in_words
from cks_components.role_bindings import subjects
from cks_components.stack import arguments
from cks_components.stack_file.moment import moment_text
from cks_components.stack_file.settings import StackSettings

T = TypeVar("T")

_OUTPUT = "handovers"
_TYPES = {
    f"kubernetes:{subject_names.RBAC_GROUP}/v1:{kind}": kind
    for kind in ("RoleBinding", "ClusterRoleBinding")
}
Subjects = list[dict[str, str]]
_Role = tuple[str, str, str | None]


@dataclass(frozen=True)
class Handover:
    """A change of the names on one cluster.

    Attributes:
        former: the block by which names were made before.
        until: when the former names go; None if they go with the change.
        is_now: whether this update makes the change.
    """

    former: OidcConfig
    until: datetime | None
    is_now: bool

    @property
    def kept(self) -> OidcConfig | None:
        """The block of names that stay bound as well."""
        return self.former if self.until else None


def handovers(settings: StackSettings, ids: Sequence[str], now: datetime) -> dict[str, Handover]:
    """The changes of names that this update makes, or that an earlier one has made; by cluster id."""
    given, found = settings.identity, dict[str, Handover]()
    for cluster_id in ids if given else ():
        former = _recorded_block(cluster_id)
        length = given.handover if given else None
        if former is not None and _prefixes(former) != _prefixes(settings.oidc):
            found[cluster_id] = Handover(former, now + length if length else None, is_now=True)
        elif length and (begun := _begun(cluster_id)) and begun.until and begun.until > now:
            found[cluster_id] = begun
    return found


def tell(keys: Mapping[str, str], changes: Mapping[str, Handover], now: datetime) -> None:
    """Say what happens to the bindings; `keys` are the clusters' names by id."""
    for cluster_id, change in changes.items():
        left = "" if change.until is None else duration_in_words(change.until - now)
        if change.is_now:
            after = f"{left} after it (handover)" if left else "after it"
            text = (
                "bindings get the new names of people and groups before the block is changed, and "
                f"lose the old ones {after}"
            )
        else:
            text = (
                "the names of before the change of the block stay bound for another "
                f'{left}; the first "pulumi up" after that removes them'
            )
        pulumi.info(f"cluster {keys[cluster_id]}: {text}")


def export(changes: Mapping[str, Handover]) -> None:
    """Record the handovers that have an end, so that later runs know it.

    A preview does not know when one ends that the update begins. If it said a time, a saved plan
    would refuse the time of the update.
    """
    is_open = any(change.until is not None and change.is_now for change in changes.values())
    if is_open and pulumi.runtime.is_dry_run():
        pulumi.export(
            _OUTPUT, pulumi.Output(_completed(set()), _completed(None), _completed(False))
        )
        return
    kept = {
        cluster_id: {
            "until": moment_text(change.until),
            "former": change.former.model_dump(exclude_none=True),
        }
        for cluster_id, change in changes.items()
        if change.until is not None
    }
    if kept:
        pulumi.export(_OUTPUT, kept)


async def _completed(value: T) -> T:
    return value


def bind_new_names(
    settings: StackSettings,
    ids: Sequence[str],
    servers: Sequence[Address],
    changes: Mapping[str, Handover],
) -> None:
    """Add the new names to the bindings on each cluster whose names this update changes.

    Nothing is added where the change of the block will be refused, because somebody else has
    changed it.

    Raises:
        SettingsError: a cluster cannot be asked or refuses it; no block was changed then.
    """

    def bind(index: int) -> None:
        wanted = _wanted(settings, index)
        bound = [(b, wanted[b.role]) for b in _bindings(ids[index]) if b.role in wanted]
        if not bound:
            return
        try:
            if _is_refused(settings, ids[index], changes[ids[index]].former):
                return
            with connected_to(servers[index]) as client:
                for binding, names in bound:
                    client.add_subjects(binding.namespace, binding.name, names)
        except CksError as error:
            message = (
                f"access to cluster {settings.clusters[index].key} would have a gap: {error}; its "
                "block was not changed"
            )
            raise SettingsError([message]) from error

    changing = [i for i, id_ in enumerate(ids) if id_ in changes and changes[id_].is_now]
    called_for_each(bind, changing)


def _is_refused(settings: StackSettings, cluster_id: str, recorded: OidcConfig) -> bool:
    """Whether the block's resource refuses the change, because the block has drifted."""
    if settings.identity is None or settings.identity.on_drift == "overwrite":
        return False
    with connected() as client:
        return client.get_cluster(cluster_id).oidc not in (recorded, settings.oidc)


@dataclass(frozen=True)
class _Bound:
    """A binding in the state: its name and place on the cluster, and its role."""

    namespace: str | None
    name: str
    role: _Role


def _bindings(cluster_id: str) -> Iterator[_Bound]:
    """The bindings of people on a cluster, by the state."""
    start = f"{cluster_name(cluster_id)}-rbac:"
    for urn, resource in stack_state().resources.items():
        kind = _TYPES.get(str(resource.get("type")))
        outputs = resource["outputs"]
        if kind and urn.rpartition("::")[2].startswith(start) and outputs.get("metadata"):
            metadata, role = outputs["metadata"], outputs["roleRef"]
            place = str(metadata["namespace"]) if kind == "RoleBinding" else None
            yield _Bound(place, str(metadata["name"]), (role["kind"], role["name"], place))


def _wanted(settings: StackSettings, cluster: int) -> dict[_Role, Subjects]:
    """The subjects of each role in each place, by the stack file."""
    found: dict[_Role, Subjects] = {}
    for binding in arguments.bindings(settings, cluster):
        ref = binding.settings.role_ref
        for place in (None,) if binding.namespaces is None else binding.namespaces:
            names = subjects(binding, settings.oidc)
            found.setdefault((ref.kind, ref.name, place), []).extend(names)
    return found


def _recorded_block(cluster_id: str) -> OidcConfig | None:
    owned = stack_state().owned(cluster_oidc.TYPE_TOKEN, cluster_id)
    return None if owned is None else OidcConfig.read(dict(owned))


def _begun(cluster_id: str) -> Handover | None:
    """A handover that an earlier update has recorded."""
    outputs = stack_state().outputs.get(_OUTPUT)
    entry: Any = outputs.get(cluster_id) if isinstance(outputs, Mapping) else None
    if not entry:
        return None
    until = datetime.fromisoformat(str(entry["until"]))
    return Handover(OidcConfig.read(dict(entry["former"])), until, is_now=False)


def _prefixes(oidc: OidcConfig) -> tuple[str, str]:
    return subject_names.username_prefix(oidc), subject_names.groups_prefix(oidc)
