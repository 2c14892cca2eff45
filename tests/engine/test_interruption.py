"""Whatever ends a command, and whenever: the next one completes it, without a second PATCH."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cks_components.engine.resource_names import cluster_name
from tests.engine.breakpoint import AT_THE_END, BEFORE_ANSWER, BEFORE_PATCH, IN_THE_WAIT
from tests.engine.stack_file import IDENTITY, OTHER_PREFIX, pinned

if TYPE_CHECKING:
    from tests.engine.conftest import Project

MOMENTS = {
    "unsent": BEFORE_PATCH,
    "unanswered": BEFORE_ANSWER,
    "waiting": IN_THE_WAIT,
    "settled": AT_THE_END,
}
FOREIGN = {"issuerUrl": "https://sso.elsewhere.example", "clientId": "k8s"}


def test_a_killed_provider_is_made_good_by_the_same_command_again(project: Project) -> None:
    """One cluster at each moment of its change, in a create, an update and a destroy."""
    ids = project.add_clusters(*MOMENTS, oidc=FOREIGN)
    moments = {ids[name]: moment for name, moment in MOMENTS.items()}

    for verb, identity in (("up", IDENTITY), ("up", OTHER_PREFIX), ("destroy", OTHER_PREFIX)):
        project.write(identity=identity | {"adopt": True}, clusters=pinned(ids))
        project.gate.hold(moments)
        with project.under_way(verb) as running:
            project.gate.wait()
            running.kill_provider()
            killed = project.finish(running)
        again = project.up() if verb == "up" else project.destroy()

        assert killed.code == 1, killed.text
        assert "Traceback" not in killed.text
        for name, cluster_id in ids.items():
            assert killed.said(f"{cluster_name(cluster_id)}-oidc")[-1].startswith(
                "error: error reading from server"
            )
            sent = len(killed.masks(cluster_id)), len(again.masks(cluster_id))
            assert sent == ((0, 1) if name == "unsent" else (1, 0)), name
        assert again.code == 0, again.text
        assert project.pending() == []

    for cluster_id in ids.values():
        assert project.emulator.cluster(cluster_id)["oidc"] == FOREIGN


def test_ctrl_c_once_ends_after_what_is_under_way_and_loses_nothing(project: Project) -> None:
    ids = project.add_clusters(*MOMENTS)
    project.write(identity=IDENTITY, clusters=pinned(ids))
    project.gate.hold({ids[name]: moment for name, moment in MOMENTS.items()})

    with project.under_way("up") as running:
        project.gate.wait()
        running.interrupt()
        running.wait_for("^C received; cancelling")
        project.gate.open()
        interrupted = project.finish(running)
    again = project.up("--expect-no-changes")

    assert interrupted.code == 1
    assert "error: update canceled" in interrupted.text
    assert [len(interrupted.masks(i)) for i in ids.values()] == [1, 1, 1, 1]
    assert again.code == 0, again.text
    assert again.sent == []  # the state has every pinned endpoint from the API


def test_ctrl_c_twice_leaves_notes_that_one_refresh_clears_and_no_work(project: Project) -> None:
    """Three clusters: with a fourth the provider is too busy to hear of the second Ctrl-C."""
    ids = project.add_clusters("unsent", "unanswered", "waiting")
    resources = sorted(f"{cluster_name(cluster_id)}-oidc" for cluster_id in ids.values())
    project.write(identity=IDENTITY, clusters=pinned(ids))
    project.gate.hold({ids[name]: MOMENTS[name] for name in ids})

    with project.under_way("up") as running:
        project.gate.wait()
        running.interrupt()
        running.wait_for("^C received; cancelling")
        running.interrupt()
        interrupted = project.finish(running)
    assert interrupted.code == 8, interrupted.text
    assert "error: update cancelled" in interrupted.text
    assert project.pending() == resources

    again = project.up()
    assert again.code == 0, again.text
    assert "with 3 pending operations from previous deployment" in again.text
    assert [len(again.masks(i)) for i in ids.values()] == [1, 0, 0]
    assert project.pending() == resources

    refreshed = project.pulumi(
        "refresh", "--yes", "--skip-preview", "--clear-pending-creates", "--expect-no-changes"
    )
    assert refreshed.code == 0, refreshed.text
    assert project.pending() == []


def test_after_a_crash_of_the_whole_command_its_lock_is_taken_away_and_up_completes(
    project: Project,
) -> None:
    ids = project.add_clusters("unanswered", "waiting")
    project.write(identity=IDENTITY, clusters=pinned(ids))
    project.gate.hold({ids[name]: MOMENTS[name] for name in ids})
    with project.under_way("up") as running:
        project.gate.wait()
        running.end()

    locked = project.up()
    assert locked.code != 0
    assert "the stack is currently locked" in locked.text
    assert "`pulumi cancel`" in locked.text
    assert project.pulumi("cancel", "--yes").code == 0
    again = project.up()

    assert again.code == 0, again.text
    assert again.patches == []
    assert [project.emulator.cluster(i)["oidc"] for i in ids.values()] == [IDENTITY, IDENTITY]
