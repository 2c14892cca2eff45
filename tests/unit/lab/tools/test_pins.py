"""Versions stand once; where Go and Python need them a second time, they agree."""

from __future__ import annotations

import importlib.metadata
import re

import pytest

from lab.tools import language_hosts
from lab.tools.program import MODULES, GoBuild, Platform, pins, programs

BUILDS = [
    *(build for program in programs(Platform("linux", "amd64")) for build in program.builds),
    *language_hosts.builds(),
]


@pytest.mark.parametrize("build", BUILDS, ids=lambda build: build.output)
def test_a_go_module_pins_the_version_that_is_named(build: GoBuild) -> None:
    text = (MODULES / build.folder / "go.mod").read_text()

    assert re.search(rf"\b{re.escape(build.module)} v{re.escape(build.version)}\s", text)
    assert (MODULES / build.folder / "go.sum").exists()


def test_kubectl_is_as_new_as_the_server() -> None:
    assert pins()["kubectl"]["version"] == pins()["kubernetes"]["version"]


def test_the_kubernetes_plugin_is_that_of_the_installed_package() -> None:
    installed = importlib.metadata.version("pulumi-kubernetes")

    assert pins()["pulumi-resource-kubernetes"]["version"] == installed


@pytest.mark.parametrize("system", ["linux", "darwin"])
@pytest.mark.parametrize("architecture", ["amd64", "arm64"])
def test_every_program_can_be_built_where_it_cannot_be_downloaded(
    system: str, architecture: str
) -> None:
    for program in programs(Platform(system, architecture)):
        made = {build.output for build in program.builds}
        copied = {file.path.rpartition("/")[2] for file in program.files}

        assert made | copied == set(program.names)
