"""`python -m bench`: measures, and writes `docs/benchmarks.md` and its plot."""

from __future__ import annotations

import os
import platform
import signal
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click
import psutil

from bench import fleet_simulation, start_up
from bench.bare_programs import bare_rows
from bench.control_plane import control_plane, plugin_is_the_labs
from bench.fleet_simulation import Fleet
from bench.measured_stack import ROOT
from bench.operations import Load, Row, rows
from bench.page import PLOT, page, plot
from bench.results import Results, Sitting, load, save

_DOCS = ROOT / "docs"
_NOTES = Path(__file__).with_name("notes.md")
_RESULTS = "benchmarks.json"
_SMALL = 10
"""Up to so many clusters a command is short, so that the median of some rounds is taken."""
PARTS = ("clusters", "bare", "rbac", "settling", "distant", "start-up", "fleet")


@click.command()
@click.option(
    "--part",
    "parts",
    multiple=True,
    type=click.Choice(PARTS),
    help="What is measured; may be repeated. By default everything. What is not measured stays on the page.",
)
@click.option(
    "--clusters", default="1,10,50,200", show_default=True, help="How many, each in a sitting."
)
@click.option("--rounds", default=3, show_default=True, help="For up to ten clusters.")
@click.option(
    "--bound", default="1,10", show_default=True, help="Clusters with bindings and pipelines."
)
@click.option("--settling", default=200, show_default=True, help="Clusters that settle for 30 s.")
@click.option("--distant", default=200, show_default=True, help="Clusters 100 ms away.")
@click.option("--stacks", default=20, show_default=True, help="Of the fleet.")
@click.option("--per-stack", default=50, show_default=True, help="Clusters of each of them.")
@click.option("--output", type=click.Path(path_type=Path), default=_DOCS, help="The folder.")
def main(
    *,
    parts: tuple[str, ...],
    clusters: str,
    rounds: int,
    bound: str,
    settling: int,
    distant: int,
    stacks: int,
    per_stack: int,
    output: Path,
) -> None:
    """Measure, and write the page and its plot. Leave the machine alone meanwhile."""
    # A shell starts its background jobs with the signal ignored; then the engine waits 5 s for
    # each plugin.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    results = load(output / _RESULTS)
    results.machine = _machine()

    def by_count() -> Iterator[None]:
        results.rows = []
        for count in _counts(clusters):
            results.rows += _measured(Load(count), _rounds(count, rounds))
            yield

    def bare() -> Iterator[None]:
        with control_plane() as plane:
            results.bare = bare_rows(plane, rounds)
            yield

    def rbac() -> Iterator[None]:
        results.rbac, results.plugin_is_the_labs = [], plugin_is_the_labs()
        with control_plane() as plane:
            for count in _counts(bound):
                found = _measured(Load(count, plane=plane), _rounds(count, rounds))
                results.rbac += found
                yield

    def slow() -> Iterator[None]:
        results.settling = _measured(Load(settling, settle_seconds=30), 1)
        yield

    def far() -> Iterator[None]:
        only = frozenset({"first up", "refresh"})
        results.distant = _measured(Load(distant, latency_seconds=0.1, only=only), 1)
        yield

    def starts() -> Iterator[None]:
        results.imports, results.verbs = start_up.imports(), start_up.verbs()
        yield

    def simulated() -> Iterator[None]:
        fleet = Fleet(stacks=stacks, clusters_per_stack=per_stack)
        results.fleet, results.outcomes = fleet, []
        for outcome in fleet_simulation.outcomes(fleet):
            results.outcomes.append(outcome)
            yield

    measures = dict(zip(PARTS, (by_count, bare, rbac, slow, far, starts, simulated), strict=True))
    for name in parts or PARTS:
        results.sittings[name] = Sitting(datetime.now(UTC).date(), os.getloadavg()[0])
        for _ in measures[name]():
            _write(results, output)  # a sitting that is ended loses nothing


def _counts(text: str) -> list[int]:
    return [int(count) for count in text.split(",")]


def _rounds(count: int, most: int) -> int:
    return most if count <= _SMALL else 1


def _write(results: Results, folder: Path) -> None:
    save(results, folder / _RESULTS)
    text = page(results, _NOTES.read_text(encoding="utf-8"))
    (folder / "benchmarks.md").write_text(text, encoding="utf-8")
    (folder / PLOT).write_text(plot(results.rows), encoding="utf-8")


def _measured(load: Load, rounds: int) -> list[Row]:
    found = rows(load, rounds)
    for row in found:
        click.echo(f"{row.clusters} clusters, {row.name}: {row.seconds:.1f} s", err=True)
    return found


def _machine() -> str:
    version = subprocess.run(["pulumi", "version"], capture_output=True, text=True, check=True)
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{os.cpu_count()} processors ({platform.machine()}), {memory:.0f} GiB, "
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}, Pulumi "
        f"{version.stdout.strip()}"
    )


if __name__ == "__main__":
    main()
