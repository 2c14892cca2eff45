"""What a reviewer reads of the engine's preview."""

from __future__ import annotations

from typing import Any

import pytest

from cks_components.project.engine_run import EngineRun
from cks_components.review import preview_part
from cks_components.review.part import Attention, Part


def said(severity: str, message: str, **more: Any) -> dict[str, Any]:
    return {"diagnosticEvent": {"severity": severity, "message": f"{message}\n", **more}}


def summary(**changes: int) -> dict[str, Any]:
    return {"summaryEvent": {"resourceChanges": changes}}


def deletes(kind: str) -> dict[str, Any]:
    return {"resourcePreEvent": {"metadata": {"op": "delete", "type": kind}}}


def planned(*events: dict[str, Any], known: list[str] | None = None) -> Part:
    run = EngineRun(0, "+ cks:Thing\n", "", events)
    return preview_part.of_preview("dev", run, known or [])


def failed(*events: dict[str, Any], err: str = "", known: list[str] | None = None) -> Part:
    run = EngineRun(255, "Previewing\n", err, events)
    return preview_part.of_preview("dev", run, known or [])


def test_the_plan_is_folded_below_its_numbers() -> None:
    part = planned(summary(same=3, delete=1, create=2, read=4, import_=1))

    assert part.folds[0].title == "Preview: 2 to create, 1 to delete, 1 to import_, 3 unchanged"
    assert part.folds[0].code == "+ cks:Thing"
    assert (part.attention, part.verdict) == (Attention.NOTE, "there is something to update")
    assert "an update over it may be refused" in part.folds[0].lines[0]


def test_a_plan_without_a_change_says_so() -> None:
    part = planned(summary(same=3))

    assert part.folds[0].title == "Preview: 3 unchanged"
    assert (part.attention, part.verdict) == (Attention.NONE, "there is nothing to update")


@pytest.mark.parametrize("events", [[], [summary()], [{"summaryEvent": {}}]])
def test_an_empty_stack_is_called_empty(events: list[dict[str, Any]]) -> None:
    assert planned(*events).folds[0].title == "Preview: empty"


def test_warnings_are_looked_at_first_and_notes_are_folded() -> None:
    part = planned(
        said("warning", "cluster <b> is gone"),
        said("warning", "cluster <b> is gone"),
        said("info", "nothing was asked"),
        said("info", "looking", ephemeral=True),
        said("debug", "noise"),
    )

    assert [point.text for point in part.points] == [r"cluster \<b\> is gone"]
    assert (part.attention, part.verdict) == (Attention.WARNING, "1 warning of the preview")
    assert part.folds[0].lines[1:] == ("", "- nothing was asked")
    assert planned(said("warning", "a"), said("warning", "b")).verdict.startswith("2 warnings")


def test_what_the_rules_say_already_is_not_repeated() -> None:
    part = planned(said("warning", "rule"), said("info", "note"), known=["rule", "note"])

    assert (part.points, part.folds[0].lines[1:]) == ((), ())
    assert failed(said("error", "rule"), known=["rule"]).points == ()


def test_a_failure_is_looked_at_first() -> None:
    part = failed(
        said("error", "cannot find it: 401\ncannot find another"),
        said("error", "an unhandled error occurred: program exited with non-zero exit code: 1"),
    )

    assert (part.attention, part.verdict) == (Attention.FAILURE, "the preview failed")
    assert [point.text for point in part.points] == [
        "the preview failed: cannot find it: 401",
        "the preview failed: cannot find another",
    ]


@pytest.mark.parametrize(
    ("printed", "remedy"),
    [
        ("error: no stack named 'dev' found", "a new stack is made with `pulumi stack init`"),
        (
            "error: PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions",
            "give it `PULUMI_BACKEND_URL` and valid credentials",
        ),
        ("error: [401] Unauthorized: No credentials provided", "for Pulumi Cloud"),
        (
            "error: passphrase must be set with PULUMI_CONFIG_PASSPHRASE or "
            "PULUMI_CONFIG_PASSPHRASE_FILE environment variables",
            "give the job the stack's `PULUMI_CONFIG_PASSPHRASE`",
        ),
        (
            "error: the stack is currently locked by 1 lock(s).",
            "another update of this stack is running",
        ),
        (
            "error: [409] Conflict: Another update is currently in progress.",
            "another update of this stack is running",
        ),
        (
            "error: unable to open bucket s3://state: dial tcp: lookup s3: no such host",
            "the backend of the state cannot be reached",
        ),
    ],
)
def test_an_engine_that_does_not_start_is_explained(printed: str, remedy: str) -> None:
    (point,) = failed(err=f"\n{printed}\n").points

    assert remedy in point.text


def test_an_error_without_a_known_cause_stands_alone() -> None:
    assert [point.text for point in failed(err="error: odd").points] == ["the preview failed: odd"]
    assert failed().points[0].text == "the preview failed: it ended with exit code 255"


def test_a_preview_that_was_not_to_be_made_is_no_failure() -> None:
    part = preview_part.left_out("dev", "there is no token")

    assert (part.attention, part.points) == (Attention.NOTE, ())
    assert part.summary == (
        "**Preview**: left out, because there is no token. So nothing was compared with a cluster or "
        "with the state."
    )


def test_a_preview_that_had_to_be_made_is_one() -> None:
    part = preview_part.left_out("dev", "there is no token", fails=True)

    assert part.attention is Attention.FAILURE
    assert [point.text for point in part.points] == ["no preview was made: there is no token"]


def test_a_new_stack_that_is_not_in_the_backend_yet_is_no_failure() -> None:
    run = EngineRun(6, "", "error: no stack named 'dev' found\n")

    new = preview_part.of_preview("dev", run, is_new=True)
    old = preview_part.of_preview("dev", run)

    assert (new.attention, old.attention) == (Attention.NOTE, Attention.FAILURE)
    assert "make it with `pulumi stack init dev`" in new.summary


def test_a_destroy_is_shown_with_what_it_would_delete() -> None:
    part = preview_part.of_destroy("dev", EngineRun(0, "- x\n", "", (summary(delete=2),)))

    assert (part.attention, part.folds[0].title) == (
        Attention.NOTE,
        "What pulumi destroy would do: 2 to delete",
    )
    assert part.folds[0].code == "- x"


def test_a_destroy_that_cannot_be_previewed_is_a_failure() -> None:
    part = preview_part.of_destroy("dev", EngineRun(1, "", "error: incorrect passphrase"))

    assert part.attention is Attention.FAILURE
    assert "PULUMI_CONFIG_PASSPHRASE" in part.points[0].text


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        (EngineRun(0, "", "", (summary(),)), True),
        (EngineRun(6, "", "error: no stack named 'dev' found"), True),
        (EngineRun(0, "", "", (summary(delete=1), deletes("pulumi:pulumi:Stack"))), True),
        (
            EngineRun(0, "", "", (summary(delete=2), deletes("pulumi:pulumi:Stack"), deletes("x"))),
            False,
        ),
        (EngineRun(0, "", "", (summary(delete=1),)), False),
        (EngineRun(1, "", "error: incorrect passphrase"), False),
    ],
    ids=["empty", "no stack", "the stack alone", "something", "untold", "unknown"],
)
def test_a_stack_without_a_resource_or_a_state_is_destroyed(run: EngineRun, expected: bool) -> None:
    assert preview_part.is_destroyed(run) is expected
