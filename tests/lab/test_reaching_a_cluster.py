"""What an operator reads when the cluster refuses the token, and a cluster behind another name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lab.endpoints import PRIVATE_HOST
from tests.program import copy_program

if TYPE_CHECKING:
    from tests.lab.conftest import Lab

YES = ("--yes", "--skip-preview")
PIPELINE = {
    "name": "deployer",
    "namespace": "default",
    "clusterRole": "view",
    "namespaces": ["default"],
}
BAD = {"COREWEAVE_API_TOKEN": "CW-SECRET-" + "of-nobody"}
ADVICE = "COREWEAVE_API_TOKEN is wrong, expired"


class Project:
    """A copy of the project with one cluster, on which a pipeline is bound."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        self.lab = lab
        self.folder = folder
        copy_program(folder)
        (folder / "state").mkdir()
        self.write({"name": "local-east"})
        self.pulumi("stack", "init", "test")

    def write(self, cluster: dict[str, Any], **more: Any) -> None:
        settings = {"clusters": [cluster], "automation": [PIPELINE]} | more
        config = {f"cks-access:{key}": value for key, value in settings.items()}
        path = self.folder / "stacks" / "Pulumi.test.yaml"
        path.write_text(json.dumps({"config": config}))  # JSON is YAML

    def pulumi(
        self, *arguments: str, fails: bool = False, more: dict[str, str] | None = None
    ) -> str:
        run = self.lab.run(
            *("pulumi", *arguments, "--non-interactive", "--color", "never"),
            *("--cwd", str(self.folder)),
            **{"PULUMI_BACKEND_URL": f"file://{self.folder / 'state'}", **(more or {})},
        )
        said = run.stdout + run.stderr
        assert bool(run.returncode) == fails, said
        return said


@pytest.fixture
def project(lab: Lab, tmp_path: Path) -> Iterator[Project]:
    project = Project(lab, tmp_path / "project")
    yield project
    project.pulumi("destroy", *YES)


def bound(lab: Lab) -> list[str]:
    path = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings"
    found = lab.get(lab.host, path, lab.token).json()["items"]
    return [i["metadata"]["name"] for i in found if "deployer" in i["metadata"]["name"]]


def test_a_bad_token_is_said_in_one_line_whatever_the_command(lab: Lab, project: Project) -> None:
    """Nothing is removed, and whoever follows what is said orphans nothing."""
    project.pulumi("up", *YES)
    made = bound(lab)
    assert len(made) == 1

    said = project.pulumi("refresh", *YES, fails=True, more=BAD)
    assert "do not set PULUMI_K8S_DELETE_UNREACHABLE, even if the Kubernetes plugin" in said
    for command in (("preview",), ("up", *YES), ("destroy", *YES)):
        said = project.pulumi(*command, fails=True, more=BAD)
        assert ADVICE in said.partition("\nDiagnostics:\n")[2], said
        assert "PULUMI_K8S_DELETE_UNREACHABLE" not in said, "it reached the plugin"
        assert BAD["COREWEAVE_API_TOKEN"] not in said

    said = project.pulumi("destroy", *YES, "--continue-on-error", fails=True, more=BAD)
    assert "PULUMI_K8S_DELETE_UNREACHABLE" not in said
    assert bound(lab) == made
    forced = {"PULUMI_K8S_DELETE_UNREACHABLE": "true", **BAD}
    project.pulumi("destroy", *YES, fails=True, more=forced)
    assert bound(lab) == made

    project.pulumi("destroy", *YES)
    assert bound(lab) == []


def test_a_cluster_is_reached_by_another_name_over_a_proxy_of_its_own(
    lab: Lab, project: Project
) -> None:
    """As in a private network: no certificate is for the name, and no variable leads there."""
    project.write(
        {
            "name": "local-east",
            "servers": {
                "managed": f"https://{PRIVATE_HOST}",
                "unmanaged": f"https://api.{PRIVATE_HOST}",
            },
            "proxyUrl": lab.variables["HTTPS_PROXY"],
            "tlsServerName": {"managed": lab.host, "unmanaged": f"api.{lab.host}"},
            "certificateAuthority": Path(lab.variables["SSL_CERT_FILE"]).read_text(),
        },
        automation=[PIPELINE | {"token": {"lifetime": "20m", "renewBefore": "5m"}}],
    )
    nowhere = dict.fromkeys(("NO_PROXY", "no_proxy"), f"{PRIVATE_HOST},127.0.0.1")

    project.pulumi("up", *YES, more=nowhere)
    assert len(bound(lab)) == 1
    project.pulumi("refresh", *YES, "--expect-no-changes", more=nowhere)
    project.pulumi("up", *YES, "--expect-no-changes", more=nowhere)

    for output, user in (
        ("adminKubeconfigs", "coreweave-lab-admin"),
        ("automationKubeconfigs", "system:serviceaccount:default:deployer"),
    ):
        given = ("stack", "output", output, "--json", "--show-secrets")
        found = json.loads(project.pulumi(*given))["local-east"]
        path = project.folder.parent / output
        path.write_text(found if isinstance(found, str) else found["deployer"])
        variables = {"KUBECONFIG": str(path), "HTTPS_PROXY": "", "SSL_CERT_FILE": ""}
        who = lab.run("kubectl", "auth", "whoami", "--output=json", **variables)
        assert who.returncode == 0, who.stderr
        assert json.loads(who.stdout)["status"]["userInfo"]["username"] == user

    project.pulumi("destroy", *YES, more=nowhere)
    assert bound(lab) == []
