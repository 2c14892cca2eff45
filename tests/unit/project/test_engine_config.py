"""With --resolve, Pulumi is asked for what the files do not show; secrets are asked for last."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.conftest import Folder

SECRET = "s3cr3t-" + "value"
IDENTITY = {"issuerUrl": "https://idp.example.com", "clientId": "cks", "usernameClaim": "email"}
PROGRAM = """\
#!/bin/sh
echo "$*" >> "$PULUMI_ASKED"
case "$*" in
*--show-secrets*) cat "$PULUMI_ASKED.all" ;;
*--json*) cat "$PULUMI_ASKED.json" ;;
*) cat "$PULUMI_ASKED.table" ;;
esac
exit "${PULUMI_CODE:-0}"
"""


class Pulumi:
    """A `pulumi` on PATH that answers for one stack, and notes how it was asked."""

    def __init__(self, folder: Path) -> None:
        self.asked = folder / "asked"

    def answers(self, known: dict[str, Any], secret: dict[str, Any], table: str = "") -> None:
        """Answer with values, of which some hold secrets that the table does not show."""
        shown = {f"cks-access:{key}": entry(value) for key, value in known.items()}
        hidden = {f"cks-access:{key}": {"secret": True} for key in secret}
        every = shown | {f"cks-access:{key}": entry(value) for key, value in secret.items()}
        self.asked.with_suffix(".json").write_text(json.dumps(shown | hidden))
        self.asked.with_suffix(".all").write_text(json.dumps(every))
        self.asked.with_suffix(".table").write_text(table)

    @property
    def questions(self) -> list[str]:
        return self.asked.read_text().splitlines()


def entry(value: Any) -> dict[str, Any]:
    text = value if isinstance(value, str) else json.dumps(value)
    return {"value": text, "secret": False}


@pytest.fixture
def pulumi(folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pulumi:
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "pulumi").write_text(PROGRAM)
    (programs / "pulumi").chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=os.pathsep)
    monkeypatch.setenv("PULUMI_ASKED", str(tmp_path / "asked"))
    (folder.path / "stacks" / "Pulumi.test.yaml").write_text(
        "environment: [acme/prod]\nconfig:\n  cks-access:clusters: [{name: local-east}]\n"
    )
    return Pulumi(tmp_path)


def test_what_comes_from_an_environment_is_judged(folder: Folder, pulumi: Pulumi) -> None:
    wrong = IDENTITY | {"issuerUrl": "http://idp.example.com"}
    pulumi.answers({"identity": wrong, "clusters": [{"name": "local-east"}]}, {})

    offline, asked = folder.run("check", "test"), folder.run("check", "test", "--resolve")

    assert offline.code == 0
    assert "may come from the environment" in offline.out
    assert asked.code == 2
    assert 'Pulumi.test.yaml:2:1: identity.issuerUrl: "http://idp.example.com" is not' in asked.out
    assert "Every rule was applied" in asked.err
    assert pulumi.questions == ["--non-interactive --color never config --open --stack test --json"]


def test_what_is_secret_stays_so_and_the_rest_beside_it_is_judged(
    folder: Folder, pulumi: Pulumi
) -> None:
    wrong = IDENTITY | {"groupsPrefix": "-", "clientId": SECRET}
    shown = json.dumps(wrong | {"clientId": "[secret]"})
    table = f"KEY            VALUE\nidentity       {shown}\nupdateTimeout  [secret]\n"
    secret = {"identity": wrong, "updateTimeout": SECRET}
    pulumi.answers({"clusters": [{"name": "local-east"}]}, secret, table)

    asked = folder.run("check", "test", "--resolve")

    assert ': identity.groupsPrefix: "-" is plain text' in asked.out
    assert "identity.clientId: is encrypted, so these rules were not applied: OIDC-05" in asked.out
    assert SECRET not in asked.out + asked.err
    assert not any("--show-secrets" in question for question in pulumi.questions)


def test_a_key_that_pulumi_shows_nowhere_is_not_known(folder: Folder, pulumi: Pulumi) -> None:
    pulumi.answers({"clusters": [{"name": "local-east"}]}, {"identity": IDENTITY}, table="")

    asked = folder.run("check", "test", "--resolve")

    assert "identity: is encrypted, so these rules were not applied: OIDC-01" in asked.out


def test_access_is_shown_with_what_pulumi_knows(folder: Folder, pulumi: Pulumi) -> None:
    bindings = [{"clusterRole": "view", "groups": ["ml"], "namespaces": ["training"]}]
    identity = IDENTITY | {"groupsClaim": "groups", "groupsPrefix": "idp:"}
    pulumi.answers({"identity": identity, "clusters": [{"name": "east"}], "bindings": bindings}, {})

    offline = folder.run("access", "test")
    asked = folder.run("access", "test", "--resolve")

    assert (
        'environments of Pulumi ESC set is not known offline and is not in this: "acme/prod"'
        in (offline.out)
    )
    assert "Group idp:ml (ml)" in asked.out
    assert "not known offline" not in asked.out


def test_access_needs_what_it_cannot_leave_out(folder: Folder, pulumi: Pulumi) -> None:
    (folder.path / "stacks" / "Pulumi.test.yaml").write_text("environment: {values: {a: b}}\n")
    pulumi.answers({"clusters": [{"id": "x"}]}, {})

    offline = folder.run("access", "test")

    assert offline.code == 1
    assert offline.err == (
        'cks-access: clusters: may come from the environment "inline" of Pulumi ESC, which is not '
        'known offline; "--resolve" asks Pulumi for it\n'
    )


def test_a_secret_that_is_used_is_asked_for_last(folder: Folder, pulumi: Pulumi) -> None:
    path = folder.write(identity=IDENTITY, clusters=[{"name": {"secure": "v1:A"}}])
    table = 'clusters  [{"name":"[secret]"}]\n'
    pulumi.answers({"identity": IDENTITY}, {"clusters": [{"name": "local-east"}]}, table)

    offline = folder.run("import-file", "test")
    asked = folder.run("import-file", str(path), "--resolve")

    assert offline.code == 1
    assert 'clusters[0].name: is encrypted; "--resolve" asks Pulumi for it' in offline.err
    assert "there is nothing to import" in asked.err
    assert [q.partition("--stack test ")[2] for q in pulumi.questions] == [
        "--json",
        "",
        "--json --show-secrets",
    ]


def test_the_clusters_whose_status_is_asked_for_may_be_encrypted(
    folder: Folder, pulumi: Pulumi
) -> None:
    folder.write(identity=IDENTITY, clusters=[{"name": {"secure": "v1:A"}}])
    table = 'clusters  [{"name":"[secret]"}]\n'
    pulumi.answers({"identity": IDENTITY}, {"clusters": [{"name": "local-east"}]}, table)

    offline = folder.run("status", "--stack", "test")
    asked = folder.run("status", "--stack", "test", "--resolve")

    assert 'clusters[0].name: is encrypted; "--resolve" asks Pulumi for it' in offline.err
    assert "cluster local-east" in asked.out


def test_a_secret_of_the_wrong_shape_is_not_shown(folder: Folder, pulumi: Pulumi) -> None:
    folder.write(identity=IDENTITY, clusters=[{"id": {"secure": "v1:A"}}])
    table = 'clusters  [{"id":"[secret]"}]\n'
    pulumi.answers({"identity": IDENTITY}, {"clusters": [{"id": SECRET}]}, table)

    asked = folder.run("import-file", "test", "--resolve")

    assert asked.code == 1
    assert asked.err == "cks-access: clusters[0].id: is not what belongs there, decrypted\n"


def test_a_token_is_minted_with_what_pulumi_knows(folder: Folder, pulumi: Pulumi) -> None:
    pulumi.answers({"clusters": [{"name": "local-east"}], "identity": IDENTITY}, {})

    offline = folder.run("token", "test/local-east/ci")
    asked = folder.run("token", "test/local-east/ci", "--resolve")

    assert "automation: may come from the environment" in offline.err
    assert 'the stack file has no automation entry "ci"' in asked.err


def test_a_file_that_is_of_no_stack_is_named(
    folder: Folder, pulumi: Pulumi, tmp_path: Path
) -> None:
    other = tmp_path / "other.yaml"
    other.write_text("config: {}\n")
    pulumi.answers({"clusters": [{"name": "east"}], "identity": IDENTITY}, {})

    folder.run("check", str(other), "--resolve")

    assert f"--stack other --config-file {other}" in pulumi.questions[0]


def test_what_pulumi_answers_is_told(
    folder: Folder, pulumi: Pulumi, monkeypatch: pytest.MonkeyPatch
) -> None:
    pulumi.answers({}, {})
    monkeypatch.setenv("PULUMI_CODE", "255")

    printed = folder.run("check", "test", "--resolve")

    assert printed.code == 1
    assert 'cannot ask Pulumi for the configuration of "test": exit code 255' in printed.err


def test_a_pulumi_that_does_not_end_is_told(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(command: list[str], **_: Any) -> None:
        raise subprocess.TimeoutExpired(command, 120)

    folder.write(identity=IDENTITY, clusters=[{"name": "east"}])
    monkeypatch.setattr(subprocess, "run", never)

    assert (
        "pulumi did not answer within 120 s; try again"
        in folder.run("check", "test", "--resolve").err
    )


def test_without_pulumi_the_way_out_is_told(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write(identity=IDENTITY, clusters=[{"name": "east"}])
    monkeypatch.setenv("PATH", str(tmp_path))

    printed = folder.run("check", "test", "--resolve")

    assert "pulumi is not installed; install it, or leave --resolve out" in printed.err


def test_a_promise_may_come_from_an_environment(folder: Folder, pulumi: Pulumi) -> None:
    clusters = [{"name": "local-east"}]
    expect = [{"user": "ann", "can": ["delete nodes"]}]
    bindings = [{"users": ["ann"], "clusterRole": "view", "namespaces": ["a"]}]
    pulumi.answers({"clusters": clusters, "bindings": bindings, "expect": expect}, {})

    asked = folder.run("test", "test", "--resolve")

    assert asked.code == 2
    assert asked.out.startswith("broken: local-east: expect[0].can[0]: ann can delete nodes")
