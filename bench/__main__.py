"""`python -m bench`: measures, and writes `docs/benchmarks.md` and its plot."""

from __future__ import annotations

import os
import platform
import signal
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import click
import psutil

from bench import fleet_simulation, start_up
from bench.fleet_simulation import Fleet
from bench.measured_stack import ROOT
from bench.operations import Load, Row, rows
from bench.page import PLOT, Results, page, plot

_DOCS = ROOT / "docs"
_NOTES = Path(__file__).with_name("notes.md")
_SMALL = 10
"""Up to so many clusters a command is short, so that the median of some rounds is taken."""


@click.command()
@click.option(
    "--clusters", default="1,10,50,200", show_default=True, help="How many, each in a sitting."
)
@click.option(
    "--rounds", "most_rounds", default=3, show_default=True, help="For up to ten clusters."
)
@click.option(
    "--settling", default=200, show_default=True, help="Clusters that settle for 30 s; 0: none."
)
@click.option(
    "--distant", default=200, show_default=True, help="Clusters 100 ms away; 0: not measured."
)
@click.option("--stacks", default=20, show_default=True, help="Of the fleet; 0: no fleet.")
@click.option("--per-stack", default=50, show_default=True, help="Clusters of each of them.")
@click.option("--output", type=click.Path(path_type=Path), default=_DOCS, help="The folder.")
def main(
    *,
    clusters: str,
    most_rounds: int,
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
    counts = [int(count) for count in clusters.split(",")]
    rounds = {count: most_rounds if count <= _SMALL else 1 for count in counts}
    results = Results(
        day=datetime.now(UTC).date(),
        machine=_machine(),
        rounds=rounds,
        notes=_NOTES.read_text(encoding="utf-8"),
    )
    for count in counts:
        results.rows += _measured(Load(count), rounds[count])
        _write(results, output)
    if settling:
        slow = Load(settling, settle_seconds=30)
        results.settling = slow, _measured(slow, 1)
        _write(results, output)
    if distant:
        far = Load(distant, latency_seconds=0.1)
        results.distant = far, _measured(far, 1)
        _write(results, output)
    results.imports, results.verbs = start_up.imports(), start_up.verbs()
    _write(results, output)
    if stacks:
        fleet = Fleet(stacks=stacks, clusters_per_stack=per_stack)
        results.fleet = fleet, fleet_simulation.outcomes(fleet)
        _write(results, output)


def _write(results: Results, folder: Path) -> None:
    """Write what is known so far: a sitting that is ended loses nothing."""
    (folder / "benchmarks.md").write_text(page(results), encoding="utf-8")
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
        f"The machine: {os.cpu_count()} processors ({platform.machine()}), {memory:.0f} GiB, "
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}, Pulumi "
        f"{version.stdout.strip()}; {os.getloadavg()[0]:.1f} other processes wanted to run when it began (the "
        "load average), and the emulated API runs on the same processors."
    )


if __name__ == "__main__":
    main()
