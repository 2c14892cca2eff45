"""The main job on the real engine: what is sent, shown and kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from lab.api import fleet
from tests.engine.stack_file import IDENTITY

if TYPE_CHECKING:
    from tests.engine.conftest import Project

ID = fleet.CONTROL_PLANE
CLUSTERS = [{"name": "local-east"}]
YES = ("--yes", "--skip-preview")


def test_a_stack_lives_from_its_first_up_to_its_destroy(project: Project) -> None:
    project.write(identity=IDENTITY, clusters=CLUSTERS)

    preview = project.pulumi("preview", "--diff")
    assert preview.code == 0, preview.text
    assert preview.sent == ["GET clusters"]

    up = project.pulumi("up", *YES)
    assert up.code == 0, up.text
    assert up.sent[:4] == ["GET clusters", f"GET {ID}", f"PATCH {ID}", f"GET {ID}"]
    assert up.patches == [
        {
            "id": ID,
            "version": "v1.36",
            "oidc": IDENTITY,
            "updateMask": "oidc.clientId,oidc.groupsClaim,oidc.groupsPrefix,oidc.issuerUrl,"
            "oidc.usernameClaim",
        }
    ]
    assert project.emulator.cluster(ID)["status"] == "STATUS_RUNNING"

    again = project.pulumi("up", *YES, "--expect-no-changes")
    assert again.code == 0, again.text
    assert again.patches == []

    kubeconfig = yaml.safe_load(project.output("kubeconfig"))
    host = fleet.endpoint("local-east")
    assert kubeconfig["clusters"][0]["cluster"] == {"server": f"https://api.{host}"}
    assert project.output("clusters")["local-east"] == {
        "id": ID,
        "managedServer": f"https://{host}",
        "unmanagedServer": f"https://api.{host}",
        "serviceAccountIssuer": f"https://oidc.cks.coreweave.com/id/{ID}",
    }

    project.write(identity=IDENTITY | {"groupsPrefix": "new:"}, clusters=CLUSTERS)
    shown = project.pulumi("preview", "--diff")
    assert '~ groups_prefix         : "idp:" => "new:"' in shown.text
    changed = project.pulumi("up", *YES)
    assert [p["updateMask"] for p in changed.patches] == ["oidc.groupsPrefix"]

    destroyed = project.pulumi("destroy", *YES)
    assert destroyed.code == 0, destroyed.text
    assert "oidc" not in project.emulator.cluster(ID)


def test_drift_has_a_name_stops_an_up_and_is_repaired_after_a_refresh(project: Project) -> None:
    project.write(identity=IDENTITY, clusters=CLUSTERS)
    assert project.pulumi("up", *YES).code == 0
    check = ("refresh", "--preview-only", "--diff", "--expect-no-changes")
    assert project.pulumi(*check).code == 0
    project.emulator.change(ID, oidc=IDENTITY | {"usernameClaim": "sub"})

    drift = project.pulumi(*check)
    assert drift.code == 7
    assert '~ username_claim        : "email" => "sub"' in drift.text

    project.write(identity=IDENTITY | {"groupsPrefix": "new:"}, clusters=CLUSTERS)
    refused = project.pulumi("up", *YES)
    assert refused.code != 0
    assert "usernameClaim: 'sub' on the cluster, 'email' in the state" in refused.text
    assert "Traceback" not in refused.text
    assert refused.patches == []

    assert project.pulumi("refresh", "--yes").code == 0
    repaired = project.pulumi("up", *YES)
    assert repaired.code == 0, repaired.text
    assert [p["updateMask"] for p in repaired.patches] == ["oidc.groupsPrefix,oidc.usernameClaim"]


def test_a_block_that_somebody_else_made_is_refused_taken_over_and_given_back(
    project: Project,
) -> None:
    foreign = next(c for c in project.emulator.clusters() if c["name"] == "foreign")
    clusters = [{"id": foreign["id"], "alias": "theirs"}]
    project.write(identity=IDENTITY, clusters=clusters)

    refused = project.pulumi("up", *YES)
    assert refused.code != 0
    assert "it already has a configuration that another tool or user set" in refused.text
    assert refused.patches == []

    project.write(identity=IDENTITY | {"adopt": True}, clusters=clusters)
    assert project.pulumi("up", *YES).code == 0
    assert project.pulumi("destroy", *YES).code == 0
    assert project.emulator.cluster(foreign["id"])["oidc"] == foreign["oidc"]


def test_a_saved_plan_is_applied_and_holds_no_token(project: Project) -> None:
    project.write(identity=IDENTITY, clusters=CLUSTERS)

    saved = project.pulumi("preview", "--save-plan", "plan.json")
    applied = project.pulumi("up", *YES, "--plan", "plan.json")

    assert saved.code == 0, saved.text
    assert (project.folder / "plan.json").exists()  # the fixture looks for the token in it
    assert applied.code == 0, applied.text
    assert len(applied.patches) == 1


def test_a_pinned_cluster_is_previewed_without_a_token_or_a_request(project: Project) -> None:
    pinned = [{"id": ID, "alias": "east", "endpoint": fleet.endpoint("local-east")}]
    project.write(identity=IDENTITY, clusters=pinned)

    preview = project.pulumi("preview", environment={"COREWEAVE_API_TOKEN": ""})

    assert preview.code == 0, preview.text
    assert preview.sent == []


@pytest.mark.parametrize(
    ("settings", "messages"),
    [
        (
            {
                "identity": IDENTITY | {"issuerUrl": "http://idp.example.com", "colour": "red"},
                "cluster": [],
            },
            [
                'cluster: is not a key of a stack file; did you mean "cks-access:clusters"?',
                "identity.colour: is not a key of a stack file",
                'identity.issuerUrl: "http://idp.example.com" is not https',
            ],
        ),
        (
            {"identity": IDENTITY, "clusters": [{"name": "twin"}, {"name": "nobody"}]},
            ['clusters[0]: 2 clusters are called "twin"', 'clusters[1]: no cluster "nobody"'],
        ),
    ],
    ids=["a wrong stack file", "names that match several or none"],
)
def test_bad_input_gets_every_finding_at_once_and_nothing_is_sent(
    project: Project, settings: dict[str, Any], messages: list[str]
) -> None:
    project.write(**settings)

    run = project.pulumi("up", *YES)

    assert run.code != 0
    assert [m for m in messages if m not in run.text] == []
    assert "Traceback" not in run.text
    assert run.patches == []


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("COREWEAVE_API_TOKEN", "", "COREWEAVE_API_TOKEN is not set; export"),
        ("COREWEAVE_API_TOKEN", "not-it", "cannot list the clusters: the API answered 401"),
        ("COREWEAVE_API_ENDPOINT", "http://10.0.0.1", "COREWEAVE_API_ENDPOINT must be an https"),
    ],
)
def test_a_wrong_environment_is_named(
    project: Project, variable: str, value: str, message: str
) -> None:
    project.write(identity=IDENTITY, clusters=CLUSTERS)

    run = project.pulumi("preview", environment={variable: value})

    assert run.code != 0
    assert message in run.text
    assert "Traceback" not in run.text
