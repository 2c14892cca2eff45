"""The clusters of a first stack file: those that were named, or that somebody is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from cks_components.api.client import Client
from cks_components.api.cluster_lookup import Selector, look_up
from cks_components.api.errors import CksError, SettingsError
from cks_components.api.models import Cluster
from cks_components.api.retry import PREVIEW_DEADLINE_SECONDS
from cks_components.cli.init_questions import asked
from cks_components.cli.progress_lines import tell
from cks_components.engine.provider_call import connected
from cks_components.stack_file.visible_text import visible

Entry = Mapping[str, str]
_QUESTION = "Clusters, by name or id, separated by commas"


@dataclass(frozen=True)
class ChosenClusters:
    """Clusters of a first stack file.

    Attributes:
        entries: of the stack file.
        with_block: the names of those that have an OIDC block already, as far as that is known.
    """

    entries: Sequence[Entry]
    with_block: Sequence[str] = ()


def choose(named: Sequence[str], check: Callable[[Sequence[Entry]], object]) -> ChosenClusters:
    """Look the named clusters up, or ask for some; a note says if they could not be looked up.

    Args:
        named: names and ids; empty to ask.
        check: raises `SettingsError` for entries that somebody is asked for again.

    Raises:
        SettingsError: a name is empty, matches several, or is not visible to the token.
    """
    wanted = [Selector.of(name) for name in named]

    def read(chosen: ChosenClusters) -> ChosenClusters:
        check(chosen.entries)
        return chosen

    try:
        with connected(tell) as client:
            listed = client.list_clusters(deadline_seconds=PREVIEW_DEADLINE_SECONDS)
            if not wanted:
                seen = f"{_QUESTION} (visible: {', '.join(_offered(listed))})"
                return asked(seen, lambda text: read(_chosen(_found(client, _split(text)), listed)))
            found = _found(client, wanted)
    except CksError as error:
        tell(f"note: the clusters were not looked up: {error}")
        if wanted:
            return _as_named(wanted)
        return asked(_QUESTION, lambda text: read(_as_named(_split(text))))
    return _chosen(found, listed)


def _split(answer: str) -> list[Selector]:
    return [Selector.of(name.strip()) for name in answer.rstrip(", ").split(",")]


def _found(client: Client, wanted: Sequence[Selector]) -> list[Cluster | str]:
    return look_up(client, wanted, deadline_seconds=PREVIEW_DEADLINE_SECONDS)


def _chosen(found: Sequence[Cluster | str], listed: Sequence[Cluster]) -> ChosenClusters:
    """The clusters as entries: by name, or by id where a name is not the only one."""
    problems = [f"cannot write a stack file: {text}" for text in found if isinstance(text, str)]
    if problems:
        raise SettingsError(problems)
    clusters = [cluster for cluster in found if isinstance(cluster, Cluster)]
    return ChosenClusters(
        [{"name": c.name} if _is_alone(c, listed) else {"id": c.id} for c in clusters],
        [c.name for c in clusters if not c.oidc.is_unset],
    )


def _as_named(wanted: Sequence[Selector]) -> ChosenClusters:
    return ChosenClusters([{"id": s.id} if s.id else {"name": s.name or ""} for s in wanted])


def _offered(listed: Sequence[Cluster]) -> list[str]:
    """What may be answered: names, and the id where two clusters have one name."""
    return [
        visible(c.name if _is_alone(c, listed) else f"{c.id} ({c.name}, {c.zone})") for c in listed
    ]


def _is_alone(cluster: Cluster, listed: Sequence[Cluster]) -> bool:
    return [c.name for c in listed].count(cluster.name) == 1
