"""What a reviewer reads of the rules: refusals, what is new, and the rest folded."""

from __future__ import annotations

from cks_components.review import rules_part
from cks_components.review.part import Attention, Part
from cks_components.rules import Finding, Level


def finding(
    level: Level, path: str = "identity", text: str = "is odd", rule: str = "X-01", waiver: str = ""
) -> Finding:
    return Finding(level=level, path=path, text=text, rule=rule, waiver=waiver)


ERROR, WARNING, NOTE = (finding(level, text=f"has {level}") for level in Level)
WAIVED = finding(Level.INFORMATION, waiver="we know")


def of(found: list[Finding], before: list[Finding] | None = None) -> Part:
    return rules_part.of_findings("dev", found, before or [])


def test_a_file_without_a_finding_breaks_no_rule() -> None:
    quiet = of([])

    assert (quiet.attention, quiet.verdict) == (Attention.NONE, "no rule is broken")
    assert (quiet.points, quiet.folds, quiet.summary) == ((), (), "No rule is broken.")


def test_errors_are_looked_at_first_then_new_waivers_then_new_warnings() -> None:
    part = of([NOTE, WARNING, WAIVED, ERROR])

    assert [(point.attention, point.text) for point in part.points] == [
        (Attention.FAILURE, r"identity: has error \[X-01\]"),
        (Attention.REVIEW, r"identity: is odd \[X-01, waived: we know\]"),
        (Attention.WARNING, r"identity: has warning \[X-01\]"),
    ]
    assert (part.attention, part.verdict) == (Attention.FAILURE, "refused by the rules (1 error)")
    assert part.folds[0].title == "Rules: 1 error, 1 new waiver, 1 new warning, 1 note"
    assert part.folds[0].lines == (r"- information: identity: has information \[X-01\]",)


def test_what_was_found_before_is_folded() -> None:
    part = of([WARNING, WAIVED], [WARNING, WAIVED])

    assert (part.attention, part.verdict) == (Attention.NOTE, "1 warning as before of the rules")
    assert part.points == ()
    assert part.folds[0].title == "Rules: 1 warning as before, 1 note"
    assert len(part.folds[0].lines) == 2


def test_an_error_refuses_even_if_it_was_there_before() -> None:
    assert of([ERROR], [ERROR]).attention is Attention.FAILURE


def test_a_finding_that_only_moved_is_not_new() -> None:
    before = [finding(Level.WARNING, "bindings[0]")]
    moved = finding(Level.WARNING, "bindings[1]")
    second = finding(Level.WARNING, "bindings[2]")

    assert of([moved], before).points == ()
    assert len(of([moved, second], before).points) == 1


def test_a_warning_that_is_new_on_one_cluster_names_only_this_one() -> None:
    on = [finding(Level.WARNING, f"clusters[{index}].proxyUrl") for index in range(4)]

    part = of(on, on[:3])

    assert [point.text for point in part.points] == [r"clusters\[3\].proxyUrl: is odd \[X-01\]"]
    assert "clusters\\[1\\] to clusters\\[2\\]: 3 clusters in all" in part.folds[0].lines[0]


def test_who_gets_what_is_said_by_the_part_about_access_only() -> None:
    assert of([finding(Level.INFORMATION, rule="OIDC-19")]).folds == ()


def test_two_of_a_kind_are_counted_as_two() -> None:
    part = of([ERROR, finding(Level.ERROR, "clusters")])

    assert part.verdict == "refused by the rules (2 errors)"


def test_a_finding_is_shown_with_its_place_in_the_file() -> None:
    part = rules_part.of_findings("dev", [ERROR], [], lambda found: f"file:3:1: {found.path}")

    assert part.points[0].text == "file:3:1: identity"
