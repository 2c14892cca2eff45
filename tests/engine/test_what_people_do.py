"""Ordinary actions of a stack's owner that must lose nothing: the second table of docs/faults.md."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cks_components.engine.resource_names import cluster_name
from lab.api import fleet
from tests.engine.breakpoint import IN_THE_WAIT
from tests.engine.stack_file import IDENTITY, OTHER_PREFIX

if TYPE_CHECKING:
    from tests.engine.command_result import Run
    from tests.engine.conftest import Project

EAST = fleet.CONTROL_PLANE
FOREIGN = "4e85a7c5-b345-4e9b-8343-ff7f84946635"
HOOK = {"server": "https://127.0.0.1:9/authn"}
OTHER_STACK = {"PULUMI_STACK": "other"}


def live(project: Project, cluster_id: str = EAST, block: str = "oidc") -> Any:
    return project.emulator.cluster(cluster_id).get(block)


def done(run: Run) -> Run:
    assert run.code == 0, run.text
    return run


def unchanged(run: Run) -> Run:
    """Nothing was sent, and the engine made, changed and deleted nothing."""
    done(run)
    assert run.patches == []
    summary = run.text.rpartition("Resources:")[2]
    assert not any(word in summary for word in ("created", "updated", "deleted", "replaced")), (
        run.text
    )
    return run


def upgraded(run: Run) -> Run:
    """Nothing was sent, and the engine made only the provider that serves the stack from now on."""
    done(run)
    assert run.patches == []
    summary = run.text.rpartition("Resources:")[2]
    assert "+ 1 created" in summary, run.text
    assert not any(word in summary for word in ("updated", "deleted", "replaced")), run.text
    return run


RELEASES = [None, "0.1.0"]
"""Which release began the stack: this one, or one from whose state it was upgraded."""


def begin(project: Project, release: str | None, **settings: Any) -> None:
    """Set what the stack file says, by a release and then by this one."""
    project.write(**settings)
    if release:
        project.run_release(release)
        done(project.up())
        project.run_release(None)
    done(project.up())


@pytest.fixture(params=RELEASES, ids=str)
def owned(project: Project, request: pytest.FixtureRequest) -> Project:
    """Two clusters, one of which somebody else had set before, and a webhook on the first."""
    begin(project, request.param, identity=IDENTITY | {"adopt": True}, clusters=CLUSTERS)
    return project


CLUSTERS: list[dict[str, Any]] = [
    {"name": "local-east", "webhooks": {"authentication": HOOK}},
    {"name": "foreign"},
]


def write(project: Project, *clusters: dict[str, Any], **more: Any) -> None:
    project.write(identity=IDENTITY | {"adopt": True}, clusters=list(clusters), **more)


def test_a_cluster_may_get_another_name_be_pinned_and_change_its_place(owned: Project) -> None:
    """Rows a and b, and another order: each is said to be a rename, and sends nothing."""
    hook = {"webhooks": {"authentication": HOOK}}
    was = fleet.clusters()[3]["oidc"]

    write(owned, {"name": "local-east", "alias": "east", **hook}, {"name": "foreign"})
    preview = done(owned.pulumi("preview"))
    assert 'renamed from "local-east" to "east"' in preview.text
    unchanged(owned.up())

    pinned = {"id": EAST.upper(), "alias": "east", "endpoint": fleet.endpoint("local-east"), **hook}
    write(owned, pinned, {"name": "foreign", "alias": "theirs"})
    unchanged(owned.up())

    write(owned, {"id": FOREIGN, "alias": "east"}, {"id": EAST, "alias": "theirs", **hook})
    swapped = unchanged(owned.up())
    assert 'renamed from "east" to "theirs"' in swapped.text
    assert live(owned) == IDENTITY
    assert live(owned, block="authnWebhook") == HOOK

    destroyed = done(owned.destroy())
    assert live(owned, FOREIGN) == was
    assert live(owned) is None
    assert live(owned, block="authnWebhook") is None
    assert 'onDelete is "restore"' in destroyed.text


def test_a_replacement_takes_nothing_away_and_inherits_what_was_there_before(
    owned: Project,
) -> None:
    """Row c, on the same machine and on another one."""
    was = fleet.clusters()[3]["oidc"]
    (urn,) = [u for u in owned.urns() if u.endswith(f"ClusterOidc::{cluster_name(FOREIGN)}-oidc")]

    replaced = done(owned.up("--replace", urn))
    assert replaced.patches == []
    assert live(owned, FOREIGN) == IDENTITY

    elsewhere = {"PULUMI_HOME": str(owned.folder.parent / "another-home")}
    done(owned.pulumi("state", "taint", urn, "--yes"))
    tainted = done(owned.pulumi("up", "--yes", "--skip-preview", environment=elsewhere))
    assert tainted.patches == []
    unchanged(owned.up())

    done(owned.destroy())
    assert live(owned, FOREIGN) == was


def test_everything_may_be_replaced_at_once_its_provider_process_included(
    owned: Project,
) -> None:
    """The delete is another process's than the create, and took the block from the cluster."""
    was = fleet.clusters()[3]["oidc"]
    urns = [u for u in owned.urns() if "pulumi:Stack::" not in u]

    replaced = done(owned.up(*(a for urn in urns for a in ("--replace", urn))))
    assert replaced.patches == []
    assert live(owned) == live(owned, FOREIGN) == IDENTITY
    assert live(owned, block="authnWebhook") == HOOK

    done(owned.destroy())
    assert live(owned) is None
    assert live(owned, FOREIGN) == was


