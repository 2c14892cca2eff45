"""A path of a finding leads to a line and a column of the stack file."""

from __future__ import annotations

import pytest

from cks_components.project.engine_yaml import read
from cks_components.project.positions import (
    FIRST,
    Position,
    key_position,
    plain_texts,
    position,
    project_position,
)

FILE = """\
# A comment
config:
  cks-access:identity:
    issuerUrl: https://idp.example.com
  cks-access:clusters:
    - name: east
    -
      name: west
      bindings: [{clusterRole: edit, groups: [ml, ops]}]
      proxyUrl: http://proxy.example
  cks_access:webhooks: {}
  other:clusters: []
  environment: staging
  cks-access:automation: >-
    [{"name": "ci"}]
  cks-access:identity.provider: okta
"""


@pytest.mark.parametrize(
    ("path", "line", "column"),
    [
        ("", 2, 1),
        ("identity", 3, 3),
        ("identity.issuerUrl", 4, 5),
        ("identity.provider", 16, 3),
        ("clusters", 5, 3),
        ("clusters[0]", 6, 7),
        ("clusters[0].name", 6, 7),
        ("clusters[1]", 8, 7),
        ("clusters[1].bindings", 9, 7),
        ("clusters[1].bindings[0]", 9, 18),
        ("clusters[1].bindings[0].clusterRole", 9, 19),
        ("clusters[1].bindings[0].groups[1]", 9, 51),
        ("cks_access:webhooks", 11, 3),
        ("environment", 13, 3),
    ],
)
def test_a_path_has_the_position_of_its_key_or_entry(path: str, line: int, column: int) -> None:
    assert position(read(FILE).root, path) == Position(line, column)


@pytest.mark.parametrize(
    ("path", "line", "column"),
    [
        ("bindings", 2, 1),
        ("identity.clientId", 3, 3),
        ("clusters[7].name", 5, 3),
        ("clusters[1].bindings[0].users[0]", 9, 18),
        ("cluster", 2, 1),
    ],
)
def test_what_is_missing_has_the_position_of_the_nearest_part_around_it(
    path: str, line: int, column: int
) -> None:
    assert position(read(FILE).root, path) == Position(line, column)


@pytest.mark.parametrize(
    ("path", "line", "column"),
    [
        ("automation", 14, 3),
        ("automation[0].name", 14, 26),
        ("clusters[1].proxyUrl.managed", 10, 17),
    ],
)
def test_what_stands_in_a_text_has_the_position_of_the_text(
    path: str, line: int, column: int
) -> None:
    assert position(read(FILE).root, path) == Position(line, column)


def test_what_is_merged_in_is_found_where_it_is_written() -> None:
    text = """\
config:
  cks-access:clusters:
    - &first
      name: east
      alias: a
    - <<: *first
      alias: b
    - *first
"""
    root = read(text).root

    assert position(root, "clusters[1].name") == Position(4, 7)
    assert position(root, "clusters[1].alias") == Position(7, 7)
    assert position(root, "clusters[2].alias") == Position(5, 7)


@pytest.mark.parametrize("text", ["", "text", "other: {}", "[]", "{}"])
def test_a_file_that_is_none_of_a_stack_has_its_beginning(text: str) -> None:
    root = read(text).root

    assert position(root, "clusters") == FIRST
    assert project_position(root, "clusters") == FIRST
    assert key_position(root, "clusters") == FIRST
    assert list(plain_texts(root, "cks-access")) == []


def test_columns_are_characters() -> None:
    root = read('config: {"ü-ß": 1, "cks-access:clusters": []}').root

    assert position(root, "clusters") == Position(1, 20)
