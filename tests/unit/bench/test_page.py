"""What was measured becomes a page with a table and a plot; nothing is measured here."""

from __future__ import annotations

import sys
from collections import Counter
from datetime import date

from bench.fleet_simulation import Fleet, Outcome
from bench.operations import Load, Row
from bench.page import Results, page, plot
from bench.start_up import StartUp


def row(clusters: int, seconds: float, name: str = "preview, no change") -> Row:
    return Row(clusters, name, seconds, 2.04, None, seconds / 2, 300.4, 2, 1, 1, 0.25)


def results(**more: object) -> Results:
    given: dict[str, object] = {
        "day": date(2026, 11, 28),
        "machine": "The machine: two processors.",
        "rounds": {1: 3, 201: 1},
        "rows": [row(1, 2.0), row(201, 5.0)],
        "imports": [StartUp("pulumi", 330.0)],
        "verbs": [StartUp("check", 120.0)],
        "notes": "What it means.\n",
    }
    return Results(**given | more)  # type: ignore[arg-type] # they are of the fields' types


def test_a_row_has_the_medians_and_leaves_out_what_has_no_counterpart() -> None:
    text = page(results())

    assert "| 1 | preview, no change | 2.0 | 2.0 | 1.0 |  | 300 | 2 | 1 | 1 | 0.2 |" in text
    assert "measured on 2026-11-28" in text
    assert "medians of rounds (1: 3, 201: 1)" in text
    assert "| import: pulumi | 330 |\n| `cks-access check` | 120 |" in text


def test_what_a_further_cluster_costs_is_the_slope_from_the_fewest_to_the_most() -> None:
    assert (
        "A further cluster costs a preview without a change 8 ms of processor time (from 1 to 201 "
        "clusters)." in page(results())
    )
    assert "A further cluster" not in page(results(rows=[row(1, 2.0)]))


def test_what_was_not_measured_is_not_there() -> None:
    text = page(results())

    assert "settle for" not in text
    assert "A fleet of" not in text


def test_a_fleet_shows_what_was_refused_lost_and_sent_twice() -> None:
    outcome = Outcome("first up", 61.4, Counter({200: 90, 429: 10}), 12.3, ["c1"], [])
    slow = (Load(200, settle_seconds=30), [row(200, 46.0, "first up")])

    text = page(results(fleet=(Fleet(stacks=2, clusters_per_stack=5), [outcome]), settling=slow))

    assert "## A fleet of 10 clusters in 2 stacks, 4 at once" in text
    assert "| first up | 61 | 100 | 10 | 12 | 0 | 1 |" in text
    assert "## 200 clusters that each settle for 30 s" in text


def test_the_plot_shows_each_command() -> None:
    finders = list(sys.meta_path)

    drawn = plot([row(1, 2.0), row(201, 5.0)])

    assert drawn.startswith("<?xml")
    assert "preview, no change" in drawn
    assert "<script" not in drawn
    assert sys.meta_path == finders
