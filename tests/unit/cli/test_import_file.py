"""The file that takes an existing block into the state."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pulumi.dynamic.dynamic import serialize_provider

from cks_components.cluster_oidc import ClusterOidcProvider

if TYPE_CHECKING:
    from tests.conftest import World
    from tests.unit.conftest import Folder

IDENTITY: dict[str, Any] = {
    "issuerUrl": "https://idp.example.com",
    "clientId": "cks",
    "usernameClaim": "email",
    "onDelete": "retain",
    "clientSecret": {"secure": "AAAB"},
}
FOREIGN = "4e85a7c5-b345-4e9b-8343-ff7f84946635"
NAME = "ff7f84946635"
CLUSTERS = [{"name": "foreign"}, {"name": "local-east"}]


def test_both_bags_hold_what_check_would_write_and_what_the_cluster_has(
    folder: Folder, world: World
) -> None:
    folder.write(identity=IDENTITY, clusters=CLUSTERS)

    printed = folder.run("import-file", "test")

    assert printed.code == 0
    component, block = json.loads(printed.out)["resources"]
    assert component == {"type": "cks:index:ClusterAccess", "name": NAME, "component": True}
    assert (block["name"], block["parent"]) == (f"{NAME}-oidc", NAME)
    inputs, outputs = block["inputs"], block["outputs"]
    assert inputs["issuer_url"] == "https://sso.elsewhere.example"
    assert inputs["on_delete"] == "retain"
    assert inputs["__urn"].endswith(f"$pulumi-python:dynamic/cks:ClusterOidc::{NAME}-oidc")
    assert (
        inputs["__provider"] == outputs["__provider"] == serialize_provider(ClusterOidcProvider())
    )
    assert outputs["previous"]["client_id"] == "k8s"
    provider = ClusterOidcProvider()
    assert provider.check({}, dict(inputs)).inputs == inputs
    assert not provider.diff(block["id"], outputs, inputs).changes
    assert world.patches == []


def test_the_command_to_run_is_printed_beside_the_file(folder: Folder) -> None:
    folder.write(identity=IDENTITY, clusters=CLUSTERS)

    printed = folder.run("import-file", "test")

    assert 'cluster "local-east" has none of the blocks in the stack file' in printed.err
    assert "pulumi import --stack test --file import.json" in printed.err


def test_the_file_may_be_written_where_it_is_wanted(folder: Folder) -> None:
    path = folder.write(identity=IDENTITY, clusters=CLUSTERS)

    printed = folder.run("import-file", str(path), "--cluster", "foreign", "--output", "x y.json")

    assert printed.err == ""
    assert "--stack test --file 'x y.json'" in printed.out
    assert len(json.loads((folder.path / "x y.json").read_text())["resources"]) == 2


def test_a_file_that_cannot_be_written_is_one_sentence(folder: Folder) -> None:
    folder.write(identity=IDENTITY, clusters=CLUSTERS)

    printed = folder.run("import-file", "test", "--output", "missing/import.json")

    assert printed.code == 1
    assert "cannot write missing/import.json: No such file or directory" in printed.err


def test_a_program_reads_file_and_command_as_one_object(folder: Folder) -> None:
    folder.write(identity=IDENTITY, clusters=CLUSTERS)

    said = json.loads(folder.run("import-file", "test", "--json").out)

    assert set(said) == {"file", "command"}


def test_where_there_is_nothing_to_import_nothing_is_written(folder: Folder) -> None:
    folder.write(identity=IDENTITY, clusters=[{"name": "local-east"}])

    printed = folder.run("import-file", "test", "--output", "import.json")

    assert printed.code == 1
    assert "there is nothing to import" in printed.err
    assert not (folder.path / "import.json").exists()


def test_a_stack_without_an_identity_and_webhooks_has_nothing_to_own(folder: Folder) -> None:
    binding = {"groups": ["a"], "clusterRole": "view"}
    folder.write(bindings=[binding], clusters=CLUSTERS)

    printed = folder.run("import-file", "test")

    assert printed.code == 1
    assert "there is nothing to import" in printed.err


def test_webhooks_are_imported_where_the_stack_file_asks_for_them(
    folder: Folder, world: World
) -> None:
    hook = {"server": "https://theirs.example.com"}
    world.emulator.change(FOREIGN, authnWebhook=hook, authzWebhook=hook)
    wanted = {"authentication": {"server": "https://hook.example.com", "onDrift": "overwrite"}}
    folder.write(identity=IDENTITY, clusters=CLUSTERS, webhooks=wanted)

    resources = json.loads(folder.run("import-file", "test").out)["resources"]

    assert [r["name"] for r in resources] == [
        NAME,
        f"{NAME}-oidc",
        f"{NAME}-authentication-webhook",
    ]
    imported = resources[-1]
    assert imported["type"] == "pulumi-python:dynamic/cks:ClusterAuthenticationWebhook"
    assert imported["inputs"]["server"] == "https://theirs.example.com"
    assert imported["inputs"]["on_drift"] == "overwrite"
    assert imported["outputs"]["previous"] == {"server": "https://theirs.example.com"}


def test_a_cluster_that_the_stack_file_lacks_is_named(folder: Folder) -> None:
    folder.write(identity=IDENTITY, clusters=CLUSTERS)

    printed = folder.run("import-file", "test", "--cluster", "nobody")

    assert printed.code == 1
    assert "called nobody; it has foreign, local-east" in printed.err


def test_a_cluster_that_is_not_asked_for_is_not_looked_at(folder: Folder) -> None:
    folder.write(identity=IDENTITY, clusters=[*CLUSTERS, {"name": "newborn"}, {"name": "nope"}])

    printed = folder.run("import-file", "test", "--cluster", "foreign")

    assert printed.code == 0
    assert len(json.loads(printed.out)["resources"]) == 2
