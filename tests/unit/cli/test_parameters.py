"""Options that several verbs share."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cks_components.cli.parameters import write_file
from tests.unit.audit.objects import IDENTITY

if TYPE_CHECKING:
    from tests.unit.conftest import Folder


@pytest.mark.parametrize(
    "verb", [("access",), ("audit",), ("ci", "preview"), ("ci", "drift")], ids=" ".join
)
def test_a_page_takes_no_other_files_place(folder: Folder, verb: tuple[str, ...]) -> None:
    path = folder.write()
    before = path.read_text()
    (folder.path / "page.html").symlink_to(path)

    printed = folder.run(*verb, "test", "--html", "page.html")

    assert (printed.code, printed.out) == (1, "")
    assert "cannot write a page to page.html: the file exists and is not an HTML" in printed.err
    assert "nothing was written. Name another file" in printed.err
    assert path.read_text() == before


@pytest.mark.parametrize(
    "content", ["", "<!DOCTYPE html>\n<p>old", "\n <HTML lang=en>", "\ufeff<!doctype html>"]
)
def test_a_page_takes_the_place_of_a_page_or_an_empty_file(folder: Folder, content: str) -> None:
    folder.write(clusters=[{"name": "a"}], identity=IDENTITY)
    page = folder.path / "page.html"
    page.write_text(content, encoding="utf-8")

    assert folder.run("access", "test", "--html", "page.html").code == 0
    assert "<h1>Access by test</h1>" in page.read_text()


def test_a_file_that_cannot_be_read_is_not_taken_for_a_page(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write(clusters=[{"name": "a"}], identity=IDENTITY)
    (folder.path / "page.html").write_text("x")

    def refuse(_path: Path, _mode: str) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", refuse)
        printed = folder.run("access", "test", "--html", "page.html")

    assert printed.code == 1
    assert "cannot read page.html: Permission denied; name another file" in printed.err


@pytest.mark.parametrize(
    "command",
    [
        ("kubeconfig", "--output"),
        ("kubeconfig", "--outputs"),
        ("explain", "-", "--block"),
        ("access", "--html"),
        ("audit", "--baseline"),
        ("import-file", "--output"),
        ("ci", "drift", "test", "--output"),
        ("fleet", "render"),
    ],
    ids=" ".join,
)
def test_an_empty_path_is_called_empty(folder: Folder, command: tuple[str, ...]) -> None:
    printed = folder.run(*command, "")

    assert (printed.code, printed.out) == (1, "")
    assert "the path is empty; name a file" in printed.err


def test_a_pipe_is_written_to_and_stays_one(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)

    write_file(pipe, "text")

    assert os.read(reader, 100) == b"text"
    os.close(reader)
    assert pipe.is_fifo()
