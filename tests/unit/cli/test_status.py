"""Following clusters until they have settled."""

from __future__ import annotations

import json
from io import StringIO
from typing import TYPE_CHECKING

import pytest

from cks_components.api.models import OidcConfig
from cks_components.api.update_mask import patch_body
from cks_components.cli.progress_lines import ProgressLines
from lab.api import faults, fleet

if TYPE_CHECKING:
    from tests.conftest import World
    from tests.unit.conftest import Folder

ID = fleet.CONTROL_PLANE
FOREIGN = "4e85a7c5-b345-4e9b-8343-ff7f84946635"
CLUSTERS = [{"name": "local-east"}, {"id": FOREIGN, "alias": "other"}]
BINDINGS = [{"groups": ["a"], "clusterRole": "view"}]
NEWBORN = "60a7c9e7-d567-40bd-a565-1191a6b68857"
LABEL = f"cluster local-east ({ID})"


def begin_a_change(world: World) -> None:
    """PATCH a cluster; the emulator is UPDATING for five seconds of the test's clock."""
    cluster = world.client.get_cluster(ID)
    block = OidcConfig(issuer_url="https://idp.example.com", client_id="cks")
    body = patch_body(cluster, block)
    assert body is not None
    world.client.patch_cluster(cluster, body)
    world.emulator.clear_requests()


def test_a_change_is_followed_until_the_cluster_is_running(folder: Folder, world: World) -> None:
    begin_a_change(world)

    printed = folder.run("status", "local-east")

    assert (printed.code, printed.out) == (0, f"{LABEL} is RUNNING\n")
    assert printed.err == f"0 s: {LABEL} is UPDATING\n5 s: {LABEL} is RUNNING\n"
    assert {request.method for request in world.emulator.requests} == {"GET"}


def test_the_api_is_asked_once_a_second_at_most(folder: Folder, world: World) -> None:
    begin_a_change(world)

    folder.run("status", ID)

    assert 4 <= len(world.emulator.requests) <= 7
    assert min(world.time.slept) >= 0.9


def test_a_cluster_that_is_running_at_once_is_read_again_because_reads_may_be_stale(
    folder: Folder, world: World
) -> None:
    faults.add(world.emulator, "stale_reads", reads=1)
    begin_a_change(world)

    printed = folder.run("status", "local-east")

    assert printed.code == 0
    assert f"1 s: {LABEL} is UPDATING" in printed.err


def test_a_change_that_does_not_end_in_time_is_a_finding(folder: Folder, world: World) -> None:
    faults.add(world.emulator, "never_ends")
    begin_a_change(world)

    printed = folder.run("status", "local-east", "--timeout", "3m")

    assert (printed.code, printed.out) == (2, f"{LABEL} is UPDATING\n")
    lines = printed.err.splitlines()
    assert [line for line in lines if "waiting: local-east is UPDATING" in line], (
        "a log hears of it"
    )
    assert lines[-1] == (
        f"{LABEL} is UPDATING after 180 s, so it may still be changing; run the command again to "
        "go on waiting, or look at the cluster in the console"
    )


@pytest.mark.parametrize(("slow", "code"), [(0.8, 2), (4.0, 1)])
def test_a_slow_api_does_not_hold_it_much_longer_than_it_may_take(
    folder: Folder, world: World, slow: float, code: int
) -> None:
    faults.add(world.emulator, "never_ends")
    begin_a_change(world)
    faults.add(world.emulator, "slow", seconds=slow, times=None)
    began = world.time.now

    printed = folder.run("status", "local-east", "--timeout", "1s")

    assert printed.code == code
    assert world.time.now - began <= 2.0


def test_a_look_without_waiting_says_what_is_so_now(folder: Folder, world: World) -> None:
    begin_a_change(world)

    printed = folder.run("status", "local-east", "--timeout", "0s")

    assert printed.code == 2
    assert len(world.emulator.requests) == 1


@pytest.mark.parametrize("timeout", ["1", "0", "1.5", "٣s", "soon"])
def test_a_duration_has_a_unit(folder: Folder, timeout: str) -> None:
    printed = folder.run("status", "local-east", "--timeout", timeout)

    assert printed.code == 1
    assert f'"{timeout}" {"has no unit" if timeout[0] in "01" else "is not a duration"}; write' in (
        printed.err
    )


@pytest.mark.parametrize("name", ["", " "])
def test_an_empty_name_is_no_name(folder: Folder, name: str) -> None:
    printed = folder.run("status", name)

    assert printed.code == 1
    assert "cannot find a cluster: the name is empty; write a cluster's name or id" in printed.err


@pytest.mark.parametrize(("timeout", "seconds"), [("0s", 5.0), ("1s", 2.0)])
def test_an_api_that_is_down_ends_it_soon_and_without_progress(
    folder: Folder, world: World, timeout: str, seconds: float
) -> None:
    faults.add(world.emulator, "text", status=503, times=None)
    began = world.time.now

    printed = folder.run("status", "--timeout", timeout)

    assert printed.code == 1
    assert "still trying" not in printed.err
    assert world.time.now - began <= seconds


