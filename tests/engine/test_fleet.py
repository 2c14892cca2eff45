"""Many clusters in one stack: worked on at the same time, and independent of each other."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cks_components.engine.resource_names import cluster_name
from lab.api import fleet
from tests.engine.breakpoint import IN_THE_WAIT
from tests.engine.stack_file import IDENTITY, pinned

if TYPE_CHECKING:
    from tests.engine.command_result import Run
    from tests.engine.conftest import Project


def changes(preview: Run) -> set[tuple[str, str]]:
    """What a preview in JSON would do that is more than leaving a resource as it is."""
    steps = json.loads(preview.text)["steps"]
    named = {(step["op"], step["urn"].rpartition("::")[2]) for step in steps}
    return {(op, name) for op, name in named if op != "same"}


def test_nine_clusters_are_changed_and_waited_for_at_the_same_time(project: Project) -> None:
    """More than the four that one process works on; one more or one less changes no other."""
    ids = project.add_clusters(*(f"c{n}" for n in range(10)))
    all_ten = pinned(ids)
    project.write(identity=IDENTITY, clusters=all_ten[:9])
    project.gate.hold({cluster["id"]: IN_THE_WAIT for cluster in all_ten[:9]})

    with project.under_way("up") as running:
        project.gate.wait()  # for all nine: if one had to wait for another, this would not return
        project.gate.open()
        up = project.finish(running)
    assert up.code == 0, up.text
    assert sorted(p["id"] for p in up.patches) == sorted(c["id"] for c in all_ten[:9])

    project.write(identity=IDENTITY, clusters=all_ten)
    added = project.pulumi("preview", "--json")
    assert changes(added) == {
        ("create", cluster_name(ids["c9"])),
        ("create", f"{cluster_name(ids['c9'])}-oidc"),
    }

    project.write(identity=IDENTITY, clusters=all_ten[1:9])
    removed = project.pulumi("preview", "--json")
    assert changes(removed) == {
        ("delete", name)
        for name in (cluster_name(ids["c0"]), f"{cluster_name(ids['c0'])}-oidc", "pool-2")
    }


def test_a_fifth_cluster_brings_pools_and_changes_none_of_the_four(project: Project) -> None:
    ids = project.add_clusters(*(f"c{n}" for n in range(5)))
    project.write(identity=IDENTITY, clusters=pinned(ids)[:4])
    assert project.up().code == 0
    project.write(identity=IDENTITY, clusters=pinned(ids))

    preview = project.pulumi("preview", "--json")
    up = project.up()

    names = ("pool-0", "pool-1", cluster_name(ids["c4"]), f"{cluster_name(ids['c4'])}-oidc")
    new = {("create", name) for name in names}
    assert changes(preview) == new
    assert up.code == 0, up.text
    assert {r.path.rpartition("/")[2] for r in up.requests if r.method == "PATCH"} == {ids["c4"]}
    assert "9 unchanged" in up.text


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


def test_a_replaced_cluster_that_changes_its_pool_keeps_its_block(project: Project) -> None:
    """Another process makes the new resource than deletes the old one."""
    ids = project.add_clusters(*(f"moved-{n}" for n in range(5)))
    first, *others = pinned(ids)
    project.write(identity=IDENTITY, clusters=[first, *others])
    assert project.up().code == 0
    name = f"{cluster_name(first['id'])}-oidc"
    (urn,) = [u for u in project.urns() if u.endswith(f"::{name}")]
    assert project.pulumi("state", "taint", urn, "--yes").code == 0
    project.write(identity=IDENTITY, clusters=[*others, first])

    replaced = project.up()

    assert replaced.code == 0, replaced.text
    assert replaced.patches == []
    assert project.emulator.cluster(first["id"])["oidc"] == IDENTITY
