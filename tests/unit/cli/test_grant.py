"""`cks-access grant` writes a right that ends, and `cks-access expired` lists what has ended."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.conftest import Folder

TEXT = """\
# who has access
config:
  cks-access:environment: production
  cks-access:clusters:
    - name: east   # the first
    - name: west
  cks-access:roles:
    - name: queue
      namespaces: [a]
      rules: [{verbs: [get], apiGroups: [""], resources: [pods]}]
  cks-access:bindings:
    - groups: [ml]
      clusterRole: view  # reads
"""
GRANT = ("grant", "test", "--group", "oncall", "--role", "cluster-admin", "--reason", "INC-1")


@pytest.fixture
def path(folder: Folder) -> Path:
    path = folder.path / "stacks" / "Pulumi.test.yaml"
    path.write_text(TEXT)
    return path


def config(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text())["config"]
    return found


def test_the_entry_is_all_that_changes(folder: Folder, path: Path) -> None:
    printed = folder.run(*GRANT, "--until", "2999-12-31T18:00:00Z")

    assert printed.code == 0, printed.err
    assert printed.out == (
        "stacks/Pulumi.test.yaml: added bindings[1], which ends at 2999-12-31T18:00:00Z; commit it "
        "and open a pull request\n"
    )
    assert path.read_text() == TEXT + (
        "    - groups: [oncall]\n"
        "      clusterRole: cluster-admin\n"
        '      until: "2999-12-31T18:00:00Z"\n'
        "      reason: INC-1\n"
    )
    assert folder.run("check", "test").code == 0


def test_a_role_that_looks_misspelt_is_written_with_the_warning(folder: Folder, path: Path) -> None:
    printed = folder.run("grant", "test", "--group", "oncall", "--role", "vew", "--for", "4h")

    assert printed.code == 0
    assert config(path)["cks-access:bindings"][1]["clusterRole"] == "vew"
    (warning,) = printed.err.splitlines()
    assert "bindings[1].clusterRole: " in warning
    assert '"view"' in warning
    assert warning.endswith("[RBAC-11]")


def test_a_right_on_one_cluster_goes_into_its_entry(folder: Folder, path: Path) -> None:
    printed = folder.run(*GRANT, "--cluster", "east", "--for", "4h", "--json")

    data = json.loads(printed.out)
    assert data["path"] == "clusters[0].bindings[0]"
    assert config(path)["cks-access:clusters"][0]["bindings"] == [data["entry"]]
    assert "# the first" in path.read_text()


def test_a_role_of_the_stack_in_namespaces_is_written_as_a_role(folder: Folder, path: Path) -> None:
    arguments = ("--group", "ops", "--role", "queue", "--namespace", "a", "--for", "1h")

    assert folder.run("grant", "test", *arguments, "--cluster", "west").code == 0
    assert folder.run("grant", "test", *arguments).code == 0

    assert config(path)["cks-access:bindings"][1]["role"] == "queue"
    assert config(path)["cks-access:clusters"][1]["bindings"][0]["role"] == "queue"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--until", "2020-01-01"), "2020-01-01T00:00:00Z is in the past; give a later end"),
        (("--for", "0s"), "is in the past"),
        ((), "give either --for or --until"),
        (("--for", "1h", "--until", "2999-01-01"), "give either --for or --until"),
        (("--for", "soon"), '"soon" is not a duration'),
        (("--for", "1h", "--cluster", "eastt"), 'no cluster "eastt" (the nearest is "east")'),
        (("--for", "1h", "--reason", ""), "bindings[1].reason: is missing"),
        (("--for", "1h", "--role", "*"), '"*" is not the name of a role'),
    ],
)
def test_what_cannot_be_meant_is_refused_and_nothing_is_written(
    folder: Folder, path: Path, arguments: tuple[str, ...], said: str
) -> None:
    printed = folder.run(*GRANT, *arguments)

    assert printed.code == 1
    assert said in printed.err
    assert path.read_text() == TEXT


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (
            '{groups: [x, oncall], clusterRole: cluster-admin, until: "2998-01-01", reason: a}',
            '"oncall" has cluster-admin cluster wide already, until 2998-01-01T00:00:00Z; write '
            'until: "2999-01-01T00:00:00Z" here to extend it',
        ),
        (
            '{groups: [oncall], clusterRole: cluster-admin, until: "2999-01-01", reason: a}',
            '"oncall" has cluster-admin cluster wide already, until 2999-01-01T00:00:00Z, which is no '
            "earlier",
        ),
        (
            "{groups: [oncall], clusterRole: cluster-admin}",
            '"oncall" has cluster-admin cluster wide already, and without an end; write until: '
            '"2999-01-01T00:00:00Z" here to let it end',
        ),
    ],
)
@pytest.mark.parametrize("place", [(), ("--cluster", "west"), ("--namespace", "a")])
def test_a_right_that_is_there_is_named_and_not_written_again(
    folder: Folder, path: Path, entry: str, said: str, place: tuple[str, ...]
) -> None:
    path.write_text(f"{TEXT}    - {entry}\n")

    printed = folder.run(*GRANT, "--until", "2999-01-01", *place)

    narrow = said.replace("cluster wide", "in namespace a") if "a" in place else said
    assert printed.code == 1
    assert f"stacks/Pulumi.test.yaml:14:7: bindings[1]: {narrow}\n" in printed.err
    assert "nothing was written into stacks/Pulumi.test.yaml" in printed.err
    assert path.read_text() == f"{TEXT}    - {entry}\n"


@pytest.mark.parametrize(
    "entry",
    [
        "{groups: [Oncall], clusterRole: cluster-admin}",
        "{groups: [oncall], clusterRole: view}",
        "{groups: [oncall], clusterRole: cluster-admin, namespaces: [a]}",
        "{groups: [{secure: AAABAE}], clusterRole: cluster-admin}",
    ],
)
def test_a_right_that_only_resembles_one_is_written(folder: Folder, path: Path, entry: str) -> None:
    path.write_text(f"{TEXT}    - {entry}\n")

    assert folder.run(*GRANT, "--for", "4h").code == 0
    assert len(config(path)["cks-access:bindings"]) == 3


@pytest.mark.usefixtures("path")
def test_a_right_of_another_cluster_is_not_the_same(folder: Folder) -> None:
    assert folder.run(*GRANT, "--for", "4h", "--cluster", "west").code == 0
    assert folder.run(*GRANT, "--for", "4h", "--cluster", "east").code == 0
    assert folder.run(*GRANT, "--for", "4h", "--cluster", "east").code == 1


def test_a_right_that_has_ended_is_written_anew_and_the_old_entry_is_named(
    folder: Folder, path: Path
) -> None:
    old = '{groups: [oncall], clusterRole: cluster-admin, until: "2020-01-01", reason: a}'
    path.write_text(f"{TEXT}    - {old}\n")

    printed = folder.run(*GRANT, "--until", "2999-01-01")
    as_data = folder.run(*GRANT, "--until", "2999-01-01", "--role", "view", "--json")

    assert printed.code == 0
    assert (
        "added bindings[2], which ends at 2999-01-01T00:00:00Z; bindings[1] ended before and can be "
        "deleted; commit it and open a pull request" in printed.out
    )
    assert json.loads(as_data.out)["ended"] == []


@pytest.mark.parametrize(
    ("duration", "problem"),
    [
        ("99999999h", "--for ends after the year 9999; give a shorter time"),
        ("99999999999999999d", "--for ends after the year 9999; give a shorter time"),
        ("4", '"4" has no unit; write "4s" or "4h", for example'),
    ],
)
def test_a_time_that_is_too_long_or_has_no_unit_is_refused(
    folder: Folder, path: Path, duration: str, problem: str
) -> None:
    printed = folder.run(*GRANT, "--for", duration)

    assert printed.code == 1
    assert problem in printed.err
    assert path.read_text() == TEXT


def test_somebody_must_be_named(folder: Folder, path: Path) -> None:
    printed = folder.run("grant", "test", "--role", "view", "--for", "1h")

    assert (printed.code, path.read_text()) == (1, TEXT)
    assert "nobody is named" in printed.err


def test_a_key_without_the_project_is_understood(folder: Folder, path: Path) -> None:
    path.write_text(TEXT.replace("cks-access:bindings", "bindings"))

    assert folder.run(*GRANT, "--for", "1h").code == 0
    assert len(config(path)["bindings"]) == 2


def test_bindings_of_every_stack_are_left_to_people(folder: Folder, path: Path) -> None:
    path.write_text(TEXT[: TEXT.index("  cks-access:bindings")])
    shared = [{"groups": ["ml"], "clusterRole": "view"}]
    project = {"name": "cks-access", "stackConfigDir": "stacks"}
    written = project | {"config": {"cks-access:bindings": {"value": shared}}}
    (folder.path / "Pulumi.yaml").write_text(json.dumps(written))

    printed = folder.run(*GRANT, "--for", "1h")

    assert printed.code == 1
    assert "they are in Pulumi.yaml, for every stack" in printed.err


def test_a_file_that_cannot_be_written_is_said(
    folder: Folder, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Path, __: bytes) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "write_bytes", refuse)

    printed = folder.run(*GRANT, "--for", "1h")

    assert printed.code == 1
    assert "cannot write stacks/Pulumi.test.yaml: Permission denied" in printed.err


def test_a_stack_without_a_file_has_nowhere_to_write(folder: Folder) -> None:
    project = {"name": "cks-access", "stackConfigDir": "stacks"}
    values = {
        "clusters": [{"name": "east"}],
        "bindings": [{"groups": ["m"], "clusterRole": "view"}],
    }
    shared = {f"cks-access:{key}": {"value": value} for key, value in values.items()}
    (folder.path / "Pulumi.yaml").write_text(json.dumps(project | {"config": shared}))

    printed = folder.run("grant", "fresh", "--group", "o", "--role", "view", "--for", "1h")

    assert printed.code == 1
    assert "cannot read stacks/Pulumi.fresh.yaml" in printed.err


PIPELINE = {"name": "cd", "namespace": "ci", "clusterRole": "view", "until": "2020-01-01"}


def test_what_has_ended_is_listed_with_its_place(folder: Folder) -> None:
    old = {"groups": ["oncall"], "clusterRole": "admin", "until": "2020-01-01", "reason": "INC-1"}
    later = old | {"until": "2999-01-01"}
    clusters = [{"name": "east", "bindings": [later, old], "automation": [PIPELINE]}]
    folder.write(clusters=clusters)
    folder.write("other", clusters=[{"name": "west"}], bindings=[later])

    printed = folder.run("expired")

    assert printed.code == 2
    first, second = printed.out.splitlines()
    assert first.startswith("stacks/Pulumi.test.yaml:1:")
    assert ": clusters[0].bindings[1]: oncall: admin ended " in first
    assert first.endswith("days ago (2020-01-01T00:00:00Z); delete the entry")
    assert ": clusters[0].automation[0]: pipeline cd: view ended " in second
    (entry, _) = json.loads(folder.run("expired", "test", "--json").out)
    assert (entry["stack"], entry["path"]) == ("test", "clusters[0].bindings[1]")
    assert (entry["until"], entry["reason"]) == ("2020-01-01T00:00:00Z", "INC-1")
    assert folder.run("expired", "other").code == 0


def test_a_file_that_cannot_be_read_does_not_hide_what_has_ended_in_another(folder: Folder) -> None:
    folder.write("broken", clusters=[{"name": "east"}], bindings=[{"until": "soon"}])
    old = {"groups": ["oncall"], "clusterRole": "view", "until": "2020-01-01"}
    folder.write("other", clusters=[{"name": "west"}], bindings=[old])

    printed = folder.run("expired", "other", "broken", "nope.yaml")

    assert (printed.code, printed.out) == (1, "")
    assert "bindings[0]: oncall: view ended" in printed.err
    assert "cannot read nope.yaml" in printed.err
    assert folder.run("expired", "other", "broken", "--json").out == ""
    assert "bindings[0].until: must be a date" in printed.err
    assert "nothing has ended" not in folder.run("expired", "broken").err


def test_nothing_to_delete_is_said(folder: Folder) -> None:
    folder.write(clusters=[{"name": "east"}], bindings=[{"groups": ["a"], "clusterRole": "view"}])

    printed = folder.run("expired")

    assert (printed.code, printed.out, printed.err) == (0, "", "nothing has ended\n")


def test_a_folder_without_stack_files_and_a_broken_one_are_errors(folder: Folder) -> None:
    assert "there are no stack files here" in folder.run("expired").err
    folder.write(clusters=[{"name": "east"}], bindings=[{"until": "soon"}])
    printed = folder.run("expired")
    assert printed.code == 1
    assert "bindings[0].until: must be a date" in printed.err


def test_no_token_is_minted_for_a_pipeline_that_has_ended(folder: Folder) -> None:
    folder.write(clusters=[{"name": "east"}], automation=[PIPELINE])

    printed = folder.run("token", "test/east/cd")

    assert printed.code == 1
    assert 'pipeline "cd" on cluster east: its rights have ended (until)' in printed.err


@pytest.mark.parametrize("until", ["2999-13-01", "soon", "2999-01-01T10:00:00"])
def test_an_end_that_is_no_time_is_refused_in_the_words_of_a_stack_file(
    folder: Folder, until: str
) -> None:
    folder.write(clusters=[{"name": "c"}], bindings=[{"groups": ["a"], "clusterRole": "view"}])

    printed = folder.run("grant", "test", "--group", "a", "--role", "view", "--until", until)

    assert printed.code == 1
    assert f'"{until}" ' in printed.err
    assert "must be a date such as 2026-12-31" in printed.err or 'write "2999' in printed.err
    assert "%Y" not in printed.err
