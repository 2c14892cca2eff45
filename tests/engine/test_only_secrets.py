"""Secrets in every argument, on the real engine: none lies in clear in the state, in a plan
or in what is printed."""

from __future__ import annotations

import base64
import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from lab.api import fleet
from lab.authority import Authority

if TYPE_CHECKING:
    from tests.engine.conftest import Project

MARK = "hidden"
"""Is part of every secret text."""


def values(mark: str, ca: str) -> dict[str, Any]:
    return {
        "label": f"{mark}-label",
        "oidc": {
            "issuer_url": f"https://{mark}-issuer.example.com",
            "client_id": f"{mark}-client",
            "username_claim": f"{mark}_user",
            "username_prefix": f"{mark}-user:",
            "groups_claim": f"{mark}_groups",
            "groups_prefix": f"{mark}-group:",
            "ca": ca,
            "required_claim": f"{mark}_key={mark}-value",
            "signing_algorithms": ["RS256"],
            "admin_group_binding": f"{mark}-admins",
        },
        "client_secret": f"{mark}-client-secret",
        "scopes": [f"{mark}-scope"],
        "authentication": {"server": f"https://{mark}-authn.example.com", "ca": ca},
        "authorization": {"server": f"https://{mark}-authz.example.com", "ca": ca},
    }


def test_no_secret_of_a_program_lies_in_clear_whatever_happens(
    secretive_project: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    project = secretive_project
    ca = Authority(tmp_path_factory.mktemp("authority")).certificate.read_text()
    encoded = base64.b64encode(ca.encode()).decode()
    ids = project.add_clusters("train")
    project.write(cluster={"id": ids["train"], "endpoint": fleet.endpoint("train")})

    def give(mark: str) -> None:
        project.environment["OUR_VALUES"] = json.dumps(values(mark, ca))

    give(f"{MARK}-first")
    runs = [project.pulumi("preview", "--diff"), project.up()]
    give(f"{MARK}-second")
    plan = str(project.folder / "plan.json")
    runs += [project.pulumi("preview", "--diff", "--save-plan", plan), project.up()]
    runs += [project.pulumi("stack", "output"), project.pulumi("stack", "export")]
    assert [run.text for run in runs if run.code != 0] == []
    trusted = project.emulator.cluster(ids["train"])
    assert trusted["oidc"]["clientId"] == f"{MARK}-second-client"
    assert trusted["authzWebhook"]["server"] == f"https://{MARK}-second-authz.example.com"

    # What was written meanwhile is refused, and so is a value that breaks a rule.
    project.emulator.change(ids["train"], oidc=trusted["oidc"] | {"clientId": "somebody-else"})
    give(f"{MARK}-third")
    refused = project.up()
    assert refused.code != 0
    assert "clientId" in refused.text
    give(f"system:{MARK}")
    broken = project.up()
    assert broken.code != 0

    # The values of a change under way lie in notes for the next run, as docs/security-model.md says.
    notes = project.folder.parent / "home" / "cks-access"
    assert {oct(note.stat().st_mode & 0o777) for note in notes.rglob("*.json")} == {"0o600"}
    shutil.rmtree(notes)
    found = project.stored()
    assert MARK not in found
    assert encoded[:60] not in found
    assert ca.splitlines()[1] not in found
