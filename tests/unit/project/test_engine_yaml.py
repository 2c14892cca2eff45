"""Stack files are read as the engine reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from cks_components.project.engine_yaml import load, read

if TYPE_CHECKING:
    from tests.unit.conftest import Folder


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("off", "off"),
        ("yes", "yes"),
        ("12:30", "12:30"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("12345", 12345),
        ("1_000", 1000),
        ("010", 8),
        ("09", 9),
        ("0x1F", 31),
        ("1e3", 1000),
        (".5", 0.5),
        ("5f96b8d6", "5f96b8d6"),
        ('"off"', "off"),
    ],
)
def test_plain_values_are_what_the_engine_takes_them_for(text: str, value: Any) -> None:
    found = load(f"key: {text}\n")["key"]

    assert found == value
    assert isinstance(found, bool) is isinstance(value, bool)


@pytest.mark.parametrize("number", [".inf", "-.Inf", "+.INF", ".nan"])
def test_a_number_that_is_none_cannot_be_passed_on(number: str) -> None:
    with pytest.raises(yaml.YAMLError, match="Pulumi cannot pass on the number"):
        load(f"key: {number}\n")


@pytest.mark.parametrize("rest", ["config: {}", "[", "", "a: 1\n--- b"])
def test_what_follows_the_first_document_is_not_read(rest: str) -> None:
    document = read(f"a: 1\n---\n{rest}\n")

    assert document.value == {"a": 1}
    assert document.rest is not None


def test_one_document_has_no_rest() -> None:
    assert read("---\na: 1\n...\n").rest is None
    assert read("# nothing\n").value is None


def test_what_is_merged_in_may_be_written_anew() -> None:
    text = "b: {c: {<<: &x {<<: &y {k: 1}, k: 2}, m: 3}}\na: {<<: *x, k: 4}\n"

    assert load(text) == {"a": {"k": 4}, "b": {"c": {"k": 2, "m": 3}}}


def test_of_several_that_are_merged_in_the_first_counts() -> None:
    text = "a: {<<: [{role: view}, {role: cluster-admin, users: [x]}]}"

    assert load(text) == {"a": {"role": "view", "users": ["x"]}}


def test_only_keys_and_values_are_merged_in() -> None:
    with pytest.raises(yaml.YAMLError, match="can only merge keys and values"):
        load("a: {<<: x}")


def test_a_key_that_is_a_list_is_refused() -> None:
    with pytest.raises(yaml.YAMLError, match="a key must be text; write one"):
        load("? [a]\n: 1\n")


def test_a_key_that_stands_twice_is_refused_with_its_line(folder: Folder) -> None:
    path = folder.path / "stacks" / "Pulumi.test.yaml"
    path.write_text("config:\n  cks-access:clusters: []\n  cks-access:clusters: []\n")

    printed = folder.run("check", "test")

    assert printed.code == 1
    assert (
        'stacks/Pulumi.test.yaml:3:3: is not valid YAML: the key "cks-access:clusters" is written twice in one mapping'
        in printed.err
    )


@pytest.mark.parametrize(
    "value", ["!!bool x", "!!timestamp x", "!!int x", '!!int ""', "!!float x", "!!binary é"]
)
def test_a_value_that_is_not_what_its_tag_says_is_refused_with_its_place(
    folder: Folder, value: str
) -> None:
    path = folder.path / "stacks" / "Pulumi.test.yaml"
    path.write_text(f"config:\n  cks-access:clusters: {value}\n", encoding="utf-8")

    printed = folder.run("check", "test")

    assert printed.code == 1
    assert "stacks/Pulumi.test.yaml:2:24: is not valid YAML: " in printed.err


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("1" * 5000, "check"),
        ("[" * 5000, "check"),
        ("&x {<<: *x}", "the value of this anchor contains itself"),
        ("{a: &x [*x]}", "the value of this anchor contains itself"),
    ],
)
def test_what_cannot_be_read_to_its_end_is_said_without_a_traceback(
    folder: Folder, text: str, problem: str
) -> None:
    (folder.path / "stacks" / "Pulumi.test.yaml").write_text(f"config: {text}")

    printed = folder.run("check", "test")

    assert printed.code == 1
    assert f"is not valid YAML: {problem}" in printed.err
