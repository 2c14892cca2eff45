"""Many clusters in one stack: worked on at the same time, and independent of each other."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cks_components.engine.resource_names import cluster_name
from lab.api import faults, fleet
from tests.engine.breakpoint import BEFORE_ANSWER
from tests.engine.stack_file import IDENTITY, pinned

if TYPE_CHECKING:
    from tests.engine.command_result import Run
    from tests.engine.conftest import Project

OTHER = "https://other.example.com/authz"


def changes(preview: Run) -> set[tuple[str, str]]:
    """What a preview in JSON would do that is more than leaving a resource as it is."""
    steps = json.loads(preview.text)["steps"]
    named = {(step["op"], step["urn"].rpartition("::")[2]) for step in steps}
    return {(op, name) for op, name in named if op != "same"}


def test_twelve_clusters_are_changed_and_waited_for_at_the_same_time(project: Project) -> None:
    """More than the SDK's server has threads; one more or one less changes no other."""
    ids = project.add_clusters(*(f"c{n}" for n in range(13)))
    all_of_them = pinned(ids)
    project.write(identity=IDENTITY, clusters=all_of_them[:12])
    project.gate.hold({cluster["id"]: BEFORE_ANSWER for cluster in all_of_them[:12]})

    with project.under_way("up") as running:
        project.gate.wait()  # for all twelve: if one had to wait for another, this would not return
        project.gate.open()
        up = project.finish(running)
    assert up.code == 0, up.text
    assert sorted(p["id"] for p in up.patches) == sorted(c["id"] for c in all_of_them[:12])

    project.write(identity=IDENTITY, clusters=all_of_them)
    added = project.pulumi("preview", "--json")
    assert changes(added) == {
        ("create", cluster_name(ids["c12"])),
        ("create", f"{cluster_name(ids['c12'])}-oidc"),
    }

    project.write(identity=IDENTITY, clusters=all_of_them[1:12])
    removed = project.pulumi("preview", "--json")
    assert changes(removed) == {
        ("delete", name) for name in (cluster_name(ids["c0"]), f"{cluster_name(ids['c0'])}-oidc")
    }


def test_the_pools_of_an_earlier_release_go_and_no_cluster_is_changed(project: Project) -> None:
    """A replacement is made in one process and its predecessor removed in another, by a pool."""
    ids = project.add_clusters(*(f"c{n}" for n in range(6)))
    project.write(identity=IDENTITY, clusters=pinned(ids))
    project.run_release("0.1.0")
    first = project.up()
    assert first.code == 0, first.text
    project.run_release(None)
    assert {n for n in project.names() if n.startswith("pool-")} == {"pool-0", "pool-1"}

    refreshed = project.pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes")
    (urn,) = [u for u in project.urns() if u.endswith("::c0-oidc")]
    assert project.pulumi("state", "taint", urn, "--yes").code == 0
    moved = project.up()
    project.run_release(None)
    again = project.up("--expect-no-changes")

    assert refreshed.code == 0, refreshed.text
    assert moved.code == 0, moved.text
    assert moved.patches == []
    assert {project.emulator.cluster(id_)["oidc"]["clientId"] for id_ in ids.values()} == {"cks"}
    assert not [n for n in project.names() if n.startswith("pool-")]
    assert again.code == 0, again.text

    destroyed = project.destroy()
    assert destroyed.code == 0, destroyed.text
    assert not [id_ for id_ in ids.values() if "oidc" in project.emulator.cluster(id_)]


def test_a_state_with_pools_is_destroyed_by_this_release(project: Project) -> None:
    ids = project.add_clusters(*(f"c{n}" for n in range(6)))
    project.write(identity=IDENTITY, clusters=pinned(ids))
    project.run_release("0.1.0")
    assert project.up().code == 0
    project.run_release(None)

    destroyed = project.destroy()

    assert destroyed.code == 0, destroyed.text
    assert not [id_ for id_ in ids.values() if "oidc" in project.emulator.cluster(id_)]