def test_a_second_stack_is_noticed(project: Project) -> None:
    """Rows d and e: with other values it is refused, with equal ones it is warned loudly.

    By name where the first one wrote with this release, since 0.1.0 left no notes.
    """
    begin(project, None, identity=IDENTITY | {"adopt": True}, clusters=CLUSTERS)
    done(project.pulumi("stack", "init", "other", "--no-select"))
    cluster = [{"name": "local-east"}]

    project.write_stack("other", identity=OTHER_PREFIX, clusters=cluster)
    refused = project.pulumi("up", "--yes", "--skip-preview", environment=OTHER_STACK)
    assert refused.code != 0
    assert "the stack organization/cks-access/test set" in refused.text
    assert refused.patches == []

    project.write_stack("other", identity=IDENTITY, clusters=cluster)
    warned = done(project.pulumi("up", "--yes", "--skip-preview", environment=OTHER_STACK))
    assert "pulumi state move" in warned.text
    assert warned.patches == []

    destroyed = done(project.destroy())
    assert live(project) == IDENTITY
    assert "the stack organization/cks-access/other set the same values" in destroyed.text


def test_a_stack_that_was_renamed_is_no_second_owner(owned: Project) -> None:
    """Its old name was taken for another stack that had set the same values."""
    was = fleet.clusters()[3]["oidc"]
    done(owned.pulumi("stack", "rename", "other", "--stack", "test"))
    for identity in (OTHER_PREFIX, IDENTITY):
        owned.write_stack("other", identity=identity | {"adopt": True}, clusters=CLUSTERS)
        done(owned.pulumi("up", "--yes", "--skip-preview", environment=OTHER_STACK))

    done(owned.pulumi("destroy", "--yes", "--skip-preview", environment=OTHER_STACK))

    assert live(owned) is None
    assert live(owned, FOREIGN) == was


@pytest.mark.parametrize("release", RELEASES)
def test_a_destroy_that_timed_out_after_its_write_is_known_to_the_next_up(
    project: Project, release: str | None
) -> None:
    """Row f."""
    cluster = [{"name": "local-east"}]
    begin(project, release, identity=IDENTITY, clusters=cluster, updateTimeout="6s")
    project.emulator.update_seconds = 100

    timed_out = project.destroy()
    assert timed_out.code != 0
    assert "run the same command again" in timed_out.text
    assert 'run "pulumi refresh" first' in timed_out.text
    project.emulator.update_seconds = 0.2
    project.emulator.finish(EAST)
    assert live(project) is None

    done(project.up())
    assert live(project) == IDENTITY


