"""An entry is added to a list in a YAML file; every other character stays."""

from __future__ import annotations

from typing import Any

import pytest

from cks_components.api.errors import SettingsError
from cks_components.project import engine_yaml
from cks_components.project.yaml_insertion import with_entry

ENTRY: dict[str, Any] = {"groups": ["on call", "ops"], "clusterRole": "view", "reason": "yes"}
LINES = '- groups: ["on call", ops]\n  clusterRole: view\n  reason: "yes"\n'


def indented(column: int) -> str:
    return "".join(f"{' ' * column}{line}\n" for line in LINES.splitlines())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "a:\n  b:   # why\n  - x: 1 # one\n    y: {z: 2}   # two\n\n  # next\n  c: 3\n",
            f"a:\n  b:   # why\n  - x: 1 # one\n    y: {{z: 2}}   # two\n{indented(2)}\n  # next\n  c: 3\n",
        ),
        ("a:\n  b:\n    - x: 1", f"a:\n  b:\n    - x: 1\n{indented(4)}"),
        ("a:\n  c: 1  # one\n# end\n", f"a:\n  c: 1  # one\n  b:\n{indented(4)}# end\n"),
        (
            "a:\n  b:\n    - x: |\n        text\n\n  c: 1\n",
            f"a:\n  b:\n    - x: |\n        text\n\n{indented(4)}  c: 1\n",
        ),
        (
            "z: &z {c: 1}\na:\n  b:\n  - x: 1\n    y: *z\n",
            f"z: &z {{c: 1}}\na:\n  b:\n  - x: 1\n    y: *z\n{indented(2)}",
        ),
    ],
    ids=["comments", "no newline", "a new key", "a text of lines", "an alias"],
)
def test_a_block_gets_lines(before: str, after: str) -> None:
    assert with_entry(before, ("a", "b"), ENTRY) == after


@pytest.mark.parametrize(
    ("before", "place"),
    [
        ("a: {b: [{x: 1}], c: 2} # end\n", ("a", "b")),
        ("a: {b: []}\n", ("a", "b")),
        ("a: {c: 2,}\n", ("a", "b")),
        ('{"a": {"b": [\n  {"x": 1}\n]}}', ("a", "b")),
        ("a:\n- {c: 1}\n- {d: [1]}\n", ("a", 1, "b")),
        ("\ufeffa:\r\n  b:\r\n  - x: 1\r\n", ("a", "b")),
    ],
)
def test_every_other_layout_keeps_its_characters_too(before: str, place: tuple[int | str]) -> None:
    after = with_entry(before, place, ENTRY)

    node = engine_yaml.load(after)
    for step in place:
        node = node[step]
    assert node[-1] == ENTRY
    kept = iter(after)
    assert all(character in kept for character in before)  # in their order
    assert ("\n" in after.replace("\r\n", "")) == ("\n" in before.replace("\r\n", ""))


@pytest.mark.parametrize(
    "before",
    [
        "a:\n  b: '[]'\n",
        "a:\n  b: &one\n  - x: 1\n  c: *one\n",
        "base: &base\n  b:\n  - x: 1\na:\n  <<: *base\n  c: 1\n",
        "a: 1\n",
        "a: {}\n",
        "a: [1]\n",
        "a:\n  b:\n",
        "c: 1\n",
    ],
)
def test_a_list_that_is_written_elsewhere_is_left_to_people(before: str) -> None:
    with pytest.raises(SettingsError, match="cannot add an entry to b, because"):
        with_entry(before, ("a", "b"), ENTRY)
