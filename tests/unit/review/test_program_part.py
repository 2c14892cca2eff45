"""What a change of the program is to a reviewer."""

from __future__ import annotations

from cks_components.project.program_change import ProgramChange
from cks_components.review import program_part
from cks_components.review.part import Attention


def test_nothing_is_said_where_nothing_changes() -> None:
    assert program_part.of_change("main", ProgramChange()) == ()


def test_changed_packages_alone_are_a_note() -> None:
    (part,) = program_part.of_change("main", ProgramChange(packages=("requirements.txt",)))

    assert (part.attention, part.points) == (Attention.NOTE, ())
    assert part.verdict == "the packages of the program change"
    assert part.summary == "The packages of the program change (`requirements.txt`)."
    assert part.command == "git diff main"


def test_data_that_the_program_may_read_is_a_note_beside_the_packages() -> None:
    (alone,) = program_part.of_change("main", ProgramChange(data=("roles.yaml",)))
    both = ProgramChange(packages=("go.mod",), data=("roles.yaml",))
    (beside,) = program_part.of_change("main", both)

    assert (alone.attention, alone.points) == (Attention.NOTE, ())
    assert alone.verdict == "files that the program may read change"
    assert beside.summary == f"The packages of the program change (`go.mod`). {alone.summary}"
    assert alone.summary == "Files that the program may read change (`roles.yaml`)."


def test_of_many_files_the_first_are_named() -> None:
    files = tuple(f"roles/{n}.py" for n in range(12))

    (part,) = program_part.of_change("main", ProgramChange(code=files))

    (point,) = part.points
    assert part.attention is Attention.REVIEW
    assert "`roles/9.py` and 2 more)" in point.text
    assert "roles/10.py" not in point.text
