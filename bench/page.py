"""The page of `docs/` that shows what was measured."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from bench.bare_programs import BareRow
from bench.fleet_simulation import Fleet
from bench.operations import Row
from bench.results import Results

PLOT = "benchmarks.svg"
_PLUGIN = "The Kubernetes plugin is the lab's, a process of Python that starts slower than the official one. "
_PLOTTED = ("preview, no change", "up, no change", "up, one leaf", "refresh", "destroy")


def page(results: Results, notes: str) -> str:
    """The page in Markdown; a part that was not measured is not on it."""
    return "\n".join([*_introduction(results, notes), *_sections(results)]).rstrip() + "\n"


def _introduction(results: Results, notes: str) -> Iterable[str]:
    yield f"""# Benchmarks

<!-- Written by `make bench`; the notes are in `bench/notes.md`. -->

What the commands of Pulumi take with this program before an emulated CKS API on the same machine.
Seconds depend on the machine and on what else it does; so the ratios compare each command with the same command of an empty Pulumi program, measured beside it, and processor seconds stand beside the time.
Requests do not depend on the machine: tests hold them (`tests/engine/test_fleet.py`, `tests/unit/lifecycle/test_waiting_together.py`).

The machine: {results.machine}; the emulated API runs on the same processors.

{notes.strip()}

![Seconds of each command by the number of clusters]({PLOT})
"""


def _sections(results: Results) -> Iterable[str]:
    if results.rows:
        yield "## By the number of clusters\n"
        yield f"Clusters are pinned and settle in 1 s. {_sitting(results, 'clusters')}\n"
        yield from _table(results.rows)
        yield from _per_cluster(results.rows)
    if results.bare:
        yield "## Programs with nothing of this project\n"
        yield f"What no program below Pulumi's Python SDK can do without. {_sitting(results, 'bare')}\n"
        yield from _bare(results.bare)
    if results.rbac:
        yield "## With bindings and pipelines\n"
        yield (
            "Each cluster has OIDC, five ClusterRoleBindings, a pipeline and kubeconfigs, on a real "
            f"kube-apiserver. {_PLUGIN if results.plugin_is_the_labs else ''}"
            f"{_sitting(results, 'rbac')}\n"
        )
        yield from _table(results.rbac)
    if results.settling:
        count = results.settling[0].clusters
        yield f"## {count} clusters that each settle for 30 s\n"
        yield f"{_sitting(results, 'settling')}\n"
        yield from _table(results.settling)
    if results.distant:
        count = results.distant[0].clusters
        yield f"## {count} clusters, and an API that takes 100 ms for each call\n"
        yield f"{_sitting(results, 'distant')}\n"
        yield from _table(results.distant)
    if results.imports:
        yield "## Before anything is done\n"
        yield (
            "Processor time of imports, the start of Python included, and of `--help` of each "
            f"verb: the least of a few. {_sitting(results, 'start-up')}\n"
        )
        yield "| what | ms |\n|---|---|"
        imports = (("import: " + each.name, each) for each in results.imports)
        verbs = ((f"`cks-access {each.name}`", each) for each in results.verbs)
        yield from (f"| {n} | {each.cpu_milliseconds:.0f} |" for n, each in (*imports, *verbs))
        yield ""
    if results.fleet:
        yield from _fleet(results.fleet, results)


def _sitting(results: Results, part: str) -> str:
    """When a part was measured, and how busy the machine was."""
    sitting = results.sittings[part]
    return (
        f"Measured on {sitting.day.isoformat()}; {sitting.others:.1f} other processes wanted to run "
        "as it began (the load average)."
    )


def _bare(rows: Iterable[BareRow]) -> Iterable[str]:
    yield "| program | preview, no change (s) | to empty | CPU seconds | up, no change (s) | to empty |"
    yield "|---|---|---|---|---|---|"
    for row in rows:
        yield (
            f"| {row.name} | {row.preview_seconds:.1f} | {row.preview_ratio:.2f} "
            f"| {row.preview_cpu_seconds:.1f} | {row.up_seconds:.1f} | {row.up_ratio:.2f} |"
        )
    yield ""


def _table(rows: Iterable[Row]) -> Iterable[str]:
    yield (
        "| clusters | command | seconds | to empty | CPU seconds | to empty | peak MiB | GET | lists "
        "| PATCH | seen after its end (s) | rounds |"
    )
    yield "|---|---|---|---|---|---|---|---|---|---|---|---|"
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
            str(row.rounds),
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


def _fleet(fleet: Fleet, results: Results) -> Iterable[str]:
    total = fleet.stacks * fleet.clusters_per_stack
    yield f"## A fleet of {total} clusters in {fleet.stacks} stacks, {fleet.at_once} at once\n"
    yield (
        f"Each cluster settles for {fleet.settle_seconds:.0f} s. The API takes "
        f"{1000 * fleet.latency_seconds:.0f} ms for each call and {fleet.requests_per_second:.0f} "
        f"requests a second ({fleet.burst:.0f} at once); others get a 429 with "
        f"`Retry-After: {fleet.retry_after_seconds}`. {_sitting(results, 'fleet')}\n"
    )
    yield (
        "| command | seconds | requests | of them 429 | longest for one cluster (s) "
        "| commands that failed | clusters lost or sent twice |"
    )
    yield "|---|---|---|---|---|---|---|"
    for outcome in results.outcomes:
        yield (
            f"| {outcome.name} | {outcome.seconds:.0f} | {sum(outcome.requests.values())} "
            f"| {outcome.requests.get(429, 0)} | {outcome.longest_wait:.0f} | {len(outcome.failed)} "
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
