"""OIDC and both webhooks on one cluster in one `up`: the writes take turns, and none clobbers another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.api import fleet

if TYPE_CHECKING:
    from tests.engine.conftest import Project

ID = fleet.CONTROL_PLANE
YES = ("--yes", "--skip-preview")
IDENTITY: dict[str, Any] = {
    "issuerUrl": "https://idp.example.com",
    "clientId": "cks",
    "usernameClaim": "email",
}
HOOKS: dict[str, Any] = {
    "authentication": {"server": "https://hook.example.com/authn"},
    "authorization": {"server": "https://hook.example.com/authz"},
}


def test_three_blocks_of_one_cluster_live_in_one_stack(project: Project) -> None:
    project.write(identity=IDENTITY, webhooks=HOOKS, clusters=[{"name": "local-east"}])

    up = project.pulumi("up", *YES)
    assert up.code == 0, up.text
    accepted = [r.status for r in up.requests if r.method == "PATCH"]
    assert accepted == [200, 200, 200]  # each waited for the one before
    live = project.emulator.cluster(ID)
    assert live["oidc"] == IDENTITY
    assert live["authnWebhook"] == HOOKS["authentication"]
    assert live["authzWebhook"] == HOOKS["authorization"]

    project.emulator.change(ID, authzWebhook={"server": "https://theirs.example.com"})
    drift = project.pulumi("refresh", "--preview-only", "--diff", "--expect-no-changes")
    assert drift.code == 7
    assert '"https://hook.example.com/authz" => "https://theirs.example.com"' in drift.text

    changed = HOOKS | {"authorization": {"server": "https://hook.example.com/authz/2"}}
    project.write(identity=IDENTITY, webhooks=changed, clusters=[{"name": "local-east"}])
    refused = project.pulumi("up", *YES)
    assert refused.code != 0
    assert "cannot change the authorization webhook on cluster local-east" in refused.text
    assert refused.patches == []

    assert project.pulumi("refresh", "--yes").code == 0
    assert project.pulumi("destroy", *YES).code == 0
    assert project.emulator.cluster(ID).keys().isdisjoint({"oidc", "authnWebhook", "authzWebhook"})
