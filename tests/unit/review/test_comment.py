"""The comment of a pull request: the worst is the headline, and nothing is too long."""

from __future__ import annotations

import pytest

from cks_components.review.comment import LIMIT, comment, marker
from cks_components.review.part import Attention, Fold, Part, Point

QUIET = Part(attention=Attention.NONE, verdict="nothing", summary="Nothing.", command="see it")


def part(attention: Attention, verdict: str, *points: str, **more: object) -> Part:
    made = tuple(Point(attention, text) for text in points)
    values = {"attention": attention, "verdict": verdict, "points": made, "command": "see it"}
    return Part(**(values | more))  # type: ignore[arg-type]  # the fields of a test case


def headline(*parts: Part) -> str:
    return comment("dev", parts).splitlines()[2]


def test_the_first_line_is_hidden_and_lets_a_later_run_find_the_comment() -> None:
    assert comment("dev", [QUIET]).splitlines()[0] == "<!-- cks-access preview: dev -->"
    assert marker("a --> b", "preview") == "<!-- cks-access preview: a-----b -->"


@pytest.mark.parametrize(
    ("worst", "mark"),
    [
        (Attention.WARNING, "⚠️ "),
        (Attention.REVIEW, "⚠️ "),
        (Attention.FAILURE, "🛑 "),
    ],
)
def test_the_headline_is_the_worst_that_is_below_it(worst: Attention, mark: str) -> None:
    assert headline(QUIET, part(worst, "the worst"), QUIET) == f"## {mark}Stack `dev`: the worst"


def test_without_a_concern_the_headline_says_what_each_part_found() -> None:
    assert headline(QUIET, part(Attention.NOTE, "a note")) == "## Stack `dev`: nothing; a note"


def test_parts_that_are_equally_bad_share_the_headline() -> None:
    bad = Attention.FAILURE

    assert headline(part(bad, "one"), QUIET, part(bad, "two")) == "## 🛑 Stack `dev`: one; two"


def test_what_must_be_looked_at_stands_above_all_parts_the_worst_first() -> None:
    shown = comment(
        "dev",
        [
            part(Attention.WARNING, "w", "a warning", shown=("| a table |",)),
            part(Attention.FAILURE, "f", "a failure"),
        ],
    )

    assert shown.split("\n\n")[1:] == [
        "## 🛑 Stack `dev`: f",
        "- 🛑 a failure\n- ⚠️ a warning",
        "| a table |\n",
    ]


def test_a_summary_that_is_the_headline_is_not_said_again() -> None:
    assert comment("dev", [QUIET]).split("\n\n")[1:] == ["## Stack `dev`: nothing\n"]
    assert "\n\nNothing.\n" in comment("dev", [QUIET, part(Attention.WARNING, "something")])


def test_a_heading_stands_only_above_something() -> None:
    heading = {"heading": "Access", "summary": "Quiet."}

    assert "Access" not in comment("dev", [part(Attention.NONE, "quiet", **heading)])
    assert "### Access\n\nQuiet.\n\n| a |" in comment(
        "dev", [part(Attention.NONE, "other", shown=("| a |",), **heading)]
    )


def test_details_are_folded_below_one_line() -> None:
    shown = comment(
        "dev", [part(Attention.NONE, "v", folds=(Fold("2 <b> notes", ("- x", "- y")),))]
    )

    assert shown.endswith(
        "\n\n<details><summary>2 &lt;b&gt; notes</summary>\n\n- x\n- y\n\n</details>\n"
    )


def test_output_of_a_program_cannot_end_its_block() -> None:
    shown = comment("dev", [part(Attention.NONE, "v", folds=(Fold("f", ("why",), "a\n```\nb"),))])

    assert shown.endswith(
        "<details><summary>f</summary>\n\nwhy\n\n````text\na\n```\nb\n````\n\n</details>\n"
    )


def test_output_that_needs_no_explanation_has_none() -> None:
    shown = comment("dev", [part(Attention.NONE, "v", folds=(Fold("f", code="a"),))])

    assert shown.endswith("</summary>\n\n```text\na\n```\n\n</details>\n")


def test_many_points_are_shown_in_part_and_the_others_folded() -> None:
    shown = comment("dev", [part(Attention.REVIEW, "v", *(f"point {n:02}" for n in range(40)))])

    first, _, rest = shown.partition("<details><summary>10 more to look at</summary>\n\n")
    assert "- ⚠️ point 29\n" in first
    assert rest.startswith("- ⚠️ point 30\n")


def test_a_comment_that_is_too_long_leaves_out_the_ends_of_its_parts_and_says_so() -> None:
    rows = tuple(f"| {index} | {'x' * 100} |" for index in range(2_000))
    shown = comment(
        "dev",
        [
            part(Attention.NOTE, "v", "p" * 300, shown=rows, folds=(Fold("roles", ("- a",)),)),
            part(Attention.NONE, "w", folds=(Fold("plan", code="\n".join(rows)),)),
        ],
    )

    assert LIMIT - 400 < len(shown) <= LIMIT
    assert "- " + "p" * 300 in shown
    table, _, plan = shown.partition("<details><summary>plan</summary>")
    assert "<details><summary>roles</summary>\n\n- a\n\n</details>" in table
    assert "lines are left out**, because the comment would be too long; run `see it`" in table
    assert "| 19 |" in plan  # what stands further below keeps some room
    assert plan.count("```") == 2
    assert plan.rstrip().endswith("because the comment would be too long; run `see it`")


def test_one_line_that_is_left_out_is_called_one() -> None:
    shown = comment("dev", [part(Attention.NOTE, "v", shown=("a", "b" * 500))], limit=400)

    assert "\n\na\n\n**1 more line is left out**" in shown
    assert len(shown) <= 400


def test_a_limit_that_nothing_fits_into_leaves_the_headline() -> None:
    shown = comment("dev", [part(Attention.NOTE, "v", "point", shown=("a",))], limit=10)

    assert shown.startswith("<!-- cks-access preview: dev -->\n\n## Stack `dev`: v\n")
