"""The programs of `examples/` that install the package from a wheel, on the real engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from lab.api import fleet
from tests.examples import OKTA

if TYPE_CHECKING:
    from pathlib import Path

    from tests.engine.conftest import Project

SECRET = "client-secret-" + "of-an-example"


def test_an_infrastructure_repository_composes_access_with_resources_of_its_own(
    example: Callable[[str], Project], tmp_path: Path
) -> None:
    project = example("infrastructure")
    ids = project.add_clusters("train")
    folder = tmp_path / "kubeconfigs"
    project.configure(
        {
            "clusters.train.id": ids["train"],
            "clusters.train.endpoint": fleet.endpoint("train"),
            "folder": str(folder),
        },
        secret={"clientSecret": SECRET},
    )

    up = project.up()
    assert up.code == 0, up.text
    assert project.emulator.cluster(ids["train"])["oidc"] == OKTA
    kubeconfig = folder / "train.yaml"
    assert f"--oidc-client-secret={SECRET}" in kubeconfig.read_text()
    assert kubeconfig.stat().st_mode & 0o077 == 0
    again = project.up("--expect-no-changes")
    assert again.code == 0, again.text
    destroyed = project.destroy()
    assert destroyed.code == 0, destroyed.text
    assert "oidc" not in project.emulator.cluster(ids["train"])
    assert not kubeconfig.exists()
    assert SECRET not in project.stored()


def test_a_cluster_of_somebody_else_gets_its_block_and_keeps_everything_else(
    example: Callable[[str], Project],
) -> None:
    project = example("shared_cluster")
    cluster_id = project.add_clusters("train")["train"]
    project.configure({"clusterId": cluster_id})

    up = project.up()
    assert up.code == 0, up.text
    cluster = project.emulator.cluster(cluster_id)
    assert cluster["oidc"] == OKTA

    # Their program changes what it owns, and ignores the block.
    project.emulator.change(cluster_id, version="v1.99")
    again = project.pulumi("preview", "--refresh", "--expect-no-changes")
    assert again.code == 0, again.text

    # Their program does not ignore it, and puts back what it has.
    project.emulator.change(cluster_id, oidc=None)
    drift = project.pulumi("preview", "--refresh", "--diff", "--expect-no-changes")
    assert drift.code != 0
    assert "issuer_url" in drift.text
    repaired = project.up("--refresh")
    assert repaired.code == 0, repaired.text
    assert project.emulator.cluster(cluster_id)["oidc"] == OKTA
    assert project.emulator.cluster(cluster_id)["version"] == "v1.99"