def test_a_cluster_that_fails_stops_no_other_and_the_next_up_works_on_it_alone(
    project: Project,
) -> None:
    """As a job runs it; else Pulumi begins no step after its first error, which comes at once here."""
    ids = project.add_clusters(*(f"c{n}" for n in range(8)))
    broken = [ids["c2"], ids["c5"]]
    project.write(identity=IDENTITY, clusters=pinned(ids))
    for cluster_id in broken:
        project.emulator.change(cluster_id, status="STATUS_FAILED")

    failed = project.up("--continue-on-error")
    for cluster_id in broken:
        project.emulator.change(cluster_id, status="STATUS_RUNNING")
    repaired = project.up()

    assert failed.code != 0
    assert {p["id"] for p in failed.patches} == set(ids.values()) - set(broken)
    for name in ("c2", "c5"):
        (line,) = [
            x for x in failed.said(f"{cluster_name(ids[name])}-oidc") if x.startswith("error: ")
        ]
        assert f"cluster {name} ({ids[name]}): its status is FAILED" in line
    assert repaired.code == 0, repaired.text
    asked = {r.path.rpartition("/")[2] for r in repaired.requests} - {"clusters"}
    assert asked == set(broken)


def test_a_refusal_that_comes_at_once_stops_no_other_cluster_if_pulumi_continues(
    project: Project,
) -> None:
    """With a plan too, as a job has it; else Pulumi begins no step after its first error."""
    ids = project.add_clusters(*(f"c{n}" for n in range(12)))
    first, *others = ids.values()
    project.write(identity=IDENTITY, clusters=pinned(ids))
    faults.add(project.emulator, "refusal", method="PATCH", target=first, times=None, code=7)

    stopped = project.up("--parallel=2")
    assert project.pulumi("preview", "--save-plan=plan.json").code == 0
    went_on = project.up("--parallel=2", "--continue-on-error", "--plan=plan.json")

    at_once, after = ({p["id"] for p in run.patches} - {first} for run in (stopped, went_on))
    assert stopped.code != 0
    assert at_once < set(others)
    assert went_on.code != 0
    assert after == set(others) - at_once


def test_a_cluster_made_anew_under_its_name_is_noticed_explained_and_set(project: Project) -> None:
    new_id = "00000000-0000-4000-8000-00000000002a"
    project.write(identity=IDENTITY, clusters=[{"name": "local-east"}])
    assert project.up().code == 0
    project.emulator.recreate(fleet.CONTROL_PLANE, new_id)

    preview = project.pulumi("preview")
    up = project.up()

    warning = f"moves from cluster {fleet.CONTROL_PLANE} to cluster {new_id}"
    for run in (preview, up):
        assert run.code == 0, run.text
        warnings = [
            line
            for line in run.said(f"{cluster_name(new_id)}-oidc")
            if line.startswith("warning: ")
        ]
        assert len(warnings) == 1
        assert warning in warnings[0]
        assert "no RBAC and another service-account issuer" in warnings[0]
    assert preview.patches == []
    assert [p["id"] for p in up.patches] == [new_id]
    assert project.emulator.cluster(new_id)["oidc"] == IDENTITY


def test_a_run_sends_what_it_needs_however_many_clusters_there_are(project: Project) -> None:
    """Nothing for pinned clusters without a change; one list for all that are found by name."""
    ids = project.add_clusters(*(f"c{n}" for n in range(6)))
    hooks = {
        kind: {"server": f"https://hook.example.com/{kind}"}
        for kind in ("authentication", "authorization")
    }
    project.write(identity=IDENTITY, webhooks=hooks, clusters=[{"name": name} for name in ids])
    assert project.pulumi("preview").sent == ["GET clusters"]
    first = project.up()
    assert first.code == 0, first.text
    assert project.up("--expect-no-changes").sent == ["GET clusters"]
    project.write(identity=IDENTITY, webhooks=hooks, clusters=pinned(ids))
    assert project.pulumi("preview").sent == []
    assert project.up("--expect-no-changes").sent == []

    refreshed = project.pulumi("refresh", "--yes", "--skip-preview")
    assert sorted(refreshed.sent) == sorted(f"GET {id_}" for id_ in ids.values())

    own = [
        cluster | {"webhooks": hooks | {"authorization": {"server": OTHER}}}
        for cluster in pinned(ids)[:2]
    ]
    project.write(identity=IDENTITY, webhooks=hooks, clusters=[*own, *pinned(ids)[2:]])
    changed = project.up()
    assert changed.code == 0, changed.text
    for cluster_id in list(ids.values())[:2]:
        sent = [name for name in changed.sent if name.endswith(cluster_id)]
        assert sent[:2] == [f"GET {cluster_id}", f"PATCH {cluster_id}"]
        assert sent.count(f"PATCH {cluster_id}") == 1
    asked = {name.partition(" ")[2] for name in changed.sent} - {"clusters"}
    assert asked == set(list(ids.values())[:2])
