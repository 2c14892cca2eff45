"""The command line sees the configuration that Pulumi makes of the files, and that a program gets."""

from __future__ import annotations

import json
import shutil
import subprocess
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest

from cks_components.project import engine_config, stack_config
from cks_components.stack_file.reading import decoded
from tests.configurations import CASES, PLAIN_PROJECT, Case, case

if TYPE_CHECKING:
    from tests.engine.conftest import Project

SECRETS = case(
    "secrets",
    """\
config:
  cks-access:identity: {issuerUrl: https://idp.example.com, clientId: cks, usernameClaim: email}
  cks-access:bindings: [{clusterRole: view}]
""",
    {},
    f"{PLAIN_PROJECT}config:\n  identity.adopt: true\n  environment: staging\n",
)
PROGRAM = """\
import json, os, pathlib
from pulumi.runtime import config
pathlib.Path(os.environ["RECEIVED"]).write_text(json.dumps(config.CONFIG.get()))
"""


@pytest.fixture
def pulumi(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project whose program writes down what it receives; `pulumi` is that of the tests."""
    for name, value in project.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("PULUMI_STACK")
    monkeypatch.chdir(project.folder)
    return project


def lay_out(project: Project, made: Case) -> None:
    for found in project.folder.iterdir():
        shutil.rmtree(found) if found.is_dir() and not found.is_symlink() else found.unlink()
    for name, text in made.files.items():
        path = project.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (project.folder / "__main__.py").write_text(PROGRAM)


def test_our_view_of_each_project_is_that_of_pulumi(pulumi: Project) -> None:
    """One stack for the whole table: making one costs seconds."""
    differing: dict[str, Any] = {}
    for each in CASES:
        lay_out(pulumi, each)
        if "name: another" in each.files.get("Pulumi.yaml", ""):
            pulumi_runs(pulumi, "stack", "init", "test", "--no-select")
        with_engine = as_read(pulumi_runs(pulumi, "config", "--json", "--stack", each.stack))
        ours = whole(stack_config.find(each.stack).values)
        if not with_engine == ours == whole(each.expected):
            differing[each.name] = {"Pulumi": with_engine, "ours": ours, "table": each.expected}

    assert not differing, json.dumps(differing, indent=1)


def test_a_program_receives_what_is_resolved_here(
    pulumi: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With secrets anywhere in an object, set with --path, in the stack that is selected."""
    lay_out(pulumi, SECRETS)
    pulumi_runs(pulumi, "stack", "select", "test")
    secret = "s3cr3t-" + "value"
    for key in ("identity.clientSecret", "bindings[0].users[0]", "webhooks.authentication.server"):
        pulumi_runs(pulumi, "config", "set", "--path", f"cks-access:{key}", "--secret", secret)
    pulumi_runs(pulumi, "config", "set", "--path", "cks-access:clusters[0].name", "east")
    pulumi_runs(pulumi, "config", "set", "cks-access:updateTimeout", "--secret", "20m")
    received = pulumi.folder.parent / "received.json"
    monkeypatch.setenv("RECEIVED", str(received))

    offline = stack_config.find()
    asked = engine_config.resolved(offline)
    decrypted = engine_config.used(asked, lambda settings: settings.update_timeout)
    pulumi_runs(pulumi, "preview")

    program = whole(decoded(json.loads(received.read_text())))
    hidden = {
        ("identity", "clientSecret"),
        ("bindings", 0, "users", 0),
        ("webhooks", "authentication", "server"),
        ("updateTimeout",),
    }
    assert set(offline.unknown) == set(asked.unknown) == hidden
    assert whole(offline.values) == whole(asked.values)
    assert decrypted == 20 * 60
    assert secret not in str(asked)
    for place in hidden:
        assert at(program, place) in (secret, "20m")
    assert without(program, hidden) == without(whole(offline.values), hidden)


def at(value: Any, place: tuple[str | int, ...]) -> Any:
    for step in place:
        value = value[step]
    return value


def without(value: Any, places: set[tuple[str | int, ...]]) -> Any:
    value = deepcopy(value)
    for place in places:
        at(value, place[:-1])[place[-1]] = None
    return value


def pulumi_runs(project: Project, *arguments: str) -> str:
    done = subprocess.run(
        ["pulumi", "--non-interactive", "--color", "never", *arguments],
        cwd=project.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def as_read(printed: str) -> Any:
    return whole(decoded({key: entry["value"] for key, entry in json.loads(printed).items()}))


def whole(value: Any) -> Any:
    """Numbers beyond 64 bits as the engine has them."""
    if isinstance(value, dict):
        return {key: whole(part) for key, part in value.items()}
    if isinstance(value, list):
        return [whole(part) for part in value]
    is_large = isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**63
    return float(value) if is_large else value
