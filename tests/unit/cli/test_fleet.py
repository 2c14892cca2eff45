"""One fleet file becomes a stack file for each stack; what Pulumi keeps in those files stays."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cks_components.project import engine_yaml, stack_config
from cks_components.project.configuration import LARGEST_SIZE, size

if TYPE_CHECKING:
    from tests.unit.conftest import Folder

FLEET = """\
common:
  environment: production
  identity:
    issuerUrl: https://idp.example.com
    clientId: cks
    usernameClaim: preferred_username
    usernamePrefix: "idp:"
    groupsClaim: groups
    groupsPrefix: "idp:"
  bindings:
    - {groups: [sre], clusterRole: view, namespaces: [web]}
stacks:
  us-east:
    clusters:
      - {name: train-1}
      - {name: train-2}
  eu-staging:
    environment: staging
    clusters:
      - {id: 00000000-0000-4000-8000-00000000000a, endpoint: cw1234-1a2b3c4d.k8s.eu-south-03a.coreweave.com}
"""


@pytest.fixture
def fleet(folder: Folder) -> Folder:
    (folder.path / "fleet.yaml").write_text(FLEET)
    return folder


def stack_file(folder: Folder, stack: str) -> Path:
    return folder.path / "stacks" / f"Pulumi.{stack}.yaml"


def values(stack: str) -> dict[str, Any]:
    return dict(stack_config.find(stack).values)


def test_each_stack_gets_the_common_keys_and_its_own_which_replace_them(fleet: Folder) -> None:
    ran = fleet.run("fleet", "render")

    assert (ran.code, ran.err) == (0, "stack files: 2 changed, 0 unchanged\n")
    assert ran.out.splitlines() == [
        "written from fleet.yaml: stacks/Pulumi.us-east.yaml",
        "written from fleet.yaml: stacks/Pulumi.eu-staging.yaml",
    ]
    east, staging = values("us-east"), values("eu-staging")
    assert east["clusters"] == [{"name": "train-1"}, {"name": "train-2"}]
    assert (east["environment"], staging["environment"]) == ("production", "staging")
    assert east["identity"] == staging["identity"]
    for stack in ("us-east", "eu-staging"):
        assert fleet.run("check", stack).code == 0


def test_the_same_fleet_gives_the_same_files_in_the_order_of_the_schema(fleet: Folder) -> None:
    fleet.run("fleet", "render")
    first = stack_file(fleet, "us-east").read_text()
    again = fleet.run("fleet", "render")

    assert (again.out, again.err) == ("", "stack files: 0 changed, 2 unchanged\n")
    assert stack_file(fleet, "us-east").read_text() == first
    assert first.startswith("# Written by")
    turned = engine_yaml.load(FLEET)
    turned["common"] = dict(reversed(turned["common"].items()))
    (fleet.path / "fleet.yaml").write_text(json.dumps(turned))
    assert fleet.run("fleet", "render").out == ""


def test_a_check_writes_nothing_and_finds_what_differs(fleet: Folder) -> None:
    before = fleet.run("fleet", "render", "--check")
    assert (before.code, stack_file(fleet, "us-east").exists()) == (2, False)
    fleet.run("fleet", "render")
    assert fleet.run("fleet", "render", "--check").code == 0

    (fleet.path / "fleet.yaml").write_text(FLEET.replace("train-2", "train-3"))
    after = fleet.run("fleet", "render", "--check")

    assert (after.code, after.out) == (2, "differs from fleet.yaml: stacks/Pulumi.us-east.yaml\n")
    assert "train-3" not in stack_file(fleet, "us-east").read_text()


def test_what_pulumi_keeps_in_a_stack_file_stays(fleet: Folder) -> None:
    kept = {
        "secretsprovider": "awskms://alias/pulumi",
        "encryptedkey": "AQICA",
        "config": {
            "pulumi:tags": {"team": "sre"},
            "cks-access:identity": {"clientSecret": {"secure": "v1:abc"}},
            "cks-access:webhooks": {"secure": "v1:def"},
        },
    }
    stack_file(fleet, "us-east").write_text(json.dumps(kept))

    refused = fleet.run("fleet", "render")
    assert refused.code == 1
    assert "was written by hand: cks-access:identity would be replaced" in refused.err
    assert fleet.run("fleet", "render", "--replace").code == 0

    content = engine_yaml.load(stack_file(fleet, "us-east").read_text())
    assert list(content) == ["secretsprovider", "encryptedkey", "config"]
    config = content["config"]
    assert config["pulumi:tags"] == {"team": "sre"}
    assert config["cks-access:webhooks"] == {"secure": "v1:def"}
    assert config["cks-access:identity"]["clientSecret"] == {"secure": "v1:abc"}
    assert config["cks-access:identity"]["clientId"] == "cks"
    assert fleet.run("fleet", "render").out == ""


def test_a_new_file_of_pulumi_with_nothing_of_ours_is_not_one_by_hand(fleet: Folder) -> None:
    stack_file(fleet, "us-east").write_text("encryptionsalt: v1:abc=\n")

    assert fleet.run("fleet", "render").code == 0
    assert "encryptionsalt: v1:abc=\n" in stack_file(fleet, "us-east").read_text()


def test_what_pulumi_adds_at_the_end_of_a_rendered_file_is_no_difference(fleet: Folder) -> None:
    fleet.run("fleet", "render")
    with stack_file(fleet, "us-east").open("a") as file:
        file.write("encryptionsalt: v1:abc=\n")

    assert fleet.run("fleet", "render", "--check").code == 0


def test_a_key_that_left_the_fleet_file_leaves_the_stack_file(fleet: Folder) -> None:
    fleet.run("fleet", "render")
    (fleet.path / "fleet.yaml").write_text(FLEET.replace("    environment: staging\n", ""))
    fleet.run("fleet", "render")

    assert values("eu-staging")["environment"] == "production"


def test_a_stack_that_left_the_fleet_is_named_and_left_alone(fleet: Folder) -> None:
    fleet.run("fleet", "render")
    fleet.write("other", environment="staging")
    (fleet.path / "fleet.yaml").write_text(FLEET.partition("  eu-staging:")[0])

    ran = fleet.run("fleet", "render")

    assert ran.code == 0
    assert "stacks/Pulumi.eu-staging.yaml belongs to no stack of fleet.yaml any more" in ran.err
    assert json.loads(fleet.run("fleet", "render", "--json").out) == {
        "changed": [],
        "unchanged": ["stacks/Pulumi.us-east.yaml"],
        "leftOver": ["stacks/Pulumi.eu-staging.yaml"],
    }
    assert "Pulumi.other.yaml" not in ran.err
    assert stack_file(fleet, "eu-staging").exists()


def test_a_program_reads_which_files_were_written(fleet: Folder) -> None:
    assert json.loads(fleet.run("fleet", "render", "--json").out) == {
        "changed": ["stacks/Pulumi.us-east.yaml", "stacks/Pulumi.eu-staging.yaml"],
        "unchanged": [],
        "leftOver": [],
    }


TEXTS = ["yes", "010", "1e3", "2026-01-02", "0x1F", ".5", "~", "null", "a: b", "- x", "é", "@x", ""]


@pytest.mark.parametrize(
    "text", [*TEXTS, "two\nlines\n", " led", "#x", "=", "<<", "*", "1:20", "y"]
)
def test_a_text_stays_a_text_for_pulumi(folder: Folder, text: str) -> None:
    named = {"stacks": {"east": {"clusters": [{"name": text}], "identity": {"clientId": text}}}}
    (folder.path / "fleet.yaml").write_text(json.dumps(named))

    assert folder.run("fleet", "render").code == 0
    config = engine_yaml.load(stack_file(folder, "east").read_text())["config"]
    assert config["cks-access:identity"]["clientId"] == text


@pytest.mark.parametrize("value", [True, 7, 0.25, [], {}, None])
def test_other_values_stay_what_they_are(folder: Folder, value: object) -> None:
    named = {"stacks": {"east": {"clusters": [{"name": "a"}], "verify": value}}}
    (folder.path / "fleet.yaml").write_text(json.dumps(named))
    folder.run("fleet", "render")

    config = engine_yaml.load(stack_file(folder, "east").read_text())["config"]
    assert config["cks-access:verify"] == value


def test_the_names_of_the_stacks_make_a_matrix(fleet: Folder) -> None:
    assert fleet.run("fleet", "stacks").out == "us-east\neu-staging\n"
    assert json.loads(fleet.run("fleet", "stacks", "--json").out) == ["us-east", "eu-staging"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("stack: {}\n", "1:1: stack: is not a key of a fleet file"),
        ("common: 7\nstacks: {a: {clusters: []}}\n", "1:1: common: must hold keys"),
        ("common: {}\n", "1:1: stacks: must hold the name of each stack"),
        ("stacks: []\n", "1:1: stacks: must hold the name of each stack"),
        ("stacks:\n  a: {}\n", "2:3: stacks.a: has no list of clusters"),
        ("stacks:\n  a: 7\n", "2:3: stacks.a: must hold keys of a stack file"),
        ("stacks:\n  a b: {clusters: []}\n", "2:3: stacks.a b: is not a name of a stack"),
        (
            "stacks:\n  a: {clusters: [], idenity: {}}\n",
            '2:21: stacks.a.idenity: is not a key of a stack file (the nearest is "identity")',
        ),
        (
            "common: {clusters: []}\nstacks:\n  a: {clusters: []}\n",
            "1:10: common.clusters: a cluster belongs to one stack",
        ),
        (
            "stacks:\n  a: {clusters: [{name: x}]}\n  b:\n    clusters:\n      - {name: X}\n",
            "5:9: stacks.b.clusters[0]: is the cluster X, as stacks.a.clusters[0] is",
        ),
    ],
)
def test_a_wrong_fleet_file_is_refused_at_its_place_and_nothing_is_written(
    folder: Folder, text: str, found: str
) -> None:
    (folder.path / "fleet.yaml").write_text(text)

    ran = folder.run("fleet", "render")

    assert ran.code == 1
    assert f"fleet.yaml:{found}" in ran.err
    assert not list((folder.path / "stacks").iterdir())


def test_a_fleet_file_that_is_missing_is_named(folder: Folder) -> None:
    ran = folder.run("fleet", "render", "elsewhere.yaml")

    assert ran.code == 1
    assert "cannot read elsewhere.yaml" in ran.err


def test_a_project_in_json_has_no_place_for_the_line_that_says_where_a_file_comes_from(
    fleet: Folder,
) -> None:
    (fleet.path / "Pulumi.yaml").unlink()
    (fleet.path / "Pulumi.json").write_text('{"name": "cks-access"}')

    ran = fleet.run("fleet", "render")

    assert ran.code == 1
    assert "rename Pulumi.json" in ran.err


def pinned(count: int) -> list[dict[str, str]]:
    return [
        {
            "id": f"00000000-0000-4000-8000-{n:012d}",
            "alias": f"train-{n}",
            "endpoint": f"cw1234-{n:08x}.k8s.us-east-04a.coreweave.com",
        }
        for n in range(count)
    ]


def test_a_stack_that_is_too_large_for_pulumi_is_refused_with_its_clusters_counted(
    folder: Folder,
) -> None:
    (folder.path / "fleet.yaml").write_text(
        json.dumps({"stacks": {"all": {"clusters": pinned(1000)}}})
    )

    ran = folder.run("fleet", "render")

    assert ran.code == 1
    message = (
        r"stacks\.all: its configuration has 1\d\d KiB, but .* at most 127 KiB; divide its 1000"
    )
    assert re.search(message, ran.err)


def test_check_warns_of_a_stack_that_is_too_large_for_pulumi(folder: Folder) -> None:
    identity = {"issuerUrl": "https://idp.example.com", "clientId": "cks", "usernameClaim": "sub"}
    folder.write("all", identity=identity, clusters=pinned(1000))

    assert "its configuration has" in folder.run("check", "all").out
    folder.write("all", identity=identity, clusters=pinned(800))
    assert "its configuration has" not in folder.run("check", "all").out


def test_a_configuration_is_measured_as_go_writes_it() -> None:
    assert size({"a:b": "x"}) == len('{"a:b":"x"}')
    assert size({"a:b": ["<"]}) == len(r'{"a:b":"[\"\\u003c\"]"}')
    assert size({"a:b": True}) == len('{"a:b":"true"}')
    assert LARGEST_SIZE + len("PULUMI_CONFIG=") + 1 == 128 * 1024


def test_a_folder_that_cannot_be_made_is_one_sentence(fleet: Folder) -> None:
    (fleet.path / "stacks").rmdir()
    (fleet.path / "stacks").write_text("a file")

    ran = fleet.run("fleet", "render")

    assert ran.code == 1
    assert "cannot write stacks/Pulumi.us-east.yaml: " in ran.err
