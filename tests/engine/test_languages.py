"""Programs in YAML and TypeScript on the real engine, with the provider of the installed wheel.

The Python on PATH does not have the package: the resources inside the component run in that of
`options.virtualenv`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
import yaml

from cks_components.component_provider.schema import VERSION
from lab.api import fleet
from lab.tools.language_hosts import SDK_GENERATOR, language_hosts
from lab.tools.node_packages import NODE, node_packages
from lab.tools.program import Platform
from lab.tools.workspace import Place
from tests.engine.language_host import attached_host
from tests.examples import OKTA
from tests.program import ROOT

if TYPE_CHECKING:
    from tests.engine.conftest import Project

SECRET = "client-secret-" + "of-another-language"
PROVIDER = ".venv/bin/pulumi-resource-cks"
SYSTEM = "/usr/local/bin:/usr/bin:/bin"


@pytest.fixture(scope="session")
def place() -> Place:
    return Place(ROOT, os.environ, Platform.here())


@pytest.fixture
def program(
    example: Callable[[str], Project], place: Place
) -> Callable[[str], tuple[Project, str]]:
    """Starts a program in a language; gives it with the id of its cluster."""

    def start(language: str) -> tuple[Project, str]:
        project = example(f"languages/{language}")
        hosts = language_hosts(place)
        project.environment["PATH"] = os.pathsep.join([str(hosts), str(NODE.parent), SYSTEM])
        cluster_id = project.add_clusters("train")["train"]
        project.configure(
            {"clusterId": cluster_id, "endpoint": fleet.endpoint("train")},
            secret={"clientSecret": SECRET},
        )
        return project, cluster_id

    return start


def trusted_and_given_back(project: Project, cluster_id: str) -> None:
    """What a program does in every language."""
    up = project.up()
    assert up.code == 0, up.text
    assert project.emulator.cluster(cluster_id)["oidc"] == OKTA
    shown = project.pulumi("stack", "output", "--json", "--show-secrets")
    project.texts.remove(shown.text)  # the only one that may show it
    outputs = json.loads(shown.text)
    people = yaml.safe_load(outputs["kubeconfig"])
    assert f"--oidc-client-secret={SECRET}" in people["users"][0]["user"]["exec"]["args"]
    assert fleet.endpoint("train") in outputs["adminKubeconfig"]
    drift = project.pulumi("refresh", "--preview-only", "--expect-no-changes")
    assert drift.code == 0, drift.text
    assert project.pulumi("stack", "export").code == 0
    destroyed = project.destroy()
    assert destroyed.code == 0, destroyed.text
    assert "oidc" not in project.emulator.cluster(cluster_id)
    assert SECRET not in project.stored()


def test_a_program_in_yaml_gives_access_and_its_secret_stays_one(
    program: Callable[[str], tuple[Project, str]],
) -> None:
    trusted_and_given_back(*program("yaml"))


def test_what_is_wrong_in_yaml_is_said_by_its_own_names(
    program: Callable[[str], tuple[Project, str]],
) -> None:
    project, _ = program("yaml")
    file = project.folder / "Pulumi.yaml"
    file.write_text(file.read_text().replace("environment: staging", "environment: live"))

    up = project.up()

    assert up.code != 0
    assert 'context.environment: "live" is not one of development, staging' in up.text
    assert "Traceback" not in up.text
    assert "ArgumentError" not in up.text
    assert up.requests == []


def test_a_program_in_typescript_gives_access_by_a_generated_sdk(
    program: Callable[[str], tuple[Project, str]], place: Place
) -> None:
    project, cluster_id = program("typescript")
    with attached_host(place.bin / SDK_GENERATOR) as attached:
        added = project.pulumi("package", "add", PROVIDER, environment=attached)
    assert added.code == 0, added.text
    assert yaml.safe_load((project.folder / "Pulumi.yaml").read_text())["packages"] == {
        "cks": f"cks@{VERSION}"
    }
    compile_program(project, place)

    trusted_and_given_back(project, cluster_id)


def compile_program(project: Project, place: Place) -> None:
    """Do what `npm install` and `npm run build` do, with the same compiler."""
    packages = node_packages("typescript", place)
    (project.folder.parent / "node_modules").symlink_to(packages)
    sdk = project.folder / "sdks" / "cks"
    ours = project.folder / "node_modules" / "@pulumi"
    ours.mkdir(parents=True)
    (ours / "cks").symlink_to(sdk)
    compiler = str(packages / "typescript" / "bin" / "tsc")
    for command in (
        [str(NODE), compiler, "--project", str(sdk)],
        [str(NODE), compiler, "--project", "."],
    ):
        done = subprocess.run(
            command,
            cwd=project.folder,
            env=project.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    shutil.copy(sdk / "package.json", sdk / "bin")  # as its own install script does
