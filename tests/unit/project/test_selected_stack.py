"""Without a stack's name, it is the one that Pulumi would take."""

from __future__ import annotations

import json
from hashlib import sha1
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.conftest import Folder

NO_NAME = "no stack is named, and none is selected here by PULUMI_STACK or by"


@pytest.fixture
def home(folder: Folder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Pulumi's home; the folder has the stack files of `test` and `other`."""
    home = tmp_path / "home"
    monkeypatch.setenv("PULUMI_HOME", str(home))
    monkeypatch.delenv("PULUMI_STACK", raising=False)
    monkeypatch.delenv("PULUMI_BACKEND_URL", raising=False)
    folder.write("test", clusters=[])
    folder.write("other", clusters=[{"name": "a"}], bindings=[])
    return home


def remember(folder: Folder, home: Path, settings: Any) -> None:
    digest = sha1(str(folder.path / "Pulumi.yaml").encode(), usedforsecurity=False).hexdigest()
    path = home / "workspaces" / f"cks-access-{digest}-workspace.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(settings if isinstance(settings, str) else json.dumps(settings))


@pytest.mark.parametrize(
    "settings",
    [
        {"stacks": {"file:///state": "organization/cks-access/test"}},
        {"stack": "test"},
        {"stacks": {"https://a": "other", "https://b": "test"}},
    ],
)
def test_the_selected_stack_is_taken(
    folder: Folder, home: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    remember(folder, home, settings)
    monkeypatch.setenv("PULUMI_BACKEND_URL", "https://b")

    assert "stacks/Pulumi.test.yaml" in folder.run("check").out


def test_the_variable_comes_first(
    folder: Folder, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remember(folder, home, {"stack": "test"})
    monkeypatch.setenv("PULUMI_STACK", "acme/cks-access/other")

    assert "stacks/Pulumi.other.yaml" in folder.run("check").out


@pytest.mark.parametrize(
    "settings",
    [
        "",
        "{",
        [],
        {},
        {"stack": 7},
        {"stacks": {"https://a": "other", "https://b": "test"}},
    ],
)
def test_where_the_selection_is_not_known_a_name_is_asked_for(
    folder: Folder, home: Path, settings: Any
) -> None:
    if settings != "":
        remember(folder, home, settings)

    printed = folder.run("check")

    assert printed.code == 1
    assert NO_NAME in printed.err
    assert "this project has other, test" in printed.err


def test_an_empty_variable_selects_nothing(
    folder: Folder, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remember(folder, home, {"stack": "test"})
    monkeypatch.setenv("PULUMI_STACK", "")

    assert NO_NAME in folder.run("check").err


@pytest.mark.usefixtures("home")
def test_without_a_project_nothing_is_selected(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder.path / "Pulumi.yaml").unlink()

    nowhere = folder.run("check").err
    monkeypatch.chdir(folder.path / "stacks")
    beside = folder.run("check").err

    assert "no stack is named, and there is no Pulumi.yaml in this folder or above it" in nowhere
    assert "with a file in this folder" not in nowhere
    assert beside.endswith("; the stacks with a file in this folder are other, test\n")
