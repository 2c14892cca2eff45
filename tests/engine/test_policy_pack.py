"""The policy pack, run by the real command line against a program that is content with itself."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lab.tools.program import Platform
from lab.tools.workspace import Place
from tests.engine.installed import built_wheel, environment_with, locked_libraries
from tests.program import ROOT

if TYPE_CHECKING:
    from tests.engine.conftest import Project

PACK = ROOT / "policy"
# The newest language host that Go can build does not read which folder the engine names for a plugin,
# and gives Python an empty one. A current host runs the pack in its own environment, as this does.
PYTHON = """#!/bin/sh
if [ -z "$1" ]; then shift; exec "{pack}/.venv/bin/python" -u "{pack}" "$@"; fi
exec python3 "$@"
"""


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the pack with an environment of its own."""
    folder = tmp_path_factory.mktemp("pack")
    copy = shutil.copytree(PACK, folder / "policy")
    place = Place(ROOT, os.environ, Platform.here())
    libraries = locked_libraries(PACK / "requirements.lock", place)
    environment_with(built_wheel(folder / "wheel"), copy / ".venv", libraries)
    return copy


def test_what_refuses_in_the_pack_s_environment_refuses_and_the_rest_is_advice(
    bare_project: Project, pack: Path
) -> None:
    project = bare_project
    cluster_id = project.add_clusters("train")["train"]
    python = pack.parent / "python"
    python.write_text(PYTHON.format(pack=pack))
    python.chmod(0o755)
    project.environment["PULUMI_PYTHON_CMD"] = str(python)
    block = {
        "cluster_id": cluster_id,
        "issuer_url": "https://idp.example.com",
        "client_id": "cks",
        "username_claim": "email",
        "admin_group_binding": "administrators",
    }
    project.write(clusters={"train": block})

    refused = project.pulumi("up", "--yes", "--policy-pack", str(pack))

    assert refused.code != 0
    assert "cks-oidc" in refused.text
    assert "[RBAC-07]" in refused.text
    assert "mandatory" in refused.text
    assert "oidc" not in project.emulator.cluster(cluster_id)

    main = pack / "__main__.py"
    main.write_text(main.read_text().replace('"dev": DEVELOPMENT', '"test": DEVELOPMENT'))
    advised = project.up("--policy-pack", str(pack))

    assert advised.code == 0, advised.text
    assert "[RBAC-07]" in advised.text
    assert "cks-oidc-advice" in advised.text
    assert project.emulator.cluster(cluster_id)["oidc"]["adminGroupBinding"] == "administrators"
