"""`cks-access status`: follows clusters until they have settled."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from functools import partial
from typing import Any

import click

from cks_components.api.client import Client
from cks_components.api.clock import Clock
from cks_components.api.cluster_lookup import Selector, find_clusters, none_visible
from cks_components.api.errors import SettingsError
from cks_components.api.models import Cluster
from cks_components.api.retry import PREVIEW_DEADLINE_SECONDS
from cks_components.cli.exit_code import FINE, FOUND
from cks_components.cli.parameters import Duration, resolve_option, stack_names
from cks_components.cli.progress_lines import ProgressLines
from cks_components.engine.provider_call import connected
from cks_components.kubernetes.nearest_name import nearest
from cks_components.lifecycle.policies import DEFAULT_TIMEOUT_SECONDS
from cks_components.lifecycle.settling import has_failed, settled_clusters
from cks_components.lifecycle.waiting import RUNNING, advice
from cks_components.project import engine_config
from cks_components.stack_file.selectors import selectors
from cks_components.stack_file.settings import StackSettings
from cks_components.stack_file.visible_text import visible

_REMINDER_SECONDS = 60.0
"""How often a log, which has no row that changes, hears that the command still waits."""
_STEP_SECONDS = 1.0
_LOOK_SECONDS = 5.0
"""How long a single look may take; not so long that it reports what it is trying."""


@click.command(
    help="Without a CLUSTER, every cluster is followed that the token can see. Progress goes to "
    "stderr, and the state in the end to stdout.\n\nThe exit code is 0 if every cluster is "
    "RUNNING, and 2 if one has failed, is being deleted or has not settled in time.",
    epilog="Example: cks-access status train-east --timeout 5m",
)
@click.argument("named", metavar="[CLUSTER]...", nargs=-1, help="A cluster's name or id.")
@click.option(
    "--stack",
    shell_complete=stack_names,
    help="Follow the clusters of this stack file (or its path); CLUSTER is then a name in it.",
)
@click.option(
    "--timeout",
    "timeout_seconds",
    type=Duration(),
    default=DEFAULT_TIMEOUT_SECONDS,
    show_default="20m",
    help="How long it may take in all; 0s looks once.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the state in the end as JSON.")
@resolve_option
def verb(
    *,
    named: tuple[str, ...],
    stack: str | None,
    timeout_seconds: float,
    as_json: bool,
    is_resolved: bool,
) -> int:
    """Follow clusters, and print in which state they are in the end.

    Raises:
        CksError: a cluster is not found or gone, or the API refused or did not answer.
    """
    if is_resolved and stack is None:
        message = "--resolve is for the clusters of a stack file; name it with --stack"
        raise click.UsageError(message, click.get_current_context())
    wanted = None if stack is None else _in_stack(stack, named, is_resolved=is_resolved)
    progress = ProgressLines(sys.stderr)
    with connected(progress.line) as client:
        end = client.clock.now() + timeout_seconds
        found = _found(client, named, wanted, timeout_seconds or _LOOK_SECONDS)
        watch = _Watch(progress, client.clock)
        try:
            with client.clock.every(_STEP_SECONDS, watch.show):
                left = max(0.0, end - client.clock.now())
                found = settled_clusters(client, found, timeout_seconds=left, seen=watch.seen)
        finally:
            progress.end()
    data = _data(found, watch.waited)
    print(json.dumps(data, indent=2) if as_json else "\n".join(map(_state, found)))
    for cluster in found:
        if cluster.status != RUNNING:
            print(_what_to_do(cluster, watch.waited), file=sys.stderr)
    return FINE if data["settled"] else FOUND


def _found(
    client: Client,
    named: Sequence[str],
    of_stack: Sequence[Selector] | None,
    timeout_seconds: float,
) -> Sequence[Cluster]:
    seconds = min(PREVIEW_DEADLINE_SECONDS, timeout_seconds)
    if of_stack is None and not named:
        found: Sequence[Cluster] = client.list_clusters(deadline_seconds=seconds)
        if not found:
            raise SettingsError([none_visible(client)])
        return found
    wanted = [Selector.of(text) for text in named] if of_stack is None else of_stack
    return find_clusters(client, wanted, deadline_seconds=seconds)


def _in_stack(stack: str, named: Sequence[str], *, is_resolved: bool) -> list[Selector]:
    file = engine_config.find(stack, is_resolved=is_resolved)
    return engine_config.used(file, partial(_chosen, named))


def _chosen(named: Sequence[str], settings: StackSettings) -> list[Selector]:
    by_key = dict(zip([c.key for c in settings.clusters], selectors(settings), strict=True))
    unknown = [
        f'the stack file has no cluster "{key}"{nearest(key, by_key)}; it has {", ".join(by_key)}'
        for key in named
        if key not in by_key
    ]
    if unknown:
        raise SettingsError(unknown)
    return [selector for key, selector in by_key.items() if not named or key in named]


class _Watch:
    """What people are told while they wait: each change of a status, and how long it takes."""

    def __init__(self, progress: ProgressLines, clock: Clock) -> None:
        self._progress = progress
        self._clock = clock
        self._began = clock.now()
        self._told: dict[str, str] = {}
        self._told_at = 0.0
        self._row = ""
        self.waited = 0.0

    def seen(self, clusters: Sequence[Cluster], waited: float) -> None:
        """Tell what has changed since the last read."""
        self.waited = waited
        for cluster in clusters:
            before = self._told.get(cluster.id, RUNNING)
            self._told[cluster.id] = cluster.status
            if cluster.status != before:
                self._line(f"cluster {cluster.label} is {cluster.status}")
        changing = [c for c in clusters if c.status != RUNNING and not has_failed(c)]
        names = ", ".join(f"{c.name or c.id} is {c.status}" for c in changing)
        self._row = visible(f"waiting: {names}" if names else "reading the clusters once more")
        if waited - self._told_at >= _REMINDER_SECONDS and not self._progress.has_row:
            self._line(self._row)
        self.show()

    def show(self) -> None:
        """Show how long it takes already."""
        self._progress.row(f"{self._clock.now() - self._began:.0f} s: {self._row}")

    def _line(self, text: str) -> None:
        self._told_at = self.waited
        self._progress.line(f"{self.waited:.0f} s: {visible(text)}")


def _state(cluster: Cluster) -> str:
    return visible(f"cluster {cluster.label} is {cluster.status}")


def _what_to_do(cluster: Cluster, waited: float) -> str:
    if has_failed(cluster):
        return f"{_state(cluster)}, and {advice(cluster.status)}"
    return (
        f"{_state(cluster)} after {waited:.0f} s, so it may still be changing; run the command "
        "again to go on waiting, or look at the cluster in the console"
    )


def _data(clusters: Sequence[Cluster], waited: float) -> dict[str, Any]:
    return {
        "settled": all(cluster.status == RUNNING for cluster in clusters),
        "waitedSeconds": round(waited, 1),
        "clusters": [{"id": c.id, "name": c.name, "status": c.status} for c in clusters],
    }
