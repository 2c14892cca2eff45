"""The configuration is the one that Pulumi makes of its files; tests/engine compares with Pulumi."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cks_components.project import stack_config
from cks_components.project.configuration import ConfigurationError, merged
from tests.configurations import CASES, Case


def lay_out(folder: Path, case: Case) -> None:
    for name, text in case.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def whole(value: Any) -> Any:
    """Numbers beyond 64 bits as Pulumi has them; the files' own digits are needed for messages."""
    if isinstance(value, dict):
        return {key: whole(part) for key, part in value.items()}
    if isinstance(value, list):
        return [whole(part) for part in value]
    return float(value) if isinstance(value, int) and value >= 2**63 else value


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_project_is_read_as_pulumi_reads_it(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay_out(tmp_path, case)
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path)
    here = stack_config.find(case.stack)
    monkeypatch.chdir("below")
    below = stack_config.find(case.stack)

    assert whole(here.values) == case.expected
    assert whole(below.values) == case.expected
    assert here.unknown == {}


@pytest.mark.parametrize(
    ("defaults", "stack", "text"),
    [
        ({}, {"a:b:c": 1}, '"a:b:c" is not a key that Pulumi reads'),
        ({}, {"a": 1, "p:a": 1}, '"p:a" is written both with and without "p:"'),
        ({"a..b": 1}, {}, '"a..b" is not a key that Pulumi reads in a project file'),
        ({"[0]": 1}, {}, '"[0]" is not a key that Pulumi reads'),
        ({"": 1}, {}, '"" is not a key that Pulumi reads'),
        ({"a[3]": 1}, {"a": []}, '"a[3]" leads into a value of the stack file that has no such'),
        ({"a.b.c": 1}, {"a": {"b": "text"}}, '"a.b.c" leads into a value of the stack file'),
        ({"a.b": 1}, {"a": [1]}, '"a.b" leads into a value of the stack file'),
    ],
)
def test_what_pulumi_refuses_is_refused(
    defaults: dict[str, Any], stack: dict[str, Any], text: str
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        merged("p", defaults, stack)

    assert str(refused.value).startswith(text)


def test_a_path_goes_on_through_what_it_makes() -> None:
    found = merged("p", {"a.b[1].c": 1, "d.e": "-12", "f.g": "99999999999999999999"}, {"d": 7})

    assert found.values == {
        "p:a": {"b": [None, {"c": 1}]},
        "p:d": {"e": -12},
        "p:f": {"g": "99999999999999999999"},
    }
    assert found.from_project == (("p:a", "b", 1, "c"), ("p:d", "e"), ("p:f", "g"))
