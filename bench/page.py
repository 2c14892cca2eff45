"""The page of `docs/` that shows what was measured."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from multiprocessing import get_context

from bench.fleet_simulation import Fleet, Outcome
from bench.operations import Load, Row
from bench.start_up import StartUp

PLOT = "benchmarks.svg"
_PLOTTED = ("preview, no change", "up, no change", "up, one leaf", "refresh", "destroy")


@dataclass
class Results:
    """Everything that was measured in one sitting, as far as it has come.

    Attributes:
        rounds: how often each number of clusters was measured.
        rows: clusters that settle in a second, by their number.
        settling: the load whose clusters take long to settle, and its rows.
        distant: the load whose API is distant, and its rows.
    """

    day: date
    machine: str
    rounds: dict[int, int]
    notes: str
    rows: list[Row] = field(default_factory=list)
    imports: Sequence[StartUp] = ()
    verbs: Sequence[StartUp] = ()
    settling: tuple[Load, Sequence[Row]] | None = None
    distant: tuple[Load, Sequence[Row]] | None = None
    fleet: tuple[Fleet, Sequence[Outcome]] | None = None


def page(results: Results) -> str:
    """The page in Markdown."""
    return "\n".join([*_introduction(results), *_sections(results)]).rstrip() + "\n"


def _introduction(results: Results) -> Iterable[str]:
    yield f"""# Benchmarks

<!-- Written by `make bench`; the notes are in `bench/notes.md`. -->

What the commands of Pulumi take with this program before an emulated CKS API on the same machine, measured on {results.day.isoformat()}.
Seconds depend on the machine and on what else it does; so the ratios compare each command with the same command of an empty Pulumi program, measured beside it, and processor seconds stand beside the time.
Requests do not depend on the machine: tests hold them (`tests/engine/test_fleet.py`, `tests/unit/lifecycle/test_waiting_together.py`).

{results.machine}

{results.notes.strip()}

![Seconds of each command by the number of clusters]({PLOT})
"""


def _sections(results: Results) -> Iterable[str]:
    yield "## By the number of clusters\n"
    rounds = ", ".join(f"{count}: {n}" for count, n in results.rounds.items())
    yield f"Clusters are pinned and settle in 1 s; medians of rounds ({rounds}).\n"
    yield from _table(results.rows)
    yield from _per_cluster(results.rows)
    if results.settling:
        load, rows = results.settling
        yield f"## {load.clusters} clusters that each settle for {load.settle_seconds:.0f} s\n"
        yield from _table(rows)
    if results.distant:
        load, rows = results.distant
        milliseconds = 1000 * load.latency_seconds
        yield f"## {load.clusters} clusters, and an API that takes {milliseconds:.0f} ms for each call\n"
        yield from _table(rows)
    yield "## Before anything is done\n"
    yield "Processor time of imports, the start of Python included, and of `--help` of each verb.\n"
    yield "| what | ms |\n|---|---|"
    yield from (
        f"| import: {each.name} | {each.cpu_milliseconds:.0f} |" for each in results.imports
    )
    yield from (f"| `cks-access {v.name}` | {v.cpu_milliseconds:.0f} |" for v in results.verbs)
    yield ""
    if results.fleet:
        yield from _fleet(*results.fleet)


def _table(rows: Iterable[Row]) -> Iterable[str]:
    yield (
        "| clusters | command | seconds | to empty | CPU seconds | to empty | peak MiB | GET | lists "
        "| PATCH | seen after its end (s) |"
    )
    yield "|---|---|---|---|---|---|---|---|---|---|---|"
    for row in rows:
        cells = [
            str(row.clusters),
            row.name,
            f"{row.seconds:.1f}",
            _optional(row.ratio),
            f"{row.cpu_seconds:.1f}",
            _optional(row.cpu_ratio),
            f"{row.peak_mebibytes:.0f}",
            f"{row.gets:.0f}",
            f"{row.lists:.0f}",
            f"{row.patches:.0f}",
            _optional(row.lag),
        ]
        yield f"| {' | '.join(cells)} |"
    yield ""


def _per_cluster(rows: Sequence[Row]) -> Iterable[str]:
    """What each further cluster costs in a preview without a change."""
    shown = [row for row in rows if row.name == "preview, no change"]
    if len(shown) < 2:
        return
    first, last = shown[0], shown[-1]
    more = last.clusters - first.clusters
    cpu = 1000 * (last.cpu_seconds - first.cpu_seconds) / more
    yield (
        f"A further cluster costs a preview without a change {cpu:.0f} ms of processor time (from "
        f"{first.clusters} to {last.clusters} clusters).\n"
    )


def _fleet(fleet: Fleet, outcomes: Iterable[Outcome]) -> Iterable[str]:
    total = fleet.stacks * fleet.clusters_per_stack
    yield f"## A fleet of {total} clusters in {fleet.stacks} stacks, {fleet.at_once} at once\n"
    yield (
        f"Each cluster settles for {fleet.settle_seconds:.0f} s. The API takes "
        f"{1000 * fleet.latency_seconds:.0f} ms for each call and {fleet.requests_per_second:.0f} "
        f"requests a second ({fleet.burst:.0f} at once); others get a 429 with "
        f"`Retry-After: {fleet.retry_after_seconds}`.\n"
    )
    yield (
        "| command | seconds | requests | of them 429 | longest for one cluster (s) "
        "| commands that failed | clusters lost or sent twice |"
    )
    yield "|---|---|---|---|---|---|---|"
    for outcome in outcomes:
        yield (
            f"| {outcome.name} | {outcome.seconds:.0f} | {outcome.requests.total()} "
            f"| {outcome.requests[429]} | {outcome.longest_wait:.0f} | {len(outcome.failed)} "
            f"| {len(outcome.wrong)} |"
        )
    yield ""


def _optional(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def plot(rows: Sequence[Row]) -> str:
    """Seconds of each command by the number of clusters, as SVG."""
    # pygal changes how its process finds modules and installed packages, so it gets one of its own.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as processes:
        return processes.submit(_drawn, rows).result()


def _drawn(rows: Sequence[Row]) -> str:
    import pygal  # type: ignore[import-untyped] # pygal has no types

    chart = pygal.XY(
        title="Seconds by number of clusters that settle in 1 s",
        x_title="clusters",
        y_title="seconds",
        js=(),
        legend_at_bottom=True,
        width=900,
        height=480,
        explicit_size=True,
    )
    for name in _PLOTTED:
        chart.add(name, [(row.clusters, round(row.seconds, 2)) for row in rows if row.name == name])
    # pygal always writes a script, which no browser runs in an image.
    return re.sub(r"<script.*?</script>", "", chart.render(is_unicode=True), flags=re.DOTALL) + "\n"