@pytest.mark.parametrize("release", RELEASES)
def test_a_change_that_timed_out_after_its_write_is_undone_by_reverting_the_file(
    project: Project, release: str | None
) -> None:
    """Row g, also where the second run is on another machine."""
    cluster = [{"name": "local-east"}]
    begin(project, release, identity=IDENTITY, clusters=cluster, updateTimeout="6s")
    project.write(identity=OTHER_PREFIX, clusters=cluster, updateTimeout="6s")
    project.emulator.update_seconds = 100
    assert project.up().code != 0
    project.emulator.update_seconds = 0.2
    project.emulator.finish(EAST)
    assert live(project) == OTHER_PREFIX

    project.write(identity=IDENTITY, clusters=cluster)
    elsewhere = {"PULUMI_HOME": str(project.folder.parent / "another-home")}
    done(project.pulumi("up", "--yes", "--skip-preview", environment=elsewhere))
    assert live(project) == IDENTITY
    unchanged(project.up())


@pytest.mark.parametrize("name", ["local-east", "foreign"])
def test_a_create_that_timed_out_after_its_write_is_undone_by_destroy(
    project: Project, name: str
) -> None:
    """Row h, with nothing there before and with somebody else's block, which comes back."""
    cluster_id = {"local-east": EAST, "foreign": FOREIGN}[name]
    was = live(project, cluster_id)
    adopt = IDENTITY | {"adopt": True}
    project.write(identity=adopt, clusters=[{"name": name}], updateTimeout="6s")
    project.emulator.update_seconds = 100
    failed = project.up()
    assert failed.code != 0
    assert 'run "pulumi up" again' in failed.text
    project.emulator.update_seconds = 0.2
    project.emulator.finish(cluster_id)
    assert live(project, cluster_id) == IDENTITY

    done(project.destroy())
    assert live(project, cluster_id) == was


@pytest.mark.parametrize("release", RELEASES)
def test_a_destroy_says_which_policy_it_applies(project: Project, release: str | None) -> None:
    """Row j: the file says "retain" now, but no update has recorded it."""
    begin(project, release, identity=IDENTITY, clusters=[{"name": "local-east"}])
    project.write(identity=IDENTITY | {"onDelete": "retain"}, clusters=[{"name": "local-east"}])

    destroyed = done(project.destroy())

    said = destroyed.text.index(
        'onDelete is "restore", as the last "pulumi up" recorded it: OIDC on cluster local-east will be removed'
    )
    assert said < destroyed.text.index("deleted")


def test_a_pinned_endpoint_of_another_cluster_stops_every_update(project: Project) -> None:
    """Row k."""
    wrong = {"id": EAST, "alias": "east", "endpoint": fleet.endpoint("twin")}
    project.write(identity=IDENTITY, clusters=[wrong])

    refused = project.up()

    assert refused.code != 0
    assert f'clusters[0].endpoint: "{fleet.endpoint("twin")}" is not the endpoint' in refused.text
    assert refused.patches == []


def test_a_foreign_change_that_up_refresh_overwrites_stays_in_the_log(project: Project) -> None:
    cluster = [{"name": "local-east"}]
    project.write(identity=IDENTITY, clusters=cluster)
    done(project.up())
    project.emulator.change(EAST, oidc=IDENTITY | {"usernameClaim": "sub"})

    repaired = done(project.up("--refresh"))

    assert '"usernameClaim": "sub"' in repaired.text
    assert live(project) == IDENTITY


