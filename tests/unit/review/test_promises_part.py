"""The promises of a stack file in the comment of a pull request."""

from __future__ import annotations

from typing import Any

from cks_components.access.markdown_report import capital
from cks_components.access.promise_check import outcomes
from cks_components.review.part import Attention, Part
from cks_components.review.promises_part import of_outcomes
from cks_components.stack_file.settings import StackSettings


def part(*expect: dict[str, Any]) -> Part:
    file = {
        "clusters": [{"name": "east"}],
        "bindings": [{"users": ["ann"], "clusterRole": "view"}],
        "expect": list(expect),
    }
    return of_outcomes("production", outcomes(StackSettings.model_validate(file)))


def test_kept_promises_are_only_counted() -> None:
    made = part({"user": "ann", "can": ["get pods"]})

    assert made.attention is Attention.NONE
    assert made.points == ()
    assert made.folds[0].title == "Tests of access: 1 promise: 1 kept"
    assert made.command == "cks-access test production"
    assert len(made.folds[0].lines) == 1


def test_a_broken_promise_refuses_the_change_and_an_undecided_one_is_judged() -> None:
    made = part({"user": "ann", "can": ["delete nodes"], "cannot": ["get x.example.com"]})

    assert made.attention is Attention.FAILURE
    assert [point.attention for point in made.points] == [Attention.FAILURE, Attention.REVIEW]
    assert made.points[0].text.startswith("broken promise: east: expect")
    assert made.verdict == "tests of access: 2 promises: 1 undecided, 1 broken"
    assert (made.folds, made.summary) == ((), f"{capital(made.verdict)}.")
