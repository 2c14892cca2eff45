"""A pipeline's whole life: the real engine, kube-apiserver and kubectl, from its token to its end."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from lab.api.emulator import Answer, Request
from lab.api.server import serve
from lab.issuer import provider
from lab.state import CHECKOUT
from tests.lab.pipelines import STORED, UP, Project

if TYPE_CHECKING:
    from tests.lab.conftest import Lab

DUE = {"lifetime": "20m", "renewBefore": "19m59s"}


@pytest.fixture
def project(lab: Lab, tmp_path: Path) -> Iterator[Project]:
    project = Project(lab, tmp_path / "project")
    yield project
    project.pulumi("destroy", "--yes", "--skip-preview")
    # The guard asks for the deletion; Kubernetes takes a moment, in which nothing can be created.
    lab.eventually(lambda: lab.get(lab.host, "/api/v1/namespaces/ci", lab.token).status_code == 404)
    stored = project.stored()
    assert [t for t in project.tokens if t in stored or t.split(".")[2] in stored] == []


def test_a_stored_token_is_used_rotated_with_overlap_and_revoked(
    project: Project, lab: Lab
) -> None:
    project.write(token=STORED)
    planned = project.pulumi("preview", "--diff", "--save-plan", "plan.json")
    assert "kubernetes:core/v1:ServiceAccount" in planned
    project.pulumi(*UP, "--plan", "plan.json")
    first = project.kubeconfig("first.yaml")

    who = json.loads(project.kubectl(first, "auth", "whoami", "--output=json").stdout)
    assert who["status"]["userInfo"]["username"] == "system:serviceaccount:ci:deployer"
    assert project.kubectl(first, "create", "configmap", "release").returncode == 0
    assert project.kubectl(first, "delete", "configmap", "release", "-n", "default").returncode == 0
    refused = project.kubectl(first, "get", "pods", "-n", "kube-system")
    assert 'cannot list resource "pods"' in refused.stderr
    (row,) = json.loads(project.pulumi("stack", "output", "access", "--json"))["local-east"]
    assert row["kind"] == "ServiceAccount"
    assert row["tokenExpiresAt"].endswith("Z")
    assert "unchanged" in project.pulumi(*UP, "--expect-no-changes")

    project.write(token=DUE)
    preview = project.pulumi("preview", "--diff")
    assert "within its renewal window of 19 minutes" in preview
    project.pulumi(*UP)
    second = project.kubeconfig("second.yaml")
    assert project.is_known(first)  # the overlap
    assert project.is_known(second)
    project.pulumi(*UP)
    third = project.kubeconfig("third.yaml")
    lab.eventually(lambda: not project.is_known(first))
    assert project.is_known(second)
    assert project.is_known(third)

    project.write(token=STORED)
    project.pulumi(*UP)
    assert project.is_known(third)
    assert project.pulumi("refresh", "--preview-only", "--expect-no-changes")

    project.pulumi("destroy", "--yes", "--skip-preview")
    lab.eventually(lambda: not project.is_known(third) and not project.is_known(second))
    said = project.kubectl(third, "auth", "whoami").stderr
    assert "Unauthorized" in said or "must be logged in" in said


def test_a_token_that_somebody_revoked_is_told_by_a_refresh_and_minted_anew(
    project: Project, lab: Lab
) -> None:
    project.write(token=STORED)
    project.pulumi(*UP)
    first = project.kubeconfig("first.yaml")
    path = "/api/v1/namespaces/ci/secrets"
    (secret,) = lab.get(lab.host, path, lab.token).json()["items"]
    assert secret["type"] == "cks-access/token"
    gone = f"https://{lab.host}{path}/{secret['metadata']['name']}"
    lab.http.delete(gone, headers={"Authorization": f"Bearer {lab.token}"})
    lab.eventually(lambda: not project.is_known(first))

    drift = project.pulumi("refresh", "--preview-only", "--expect-no-changes", code=7)
    assert "was revoked: its Secret is gone" in drift
    project.pulumi("refresh", "--yes", "--skip-preview")
    preview = project.pulumi("preview")
    assert '"pulumi up" replaces it' in preview
    project.pulumi(*UP)

    assert project.is_known(project.kubeconfig("second.yaml"))


def test_a_pipeline_mints_its_own_token_and_nothing_is_stored(project: Project, lab: Lab) -> None:
    project.pulumi(*UP)
    assert "automationKubeconfigs" not in project.pulumi("stack", "output")

    token = project.access("token", "test/local-east/deployer", "--lifetime", "15m").strip()
    project.tokens.append(token)
    assert "granted 15 minutes, as requested" in project.said
    assert lab.who(token).json()["status"]["userInfo"]["username"].endswith(":ci:deployer")
    config = project.folder.parent / "own.yaml"
    config.write_text(project.access("token", "test/local-east/deployer", "--kubeconfig"))
    assert project.kubectl(config, "get", "configmaps").returncode == 0
    data = json.loads(project.access("token", "test/local-east/deployer", "--json"))
    assert (data["requestedSeconds"], data["grantedSeconds"]) == (3600, 3600)
    assert lab.get(lab.host, "/api/v1/namespaces/ci/secrets", lab.token).json()["items"] == []

    project.access("token", "test/local-east/deploier", code=1)
    assert 'no automation entry "deploier" (the nearest is "deployer")' in project.said


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"clusterRole": "edti"}, 'has no ClusterRole "edti" (the nearest is "edit")'),
        (
            {"namespace": "defualt", "createNamespace": False, "deleteNamespace": False},
            'has no namespace "defualt" (the nearest is "default")',
        ),
        ({"token": {"lifetime": "5m", "renewBefore": "1m"}}, "lifetime: is less than 10 minutes"),
    ],
    ids=["role", "namespace", "lifetime"],
)
def test_a_mistake_is_told_before_anything_is_written(
    project: Project, lab: Lab, changes: dict[str, Any], message: str
) -> None:
    project.write(**changes)

    said = project.pulumi(*UP, code=1)

    assert message in said
    assert "Traceback" not in said
    assert lab.get(lab.host, "/api/v1/namespaces/ci", lab.token).status_code == 404


class GitHub:
    """The endpoint from which a job of GitHub Actions gets its token; the lab's issuer signs it."""

    def __init__(self, lab: Lab, sub: str) -> None:
        self._lab = lab
        self._sub = sub

    def answer(self, request: Request) -> Answer:
        audience = parse_qs(urlsplit(request.path).query)["audience"][0]
        token = self._lab.control.mint(
            "alice@example.com", claims={"sub": self._sub, "aud": audience}
        )
        return Answer(200, json.dumps({"count": 1, "value": token}).encode())