def test_a_rename_that_an_interruption_preceded_loses_nothing(project: Project) -> None:
    """A create that is killed after its write, and then the cluster gets another name."""
    project.write(identity=IDENTITY, clusters=[{"name": "local-east"}])
    project.gate.hold({EAST: IN_THE_WAIT})
    with project.under_way("up") as running:
        project.gate.wait()
        running.kill_provider()
        project.finish(running)
    project.write(identity=IDENTITY, clusters=[{"name": "local-east", "alias": "east"}])

    done(project.up())
    done(project.destroy())
    assert live(project) is None


def test_a_state_of_0_1_survives_an_upgrade_with_a_rename_in_one_step(project: Project) -> None:
    project.run_release("0.1.0")
    write(project, *CLUSTERS)
    done(project.up())
    was = fleet.clusters()[3]["oidc"]
    project.run_release(None)
    first = {"id": EAST, "alias": "foreign", "webhooks": {"authentication": HOOK}}
    write(project, {"id": FOREIGN, "alias": "local-east"}, first)

    upgraded(project.up())

    assert live(project) == IDENTITY
    done(project.destroy())
    assert live(project) is None
    assert live(project, FOREIGN) == was


def test_a_replacement_that_was_killed_before_its_delete_takes_nothing_away(
    project: Project,
) -> None:
    """The next command, on another machine, has to delete what is left of the old resource."""
    project.write(identity=IDENTITY, clusters=[{"name": "local-east"}])
    done(project.up())
    before = project.resources()
    (urn,) = [u for u in project.urns() if "ClusterOidc::" in u]
    done(project.up("--replace", urn))
    left = next(r for r in before["deployment"]["resources"] if r["urn"] == urn)
    state = project.resources()
    state["deployment"]["resources"].append(left | {"delete": True})
    done(project.import_state(state))

    elsewhere = {"PULUMI_HOME": str(project.folder.parent / "another-home")}
    run = done(project.pulumi("up", "--yes", "--skip-preview", environment=elsewhere))

    assert run.patches == []
    assert live(project) == IDENTITY
    unchanged(project.up())


def test_an_upgrade_of_0_1_with_new_names_may_end_half_way(project: Project) -> None:
    """The outputs say the new names then, which are swapped, and some resources have none yet."""
    project.run_release("0.1.0")
    write(project, *CLUSTERS)
    done(project.up())
    was = fleet.clusters()[3]["oidc"]
    project.run_release(None)
    clusters = [CLUSTERS[0] | {"alias": "foreign"}, CLUSTERS[1] | {"alias": "local-east"}]
    project.write(identity=OTHER_PREFIX | {"adopt": True}, clusters=clusters)
    project.gate.hold({FOREIGN: IN_THE_WAIT})
    with project.under_way("up") as running:
        project.gate.wait()
        running.kill_provider()
        assert project.finish(running).code == 1

    again = done(project.up())

    summary = again.text.rpartition("Resources:")[2]
    assert not any(word in summary for word in ("created", "deleted", "replaced")), again.text
    assert live(project) == live(project, FOREIGN) == OTHER_PREFIX
    unchanged(project.up())
    done(project.destroy())
    assert live(project) is None
    assert live(project, FOREIGN) == was


def test_an_upgrade_of_0_1_may_be_told_to_reach_one_resource_by_its_former_name(
    project: Project,
) -> None:
    """It took the block from the cluster. Pulumi refuses it until a whole `up` has upgraded."""
    project.run_release("0.1.0")
    write(project, *CLUSTERS)
    done(project.up())
    (urn,) = [u for u in project.urns() if u.endswith("::foreign-oidc")]
    project.run_release(None)
    clusters = [CLUSTERS[0] | {"alias": "foreign"}, CLUSTERS[1] | {"alias": "local-east"}]
    write(project, *clusters)

    early = project.up("--target", urn)
    assert early.code == 1
    assert early.patches == []
    assert "mixed with --target" in early.text
    completed = done(project.up())
    assert completed.patches == []
    unchanged(project.up())
    assert live(project, FOREIGN) == IDENTITY
