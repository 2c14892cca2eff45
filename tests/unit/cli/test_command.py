"""Verbs, complaints and exit codes of the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Folder


def test_a_wrong_use_is_an_error_and_not_a_finding(folder: Folder) -> None:
    printed = folder.run("no-such-verb")

    assert printed.code == 1
    assert "invalid choice" in printed.err
    assert printed.out == ""


def test_help_is_fine(folder: Folder) -> None:
    printed = folder.run("--help")

    assert printed.code == 0
    assert "import-file" in printed.out


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "cannot read"),
        ("a: [", "Pulumi.test.yaml:1:5: is not valid YAML"),
        ("just text", "does not hold keys and values"),
        ("other: {}", "has no config: block"),
        ("\x00", "is not valid YAML: check the file"),
        ("config: {}", "clusters: is missing"),
    ],
    ids=["no file", "not YAML", "text", "another file", "odd characters", "nothing in it"],
)
def test_a_file_that_is_no_stack_file_is_named(
    folder: Folder, text: str | None, message: str
) -> None:
    path = folder.path / "stacks" / "Pulumi.test.yaml"
    if text is not None:
        path.write_text(text)

    printed = folder.run("import-file", "test")

    assert printed.code == 1
    assert message in printed.err
    assert "Traceback" not in printed.err


def test_a_file_that_is_no_text_is_named(folder: Folder) -> None:
    path = folder.path / "stacks" / "Pulumi.test.yaml"
    path.write_bytes(b"\xff\xfe\x00")

    printed = folder.run("import-file", str(path))

    assert printed.code == 1
    assert "it is not text" in printed.err
