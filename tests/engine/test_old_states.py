"""A state that an earlier release wrote is refreshed, updated and destroyed by this one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.engine.stack_file import IDENTITY

if TYPE_CHECKING:
    from tests.engine.conftest import Project

STATES = Path(__file__).parent / "states"
WHOLE_BLOCK = (
    "oidc.adminGroupBinding,oidc.ca,oidc.clientId,oidc.groupsClaim,oidc.groupsPrefix,"
    "oidc.issuerUrl,oidc.requiredClaim,oidc.signingAlgorithms,oidc.usernameClaim,"
    "oidc.usernamePrefix"
)


@pytest.mark.parametrize("release", ["0.1.0"])
def test_a_state_of_an_earlier_release_is_understood(project: Project, release: str) -> None:
    """Two clusters that it has set; the second had somebody else's block before."""
    by_name = {c["name"]: c for c in project.emulator.clusters()}
    mine, adopted = by_name["local-east"], by_name["foreign"]
    identity: dict[str, Any] = IDENTITY | {"adopt": True, "signingAlgorithms": ["RS256"]}
    clusters = [{"name": "local-east"}, {"id": adopted["id"], "alias": "theirs"}]
    for cluster in (mine, adopted):
        live = IDENTITY | {"signingAlgorithms": ["SIGNING_ALGORITHM_RS256"]}
        project.emulator.change(cluster["id"], oidc=live)
    project.write(identity=identity, clusters=clusters)

    imported = project.pulumi("stack", "import", "--file", str(STATES / f"release-{release}.json"))
    assert imported.code == 0, imported.text
    refreshed = project.pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes")
    assert refreshed.code == 0, refreshed.text
    assert refreshed.patches == []

    project.write(identity=identity | {"groupsPrefix": "new:"}, clusters=clusters)
    updated = project.up()
    assert updated.code == 0, updated.text
    assert updated.masks(mine["id"]) == ["oidc.groupsPrefix"]
    assert updated.masks(adopted["id"]) == ["oidc.groupsPrefix"]

    destroyed = project.destroy()
    assert destroyed.code == 0, destroyed.text
    assert destroyed.masks(mine["id"]) == [WHOLE_BLOCK]
    assert "oidc" not in project.emulator.cluster(mine["id"])
    assert project.emulator.cluster(adopted["id"])["oidc"] == adopted["oidc"]


@pytest.mark.parametrize("release", ["0.1.0"])
def test_an_upgrade_is_taken_back_with_the_state_that_was_saved_before(
    project: Project, release: str
) -> None:
    before = project.emulator.clusters()
    cluster = next(c["id"] for c in before if c["name"] == "local-east")
    project.write(identity=IDENTITY, clusters=[{"name": "local-east"}])
    project.run_release(release)
    assert project.up().code == 0
    saved = project.resources()

    project.run_release(None)
    upgraded = project.up()
    project.run_release(release)
    imported = project.import_state(saved)
    previewed = project.pulumi("preview", "--expect-no-changes")
    destroyed = project.destroy()

    assert [upgraded.code, imported.code, previewed.code] == [0, 0, 0], previewed.text
    assert upgraded.patches == []
    assert destroyed.code == 0, destroyed.text
    assert "oidc" not in project.emulator.cluster(cluster)
