"""Somebody else's program on the real engine: outputs as arguments, and no secret in clear."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from lab.api import fleet

if TYPE_CHECKING:
    from tests.engine.conftest import Project

CLIENT_ID = "client-id-" + "that-is-hidden"
SECRET = "client-secret-" + "as-text"
ISSUER = "https://idp.example.com"
NONSENSE = "Calling __str__"


def test_outputs_become_access_and_no_secret_lies_in_clear(library_project: Project) -> None:
    project = library_project
    ids = project.add_clusters(
        "train", oidc={"issuerUrl": "https://old.example.com", "clientId": "o"}
    )
    endpoint = fleet.endpoint("train")
    told = {"cluster_id": ids["train"], "endpoint": endpoint, "issuer": ISSUER}
    given = {"cluster": told, "prefix": "idp:"}
    # Configuration that is not encrypted lies in the state by itself, so they come another way.
    project.environment |= {"OUR_CLIENT_ID": CLIENT_ID, "OUR_CLIENT_SECRET": SECRET}
    project.write(**given)

    runs = [project.pulumi("preview", "--diff"), project.up()]
    block = project.emulator.cluster(ids["train"])
    assert block["oidc"] == {
        "issuerUrl": ISSUER,
        "clientId": CLIENT_ID,
        "usernameClaim": "email",
        "groupsClaim": "groups",
        "groupsPrefix": "idp:",
    }
    assert block["authnWebhook"] == {"server": f"{ISSUER}/authn"}

    project.write(**given | {"prefix": "new:"})
    runs += [project.pulumi("preview", "--diff"), project.up(), project.pulumi("refresh", "--yes")]
    runs += [project.pulumi("stack", "output"), project.pulumi("stack", "export")]
    for run in runs:
        assert run.code == 0, run.text
        for text in (SECRET, CLIENT_ID, NONSENSE):
            assert text not in run.text
    assert project.emulator.cluster(ids["train"])["oidc"]["groupsPrefix"] == "new:"

    shown = project.pulumi("stack", "output", "kubeconfig", "--show-secrets").text
    people = yaml.safe_load(shown)
    assert people["clusters"][0] == {
        "name": "as-library/test/train/people",
        "cluster": {"server": f"https://api.{endpoint}"},
    }
    assert f"--oidc-client-secret={SECRET}" in people["users"][0]["user"]["exec"]["args"]
    assert project.output("facts")["managedServer"] == f"https://{endpoint}"
    assert f"https://{endpoint}" in project.output("adminKubeconfig")

    destroyed = project.destroy()
    assert destroyed.code == 0, destroyed.text
    assert project.emulator.cluster(ids["train"]).keys().isdisjoint({"oidc", "authnWebhook"})


def test_what_is_wrong_with_a_program_is_said_without_a_traceback_and_sends_nothing(
    library_project: Project,
) -> None:
    project = library_project
    ids = project.add_clusters("train")
    told = {
        "cluster_id": ids["train"],
        "endpoint": fleet.endpoint("train"),
        "issuer": ISSUER,
    }
    for wrong, text in (
        ("role", "bindings[0].cluster_role: is an output of another resource"),
        ("prefix", '"rbac" would bind "ml", but "access-oidc" makes that name "idp:ml"'),
    ):
        project.write(cluster=told, wrong=wrong)

        up = project.up()

        assert up.code != 0
        assert text in up.text
        assert "Traceback" not in up.text
        assert up.requests == []