@pytest.fixture(scope="module")
def trusting(lab: Lab) -> Iterator[Lab]:
    """A cluster that trusts an issuer of jobs, by their `sub`."""
    oidc = {
        "issuerUrl": provider.URL,
        "clientId": "cks-production",
        "usernameClaim": "sub",
        "usernamePrefix": "github:",
    }
    lab.configure(oidc=oidc)
    claims = {"sub": "x", "aud": "cks-production"}
    token = lab.control.mint("alice@example.com", claims=claims)
    lab.eventually(lambda: lab.who(token).status_code == 201)
    yield lab
    lab.configure(oidc=None)


@pytest.mark.parametrize(
    "sub",
    ["repo:acme/infra:environment:prod", "repo:acme@65/infra@77:environment:prod"],
    ids=["the old form", "the one with ids"],
)
def test_a_job_of_github_gets_in_with_its_own_token_and_stores_none(
    trusting: Lab, tmp_path: Path, sub: str
) -> None:
    config = yaml.safe_load((CHECKOUT / "examples" / "pipelines" / "kubeconfig.yaml").read_text())
    config["clusters"][0]["cluster"]["server"] = f"https://api.{trusting.host}"
    plugin = config["users"][0]["user"]["exec"]
    plugin["args"] = ["-m", "cks_components.cli.command", *plugin["args"]]
    plugin["command"] = sys.executable
    kubeconfig = tmp_path / "job.yaml"
    kubeconfig.write_text(yaml.safe_dump(config))

    def kubectl(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        variables = {"KUBECONFIG": str(kubeconfig), "PYTHONPATH": str(CHECKOUT), **more}
        return trusting.run("kubectl", *arguments, **variables)

    with serve(GitHub(trusting, sub)) as url, trusting.role(f"github:{sub}", "view"):
        job = {
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{url}/?api-version=2.0",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "bearer",
        }
        who = json.loads(kubectl("auth", "whoami", "--output=json", **job).stdout)
        seen = kubectl("get", "configmaps", "-n", "default", **job)
        refused = kubectl("get", "nodes", **job)
        outside = kubectl("get", "configmaps")

    assert who["status"]["userInfo"]["username"] == f"github:{sub}"
    assert seen.returncode == 0, seen.stderr
    assert "nodes is forbidden" in refused.stderr
    assert "permissions: id-token: write" in outside.stderr
