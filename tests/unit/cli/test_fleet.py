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

    stacks_file = "stacks/Pulumi.us-east.yaml"
    assert (after.code, after.out) == (
        2,
        f"differs from fleet.yaml: {stacks_file} (cluster train-2, cluster train-3)\n",
    )
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
    checked = fleet.run("fleet", "render", "--check")
    assert checked.code == 2
    assert "differs from fleet.yaml: stacks/Pulumi.eu-staging.yaml" in checked.out
    assert "was written by hand: cks-access:identity would be replaced" in checked.err
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


def test_what_is_encrypted_in_the_entry_of_a_cluster_stays_there(fleet: Folder) -> None:
    fleet.run("fleet", "render")
    path = stack_file(fleet, "us-east")
    entry = "{name: train-2, proxyUrl: {secure: v1:abc}}"
    path.write_text(path.read_text().replace("name: train-2", entry))
    turned = FLEET.replace("{name: train-1}", "{name: train-0}\n      - {name: train-1}")
    (fleet.path / "fleet.yaml").write_text(turned)

    assert fleet.run("fleet", "render").code == 0
    assert values("us-east")["clusters"][2]["name"] == "train-2"
    assert "secure: v1:abc" in path.read_text()

    (fleet.path / "fleet.yaml").write_text(FLEET.replace("      - {name: train-2}\n", ""))
    refused = fleet.run("fleet", "render")
    assert refused.code == 1
    assert "no place for what is encrypted there: clusters[2].proxyUrl" in refused.err
    assert "secure: v1:abc" in path.read_text()
    assert fleet.run("fleet", "render", "--check").code == 2


def test_what_somebody_changed_in_a_written_file_is_named(fleet: Folder) -> None:
    fleet.run("fleet", "render")
    path = stack_file(fleet, "us-east")
    path.write_text(path.read_text().replace("clusterRole: view", "clusterRole: edit"))

    named = "stacks/Pulumi.us-east.yaml (bindings)\n"
    assert fleet.run("fleet", "render", "--check").out == f"differs from fleet.yaml: {named}"
    assert fleet.run("fleet", "render").out == f"written from fleet.yaml: {named}"

    path.write_text(path.read_text() + "\n")
    assert fleet.run("fleet", "render").out.endswith("us-east.yaml\n")  # its layout alone differs


def test_a_stack_that_was_renamed_is_told_how(fleet: Folder) -> None:
    fleet.run("fleet", "render")
    (fleet.path / "fleet.yaml").write_text(FLEET.replace("us-east:", "us-west:"))

    written = fleet.run("fleet", "render")
    checked = fleet.run("fleet", "render", "--check")

    assert "every cluster of stack us-east is in us-west now" in written.err
    assert '"pulumi stack rename us-west --stack us-east"' in written.err
    assert (written.code, checked.code) == (0, 2)  # the clusters stand in two files
    stack_file(fleet, "us-east").rename(stack_file(fleet, "us-west"))  # as the rename does
    fleet.run("fleet", "render")
    assert fleet.run("fleet", "render", "--check").code == 0


def test_a_cluster_that_moves_to_another_stack_needs_its_state_moved_first(fleet: Folder) -> None:
    fleet.run("fleet", "render")
    text = FLEET.replace("      - {name: train-2}\n", "") + "      - {name: train-2}\n"
    (fleet.path / "fleet.yaml").write_text(text)

    for arguments in (("--check",), ()):
        said = fleet.run("fleet", "render", *arguments).err
        assert "1 cluster (train-2) moves from stack us-east to eu-staging" in said
        assert '"pulumi state move"' in said
    assert "moves" not in fleet.run("fleet", "render").err


def test_a_file_of_another_fleet_file_is_not_replaced(fleet: Folder) -> None:
    fleet.run("fleet", "render")
    (fleet.path / "fleet.yaml").rename(fleet.path / "other.yaml")

    refused = fleet.run("fleet", "render", "other.yaml")

    assert refused.code == 1
    assert "us-east.yaml was written from another fleet file than other.yaml" in refused.err
    assert fleet.run("fleet", "render", "other.yaml", "--replace").code == 0


def test_without_a_project_nothing_is_written(fleet: Folder) -> None:
    (fleet.path / "Pulumi.yaml").unlink()

    ran = fleet.run("fleet", "render")

    assert ran.code == 1
    assert "there is no Pulumi.yaml in this folder or above it" in ran.err
    assert not list(fleet.path.glob("Pulumi.*"))


def test_one_cluster_alone_cannot_be_divided(folder: Folder) -> None:
    waiver = {"rule": "OIDC-10", "reason": "x" * LARGEST_SIZE}
    stack = {"clusters": [{"name": "a"}], "waivers": [waiver]}
    (folder.path / "fleet.yaml").write_text(json.dumps({"stacks": {"all": stack}}))

    assert "(128 KiB with its name)\n" in folder.run("fleet", "render").err


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
            "5:9: stacks.b.clusters[0]: is the cluster X, as stacks.a.clusters[0] is; remove one of "
            "the two, because two stacks would overwrite",
        ),
        (
            "stacks:\n  a:\n    clusters: [{name: x}, {name: x}]\n",
            "3:27: stacks.a.clusters[1]: is the cluster x, as stacks.a.clusters[0] is; remove one of "
            "the two\n",
        ),
        ("stacks: {a: {clusters: [5]}}\n---\nstacks: {}\n", "3:1: another document begins here"),
        (
            "common: {roles: &r [*r]}\nstacks: {a: {clusters: []}}\n",
            "1:17: is not valid YAML: the value of this anchor contains itself",
        ),
        (
            "stacks:\n  a:\n    clusters: [{name: x, proxyUrl: {secure: v1:abc}}]\n",
            "3:26: stacks.a.clusters[0].proxyUrl: is an encrypted value, which only one stack",
        ),
        (
            "common: {identity: {clientId: 0123}}\nstacks: {a: {clusters: []}}\n",
            "1:21: common.identity.clientId: must be text, but without quotes 0123 is a number; put "
            'quotes around it: "0123"',
        ),
        (
            "stacks: {a: {clusters: []}, A: {clusters: []}}\n",
            "1:29: stacks.A: differs from a only in case",
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
        r"stacks\.all: its configuration has 1\d\d,\d\d\d bytes, but .* room for 131,057 .*"
        r"; divide its 1000"
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
