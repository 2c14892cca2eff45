"""A webhook's whole life: set by the real engine, asked by the real kube-apiserver, repaired, removed."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lab.api import fleet
from lab.authority import Authority
from lab.webhook import hook
from lab.webhook.reviews import DAVE, MALLORY, Mode, token_of
from tests.program import copy_program

if TYPE_CHECKING:
    from tests.lab.conftest import Lab

YES = ("--yes", "--skip-preview")
NODES = "/api/v1/nodes"


class Project:
    """A copy of the project with a stack file of its own."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        self._lab = lab
        self._folder = folder
        copy_program(folder)
        (folder / "state").mkdir()
        self.write({})
        assert "Created" in self.pulumi("stack", "init", "webhooks")

    def write(self, webhooks: dict[str, Any]) -> None:
        config = {
            "cks-access:clusters": [{"name": "local-east"}],
            "cks-access:webhooks": webhooks,
        }
        path = self._folder / "stacks" / "Pulumi.webhooks.yaml"
        path.write_text(json.dumps({"config": config}))  # JSON is YAML

    def pulumi(self, *arguments: str, fails: bool = False) -> str:
        run = self._lab.run(
            *("pulumi", *arguments, "--non-interactive", "--color", "never"),
            *("--cwd", str(self._folder)),
            PULUMI_BACKEND_URL=f"file://{self._folder / 'state'}",
        )
        said = run.stdout + run.stderr
        assert bool(run.returncode) == fails, said
        self._lab.settle()
        return said


@pytest.fixture
def project(lab: Lab, tmp_path: Path) -> Project:
    return Project(lab, tmp_path)


def unseen(user: str) -> str:
    """A token that kube-apiserver remembers nothing about."""
    return token_of(user, secrets.token_hex(4))


def test_a_webhook_lives_from_up_to_destroy_and_is_repaired_while_it_is_broken(
    lab: Lab, project: Project
) -> None:
    ca = (lab.state.authority / "ca.pem").read_text()
    hooks = {
        "authentication": {"server": f"{hook.URL}/authn", "ca": ca},
        "authorization": {"server": f"{hook.URL}/authz", "ca": ca},
    }
    project.write(hooks)
    unmanaged = f"api.{lab.host}"

    said = project.pulumi("up", *YES)
    assert "receives every token that OIDC and service accounts refuse" in said
    assert "if it denies a request before RBAC is asked, everybody is locked out" in said
    # Accepted and allowed; accepted and denied; refused.
    assert lab.get(unmanaged, NODES, unseen(DAVE)).status_code == 200
    assert lab.get(unmanaged, NODES, unseen(MALLORY)).status_code == 403
    assert lab.get(unmanaged, NODES, "cks-lab-nobody").status_code == 401

    try:
        for service in ("authn", "authz"):
            lab.control.set_webhook(service, Mode.BROKEN)
        assert lab.get(unmanaged, NODES, unseen(DAVE)).status_code == 401
        assert lab.get(lab.host, NODES, lab.token).status_code == 200  # the way to repair it

        project.write({})
        project.pulumi("up", *YES, fails=True)  # a stack that would do nothing says so
        project.pulumi("destroy", *YES)
    finally:
        for service in ("authn", "authz"):
            lab.control.set_webhook(service, Mode.OK)

    assert lab.get(unmanaged, NODES, unseen(DAVE)).status_code == 401
    left = lab.control.cluster(fleet.CONTROL_PLANE)
    assert left.keys().isdisjoint({"authnWebhook", "authzWebhook"})


def test_a_ca_that_does_not_match_is_refused_before_anything_is_sent(
    lab: Lab, project: Project, tmp_path: Path
) -> None:
    stranger = Authority(tmp_path / "stranger").certificate.read_text()
    project.write({"authentication": {"server": f"{hook.URL}/authn", "ca": stranger}})
    lab.control.clear_requests()

    said = project.pulumi("up", *YES, fails=True)

    assert "webhooks.authentication.ca: does not match the certificate" in said
    assert [r for r in lab.control.requests() if r.method == "PATCH"] == []