def test_a_failed_cluster_ends_it_at_once_with_what_to_do(folder: Folder, world: World) -> None:
    world.emulator.change(ID, status="STATUS_UPGRADE_FAILED")

    printed = folder.run("status", "local-east")

    assert (printed.code, printed.out) == (2, f"{LABEL} is UPGRADE_FAILED\n")
    assert f"{LABEL} is UPGRADE_FAILED, and waiting does not change that; look at" in printed.err
    assert len(world.emulator.requests) == 1


def test_several_clusters_are_read_by_one_request(folder: Folder, world: World) -> None:
    begin_a_change(world)

    printed = folder.run("status", "local-east", "foreign", "--json")

    assert json.loads(printed.out) == {
        "settled": True,
        "waitedSeconds": pytest.approx(5, abs=1),
        "clusters": [
            {"id": ID, "name": "local-east", "status": "RUNNING"},
            {"id": FOREIGN, "name": "foreign", "status": "RUNNING"},
        ],
    }
    assert {request.path for request in world.emulator.requests} == {"/v1beta1/cks/clusters"}


def test_a_cluster_that_a_list_leaves_out_is_read_by_its_id(folder: Folder, world: World) -> None:
    faults.add(world.emulator, "hidden", cluster=ID, skip=1)

    printed = folder.run("status", "local-east", "foreign")

    assert printed.code == 0
    assert printed.out.count("is RUNNING") == 2


def test_without_a_name_every_cluster_is_followed(folder: Folder, world: World) -> None:
    world.emulator.change(NEWBORN, status="STATUS_RUNNING")
    world.emulator.change(FOREIGN, status="STATUS_DELETED")

    printed = folder.run("status")

    assert printed.code == 2
    assert len(printed.out.splitlines()) == 6
    assert f"cluster foreign ({FOREIGN}) is DELETED" in printed.out


def test_a_token_that_sees_nothing_is_an_error(folder: Folder, world: World) -> None:
    faults.add(world.emulator, "empty_list")

    printed = folder.run("status")

    assert (printed.code, printed.out) == (1, "")
    assert (
        "no cluster is visible to the token in COREWEAVE_API_TOKEN of organisation" in printed.err
    )


def test_the_clusters_of_a_stack_file_are_followed_by_their_names_there(folder: Folder) -> None:
    folder.write(clusters=CLUSTERS, bindings=BINDINGS)

    both = folder.run("status", "--stack", "test")
    one = folder.run("status", "--stack", "test", "other")

    assert len(both.out.splitlines()) == 2
    assert one.out == f"cluster foreign ({FOREIGN}) is RUNNING\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("nowhere",),
            'cks-access: no cluster "nowhere" is visible to this token (visible: foreign',
        ),
        (("twin",), 'cks-access: 2 clusters are called "twin"; write the id of one: 2c6385a3-'),
        ((ID.replace("1", "9"),), 'no cluster "9b5274f2'),
        (("--stack", "test", "othr"), 'has no cluster "othr" (the nearest is "other"); it has'),
        (
            ("local-east", "--resolve"),
            "--resolve is for the clusters of a stack file; name it with --stack",
        ),
        (("local-east", "--timeout", "soon"), '"soon" is not a duration; write one such as "90s"'),
    ],
)
def test_a_mistake_is_one_sentence(
    folder: Folder, arguments: tuple[str, ...], message: str
) -> None:
    folder.write(clusters=CLUSTERS, bindings=BINDINGS)

    printed = folder.run("status", *arguments)

    assert (printed.code, printed.out) == (1, "")
    assert message in printed.err


def test_a_cluster_that_goes_meanwhile_is_said_to_be_gone(folder: Folder, world: World) -> None:
    begin_a_change(world)
    faults.add(world.emulator, "outside", remove=True, on=ID, skip=2, times=None)

    printed = folder.run("status", "local-east")

    assert printed.code == 1
    assert f"cluster local-east ({ID}) is gone" in printed.err


class Terminal(StringIO):
    """A terminal that keeps what was written to it."""

    def isatty(self) -> bool:
        return True

    @property
    def shown(self) -> list[str]:
        """The lines as a person sees them: what follows a carriage return replaces the line."""
        lines = []
        for written in self.getvalue().split("\n"):
            line = ""
            for part in written.split("\r"):
                line = part + line[len(part) :]
            lines.append(line.rstrip())
        return lines


def test_in_a_terminal_one_row_is_replaced_and_lines_stay_above_it() -> None:
    terminal = Terminal()
    progress = ProgressLines(terminal)

    progress.row("1 s: waiting for a cluster with a long name")
    progress.row("2 s: waiting")
    progress.line("2 s: it is RUNNING")
    progress.row("3 s: reading once more")

    assert terminal.shown == ["2 s: it is RUNNING", "3 s: reading once more"]
    progress.end()
    assert terminal.shown == ["2 s: it is RUNNING", ""]


def test_a_row_never_reaches_the_terminals_edge(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    terminal = Terminal()

    ProgressLines(terminal).row("x" * 100)

    assert terminal.shown == ["x" * 19]


def test_a_pipe_gets_lines_only() -> None:
    pipe = StringIO()
    progress = ProgressLines(pipe)

    progress.row("1 s: waiting")
    progress.line("2 s: it is RUNNING")
    progress.end()

    assert pipe.getvalue() == "2 s: it is RUNNING\n"
