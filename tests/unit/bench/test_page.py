"""What was measured becomes a page with a table and a plot; nothing is measured here."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

from bench.bare_programs import BareRow
from bench.fleet_simulation import Fleet, Outcome
from bench.operations import Row
from bench.page import page, plot
from bench.results import Results, Sitting, load, save
from bench.start_up import StartUp

NOTES = "What it means.\n"


def row(clusters: int, seconds: float, name: str = "preview, no change") -> Row:
    return Row(clusters, name, seconds, 2.04, None, seconds / 2, 300.4, 2, 1, 1, 0.25, 3)


def results(*parts: str, **more: object) -> Results:
    """What was measured of these parts, beside the two that every result has."""
    given: dict[str, object] = {
        "machine": "two processors",
        "sittings": {
            part: Sitting(date(2026, 11, 28), 0.31) for part in ("clusters", "start-up", *parts)
        },
        "rows": [row(1, 2.0), row(201, 5.0)],
        "imports": [StartUp("pulumi", 330.0)],
        "verbs": [StartUp("check", 120.0)],
    }
    return Results(**given | more)  # type: ignore[arg-type] # they are of the fields' types


def test_a_row_has_the_medians_and_leaves_out_what_has_no_counterpart() -> None:
    text = page(results(), NOTES)

    assert "| 1 | preview, no change | 2.0 | 2.0 | 1.0 |  | 300 | 2 | 1 | 1 | 0.2 | 3 |" in text
    assert "| import: pulumi | 330 |\n| `cks-access check` | 120 |" in text


def test_each_part_says_when_it_was_measured_and_how_busy_the_machine_was() -> None:
    text = page(results(), NOTES)

    assert text.count("Measured on 2026-11-28; 0.3 other processes wanted to run") == 2
    assert "The machine: two processors;" in text


def test_what_a_further_cluster_costs_is_the_slope_from_the_fewest_to_the_most() -> None:
    assert (
        "A further cluster costs a preview without a change 8 ms of processor time (from 1 to 201 "
        "clusters)." in page(results(), NOTES)
    )
    assert "A further cluster" not in page(results(rows=[row(1, 2.0)]), NOTES)


def test_what_was_not_measured_is_not_there() -> None:
    text = page(results(), NOTES)

    assert "settle for" not in text
    assert "A fleet of" not in text
    assert page(Results(machine="none"), NOTES).count("\n## ") == 0


def test_a_fleet_shows_what_was_refused_lost_and_sent_twice() -> None:
    outcome = Outcome("first up", 61.4, {200: 90, 429: 10}, 12.3, ["c1"], [])
    fleet = Fleet(stacks=2, clusters_per_stack=5)

    text = page(results("fleet", fleet=fleet, outcomes=[outcome]), NOTES)

    assert "## A fleet of 10 clusters in 2 stacks, 4 at once" in text
    assert "| first up | 61 | 100 | 10 | 12 | 0 | 1 |" in text


def test_slow_clusters_a_distant_api_and_bindings_have_tables_of_their_own() -> None:
    found = results(
        "settling",
        "distant",
        "rbac",
        settling=[row(200, 46.0, "first up")],
        distant=[row(200, 9.0, "refresh")],
        rbac=[row(1, 3.0)],
        plugin_is_the_labs=True,
    )

    text = page(found, NOTES)

    assert "## 200 clusters that each settle for 30 s" in text
    assert "## 200 clusters, and an API that takes 100 ms for each call" in text
    assert "## With bindings and pipelines" in text
    assert "The Kubernetes plugin is the lab's" in text
    assert "the lab's, a process" not in page(results("rbac", rbac=[row(1, 3.0)]), NOTES)


def test_programs_with_nothing_of_ours_show_the_limit() -> None:
    bare = BareRow("one dynamic resource", 2.61, 1.444, 3.0, 2.5, 1.41)

    text = page(results("bare", bare=[bare]), NOTES)

    assert "| one dynamic resource | 2.6 | 1.44 | 3.0 | 2.5 | 1.41 |" in text


def test_a_part_that_is_measured_later_leaves_the_others_on_the_page(tmp_path: Path) -> None:
    kept = results("fleet", fleet=Fleet(), outcomes=[Outcome("up", 1.0, {200: 1}, 1.0, [], [])])

    save(kept, tmp_path / "results.json")

    assert load(tmp_path / "results.json") == kept
    assert load(tmp_path / "none.json") == Results()


def test_the_plot_shows_each_command() -> None:
    finders = list(sys.meta_path)

    drawn = plot([row(1, 2.0), row(201, 5.0)])

    assert drawn.startswith("<?xml")
    assert "preview, no change" in drawn
    assert "<script" not in drawn
    assert sys.meta_path == finders
