"""The most telling faults of the API through the real engine, each on a cluster of its own.

One stack goes through all of them, since every command costs seconds; the tests look at what its
commands left behind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from cks_components.engine.resource_names import cluster_name
from lab.api import faults
from tests.engine.stack_file import IDENTITY, OTHER_PREFIX, pinned

if TYPE_CHECKING:
    from lab.api.emulator import Emulator
    from tests.engine.command_result import Run
    from tests.engine.conftest import Project

ALL_LEAVES = "oidc.clientId,oidc.groupsClaim,oidc.groupsPrefix,oidc.issuerUrl,oidc.usernameClaim"
PREFIX = "oidc.groupsPrefix"

PASSING = {
    "F1 stale reads": [200],
    "F2 values before the status": [200],
    "F7 busy": [400, 409, 200],
    "F10 answer lost": [0],
    "F11 limited": [429, 200],
    "F14 not found once": [200],
    "F16 other fields changed": [200],
    "F17 upgraded": [400, 200],
}
"""Faults that end in success, and how the PATCHes of a create are answered."""

STAYING = {
    "F3 update fails": (
        "cannot change OIDC on cluster {label}: its status is FAILED",
        "look at the cluster in the console and ask CoreWeave's support, then run the command again",
    ),
    "F4 update never ends": (
        "cannot confirm OIDC on cluster {label}: after ",
        "it is UPDATING and does not show the new values yet",
        'run "pulumi up" again: it continues from there',
    ),
    "F5 update lost": (
        "cannot confirm OIDC on cluster {label}: after ",
        "it is RUNNING and does not show the new values yet "
        "(groupsPrefix: 'idp:' on the cluster, 'new:' wanted)",
    ),
    "F13 token revoked in the wait": (
        'cannot read cluster {label}: the API answered 403 "permission denied" '
        "(request 7f3a-11); give the token's owner the role CKS Viewer, then run the command again",
    ),
    "F15 deleted": (
        "cluster {label} is gone: two reads returned 404 and the list of clusters does not show it",
        "remove it from the stack file",
    ),
    "F16 own leaf changed": (
        "cannot confirm OIDC on cluster {label}: after ",
        "it is RUNNING and does not show the new values yet "
        "(usernameClaim: 'sub' on the cluster, 'email' wanted)",
    ),
}
"""Faults that end in an error, and the parts of its one line."""

NAMES = [f"c{index}" for index in range(len(PASSING))]


def cluster_of(fault: str, table: Mapping[str, Any]) -> str:
    """The name of the cluster that meets a fault."""
    return NAMES[list(table).index(fault)]


@dataclass
class Course:
    """The commands that the stack went through, in this order, and what became of its clusters."""

    ids: dict[str, str]
    emulator: Emulator
    created: Run
    read: Run
    stopped: Run
    resumed: Run
    refreshed: Run
    destroyed: Run


@pytest.fixture(scope="module")
def course(shared_project: Project) -> Course:
    project, emulator = shared_project, shared_project.emulator
    ids = project.add_clusters(*NAMES)
    project.write(identity=IDENTITY, clusters=pinned(ids))
    add_passing_faults(emulator, {fault: ids[cluster_of(fault, PASSING)] for fault in PASSING})
    created = project.up()

    emulator.clear_faults()
    add_odd_reads(emulator, *ids.values())
    read = project.pulumi("refresh", "--preview-only", "--expect-no-changes")

    emulator.clear_faults()
    on = {fault: ids[cluster_of(fault, STAYING)] for fault in STAYING}
    add_staying_faults(emulator, on)
    changed = {"identity": OTHER_PREFIX, "updateTimeout": "10s"}
    project.write(clusters=pinned(ids), **changed)
    stopped = project.up("--continue-on-error")
    assert stopped.code == 1, stopped.text  # what follows says little of an engine that was killed

    emulator.clear_faults()
    emulator.change(on["F3 update fails"], status="STATUS_RUNNING")  # by the vendor's support
    emulator.finish(on["F4 update never ends"])
    resumed = project.up("--continue-on-error")
    left = {name: i for name, i in ids.items() if i != on["F15 deleted"]}
    project.write(clusters=pinned(left), **changed)
    refreshed = project.up("--refresh")

    emulator.remove(ids["c0"])
    faults.add(emulator, "cut", method="PATCH", target=ids["c1"], after=True)
    return Course(ids, emulator, created, read, stopped, resumed, refreshed, project.destroy())


def add_passing_faults(emulator: Emulator, on: Mapping[str, str]) -> None:
    """Let a create meet them; `on` has the cluster's id of each fault."""
    faults.add(emulator, "stale_reads", target=on["F1 stale reads"], reads=3)
    faults.add(emulator, "early_values", target=on["F2 values before the status"])
    faults.add(emulator, "busy", target=on["F7 busy"], code=10)
    faults.add(emulator, "busy", target=on["F7 busy"], code=9)
    faults.add(emulator, "cut", method="PATCH", target=on["F10 answer lost"], after=True)
    after = {"retry-after": "1"}
    limited = on["F11 limited"]
    faults.add(emulator, "refusal", method="PATCH", target=limited, code=8, headers=after)
    faults.add(emulator, "refusal", method="GET", target=on["F14 not found once"], code=5)
    sans = {"additionalServerSans": ["a.example"]}
    other = on["F16 other fields changed"]
    faults.add(emulator, "outside", method="PATCH", target=other, change=sans)
    newer = {"version": "v1.37"}
    faults.add(emulator, "outside", method="PATCH", target=on["F17 upgraded"], change=newer)


