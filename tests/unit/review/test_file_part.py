"""A stack whose file is missing, or says nothing that can be read."""

from __future__ import annotations

from cks_components.review import file_part
from cks_components.review.part import Attention


def test_a_file_that_is_nowhere_is_a_failure_that_names_both_places() -> None:
    part = file_part.missing("dev", "stacks/Pulumi.dev.yaml", "main", is_base_read=True)

    assert (part.attention, part.verdict) == (Attention.FAILURE, "it has no file")
    assert part.points[0].text.startswith(
        "there is no file `stacks/Pulumi.dev.yaml`, neither here nor at `main`: correct the name"
    )


def test_a_file_that_may_have_been_deleted_is_not_said_to_have_never_been_there() -> None:
    part = file_part.missing("dev", "stacks/Pulumi.dev.yaml", "main", is_base_read=False)

    assert (part.attention, part.verdict) == (Attention.FAILURE, "it has no file")
    assert part.points[0].text == (
        "there is no file `stacks/Pulumi.dev.yaml` here, and whether this change deletes it is not "
        "known: it was not compared with `main`"
    )


def test_a_file_that_cannot_be_read_leaves_the_rest_out() -> None:
    part = file_part.unreadable("dev", ["f:1:1: is not *YAML*"])

    assert (part.attention, part.verdict) == (Attention.FAILURE, "its file cannot be read")
    assert [point.text for point in part.points] == [r"f:1:1: is not \*YAML\*"]
    assert "are left out" in part.summary


def test_a_part_that_errors_leave_out_is_named() -> None:
    part = file_part.left_out("Preview")

    assert (part.attention, part.verdict) == (Attention.NONE, "")
    assert part.summary == "**Preview**: left out, because of what failed above."
