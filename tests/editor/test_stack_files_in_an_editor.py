"""What somebody sees who edits a stack file with a YAML language server, as most editors have one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.tools.language_server import language_server
from lab.tools.program import Platform
from lab.tools.workspace import Place
from tests.editor.editor import Editor, Mark, editor

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted([*(ROOT / "stacks").iterdir(), *(ROOT / "examples" / "providers").iterdir()])
FILE = """\
# yaml-language-server: $schema=../docs/stack-file.schema.json
config:
  cks-access:enviroment: staging
  cks-access:identity:
    issuerUrl: https://idp.example.com
    clientId: cks
    onDrift: overwrit
    colour: red
    clientSecret: {secure: v1:abc}
  cks-access:clusters:
    - id: 1b5274f2
      bindings:
        - groups: [ml]
          clusterRole: edit
          namespaces: [Training]
  cks-access:updateTimeout: 20 minutes
  aws:region: us-east-1
"""
UNFINISHED = """\
# yaml-language-server: $schema=../docs/stack-file.schema.json
config:
  cks-access:identity:
    issuerUrl: https://idp.example.com
    c
    onDrift:\x20
  cks-access:c
"""


@pytest.fixture(scope="module")
def edited() -> Iterator[Editor]:
    with editor(language_server(Place(ROOT, os.environ, Platform.here()))) as session:
        yield session


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_nothing_is_underlined_in_an_example(edited: Editor, path: Path) -> None:
    assert edited.marks(path, path.read_text()) == []


def test_what_is_misspelt_is_underlined_where_it_stands(edited: Editor) -> None:
    path = ROOT / "stacks" / "Pulumi.misspelt.yaml"

    marks = edited.marks(path, FILE)

    assert [(mark.line, mark.column) for mark in marks] == [
        (3, 3),
        (7, 14),
        (8, 5),
        (11, 11),
        (15, 24),
        (16, 29),
    ]
    assert marks[0] == Mark(3, 3, "Property cks-access:enviroment is not allowed.")
    assert marks[1].message == 'Value is not accepted. Valid values: "refuse", "overwrite".'
    assert "colour is not allowed" in marks[2].message


def test_a_key_is_explained(edited: Editor) -> None:
    path = ROOT / "stacks" / "Pulumi.explained.yaml"
    edited.marks(path, FILE)

    assert "The ClusterRole, such as view, edit, admin" in edited.hover(path, 14, 12)
    assert "default 20m" in edited.hover(path, 16, 5)


def test_keys_and_words_are_offered(edited: Editor) -> None:
    path = ROOT / "stacks" / "Pulumi.unfinished.yaml"
    edited.marks(path, UNFINISHED)

    assert {"clientId", "clientSecret", "ca"} <= edited.completions(path, 5, 6)
    assert {"refuse", "overwrite"} <= edited.completions(path, 6, 14)
    assert {"cks-access:clusters"} <= edited.completions(path, 7, 15)