def add_odd_reads(emulator: Emulator, *ids: str) -> None:
    """F12, F14, F19, F20: a refresh meets them."""
    faults.add(emulator, "refusal", method="GET", target=ids[0], code=5)
    faults.add(emulator, "hidden", cluster=ids[0], times=None)
    faults.add(emulator, "text", method="GET", target=ids[1], status=502, body="<html>")
    faults.add(emulator, "cut_off", method="GET", target=ids[2])
    faults.add(emulator, "numbers", target=ids[3])
    faults.add(emulator, "noise", target=ids[4])


def add_staying_faults(emulator: Emulator, on: Mapping[str, str]) -> None:
    """Let an update meet them; `on` has the cluster's id of each fault."""
    faults.add(emulator, "ends_in", target=on["F3 update fails"], status="STATUS_FAILED")
    faults.add(emulator, "never_ends", target=on["F4 update never ends"])
    faults.add(emulator, "lost", target=on["F5 update lost"])
    faults.add(
        emulator,
        "refusal",
        method="GET",
        target=on["F13 token revoked in the wait"],
        skip=1,  # the read that the PATCH is built from
        times=None,
        code=7,
        message="permission denied",
        headers={"x-request-id": "7f3a-11"},
    )
    emulator.remove(on["F15 deleted"])
    theirs = {"oidc": IDENTITY | {"usernameClaim": "sub"}}
    faults.add(
        emulator, "outside", method="PATCH", target=on["F16 own leaf changed"], change=theirs
    )


@pytest.mark.parametrize("fault", PASSING)
def test_a_fault_that_passes_costs_no_patch_too_many(course: Course, fault: str) -> None:
    name = cluster_of(fault, PASSING)

    assert course.created.code == 0, course.created.text
    assert course.created.answers(course.ids[name]) == PASSING[fault]
    assert set(course.created.masks(course.ids[name])) == {ALL_LEAVES}
    assert course.created.said(f"{cluster_name(course.ids[name])}-oidc") == []


def test_what_others_change_between_our_read_and_our_write_stays(course: Course) -> None:
    clusters = {c["id"]: c for c in course.emulator.clusters()}
    changed = course.ids[cluster_of("F16 other fields changed", PASSING)]
    upgraded = course.ids[cluster_of("F17 upgraded", PASSING)]

    assert clusters[changed]["additionalServerSans"] == ["a.example"]
    assert clusters[upgraded]["version"] == "v1.37"


def test_an_odd_answer_to_a_read_is_no_drift_and_drops_no_state(course: Course) -> None:
    assert course.read.code == 0, course.read.text
    assert course.read.patches == []


def errors(lines: list[str]) -> list[str]:
    """The messages alone: the engine heads those of a failure that it keeps in the state."""
    bare = (line.removeprefix("error: ").removeprefix("* ") for line in lines)
    return [line for line in bare if line != "1 error occurred:"]


@pytest.mark.parametrize("fault", STAYING)
def test_a_fault_that_stays_is_one_message_that_stands_alone(course: Course, fault: str) -> None:
    name = cluster_of(fault, STAYING)
    cluster_id = course.ids[name]

    (line,) = errors(course.stopped.said(f"{cluster_name(course.ids[name])}-oidc"))

    assert course.stopped.code == 1
    parts = [p.format(label=f"{name} ({cluster_id})", id=cluster_id) for p in STAYING[fault]]
    assert [part for part in parts if part not in line] == [], line
    assert course.stopped.masks(cluster_id) == ([] if fault == "F15 deleted" else [PREFIX])


def test_a_cluster_that_fails_holds_up_no_other(course: Course) -> None:
    for name in NAMES[len(STAYING) :]:
        assert course.stopped.answers(course.ids[name]) == [200]
        assert course.stopped.said(f"{cluster_name(course.ids[name])}-oidc") == []


def test_the_next_up_continues_and_sends_only_what_never_arrived(course: Course) -> None:
    sent = {f: course.resumed.masks(course.ids[cluster_of(f, STAYING)]) for f in STAYING}

    never_arrived = {"F3 update fails": [PREFIX], "F5 update lost": [PREFIX]}
    assert {fault: masks for fault, masks in sent.items() if masks} == never_arrived


def test_what_somebody_else_changed_is_refused_until_a_refresh_and_then_repaired(
    course: Course,
) -> None:
    name = cluster_of("F16 own leaf changed", STAYING)

    (refused,) = errors(course.resumed.said(f"{cluster_name(course.ids[name])}-oidc"))
    assert course.resumed.code == 1
    assert "usernameClaim: 'sub' on the cluster, 'email' in the state" in refused
    assert 'run "pulumi refresh" to record the change' in refused
    assert course.refreshed.code == 0, course.refreshed.text
    assert [p["id"] for p in course.refreshed.patches] == [course.ids[name]]
    assert course.refreshed.masks(course.ids[name]) == ["oidc.usernameClaim"]


def test_a_destroy_survives_a_lost_answer_and_a_cluster_that_is_gone(course: Course) -> None:
    assert course.destroyed.code == 0, course.destroyed.text
    assert course.destroyed.masks(course.ids["c0"]) == []
    assert course.destroyed.answers(course.ids["c1"]) == [0]
    ours = [c for c in course.emulator.clusters() if c["name"] in NAMES]
    assert [c["name"] for c in ours if "oidc" in c] == []


@pytest.mark.usefixtures("course")
def test_no_command_shows_a_traceback(shared_project: Project) -> None:
    assert [text for text in shared_project.texts if "Traceback" in text] == []
