"""Every cell of the fault table, played through the provider against the emulator.

The table says what ought to happen; a cell that does not hold is an error of the code.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from cks_components.api import environment
from cks_components.api.cluster_lookup import Selector, select
from cks_components.api.models import OidcConfig
from cks_components.engine import provider_call
from lab.api import faults, rules
from tests.unit.lifecycle.fault_page import PAGE, render
from tests.unit.lifecycle.fault_table import FAULTS, LOOKUPS
from tests.unit.lifecycle.faults.blocks import NEW, THEIRS
from tests.unit.lifecycle.faults.fault import (
    NEW_ID,
    OPERATIONS,
    Cell,
    Fault,
    Lookup,
    Operation,
    Put,
)
from tests.unit.lifecycle.faults.scenario import Bag, Run, Stage
from tests.unit.lifecycle.people_table import ROWS

if TYPE_CHECKING:
    from tests.conftest import EngineLog, World


@dataclass(frozen=True)
class Case:
    """One cell in its place."""

    fault: Fault
    operation: Operation
    cell: Cell

    def __str__(self) -> str:
        return f"{self.fault.id} {self.fault.title}: {self.operation}"


CELLS = [Case(fault, name, fault.cell(name)) for fault in FAULTS for name in OPERATIONS]
REMOVALS = [Case(fault, "delete", fault.clear or fault.delete) for fault in FAULTS]
FAILING = [case for case in CELLS if case.cell.end is not None]
NOTED = [case for case in CELLS if case.cell.end is None and case.cell.says]


@pytest.fixture
def connected(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv(environment.TOKEN, world.token)
    monkeypatch.delenv(environment.ENDPOINT, raising=False)
    provider_call.clients[world.access] = world.client
    yield world
    provider_call.clients.clear()


@pytest.mark.parametrize("case", CELLS, ids=str)
def test_a_fault_ends_as_the_table_says(
    connected: World, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stage(connected, case.fault.cluster)

    run = play_and_compare(stage, case, monkeypatch)

    if run.error is None:
        assert_returns_what_is_there(stage, case, run)


@pytest.mark.parametrize("case", REMOVALS, ids=str)
def test_a_delete_that_brings_no_block_back_ends_so_too(
    connected: World, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its PATCH has another form: no block, and a mask of all ten leaves."""
    stage = Stage(connected, case.fault.cluster, previous={})

    play_and_compare(stage, case, monkeypatch)


@pytest.mark.parametrize("case", NOTED, ids=str)
def test_a_success_that_needs_an_explanation_leaves_it_in_the_log(
    connected: World, case: Case, engine_log: EngineLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["provider", engine_log.address])
    stage = Stage(connected, case.fault.cluster)
    stage.prepare(case.operation)
    stage.urn = "urn:pulumi:prod::cks-access::ClusterOidc::oidc"

    play(stage, case, monkeypatch)

    assert any(case.cell.says in text for _, text in engine_log.messages)


@pytest.mark.parametrize("case", [c for c in FAILING if c.cell.then != "nothing"], ids=str)
def test_once_the_fault_is_over_the_same_wish_comes_true(
    connected: World, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stage(connected, case.fault.cluster)
    stage.prepare(case.operation)
    play(stage, case, monkeypatch)
    stage.settle()
    stage.end()
    landed = stage.live == stage.goal(case.operation)

    wish = case.operation
    match case.cell.then:
        case "refresh":
            stage.run("refresh")
        case "adopt":
            stage.adopt = True
        case "new id":
            stage.move_to_the_new_cluster()
            wish = "create"
    run = stage.run(wish)

    assert run.error is None
    assert stage.live == stage.goal(wish)
    assert (run.sent, run.accepted) == ((0, 0) if landed else (1, 1))
    if wish == "create" and case.cell.then != "adopt":
        assert run.outs["previous"] == {}  # and not our own block of the failed attempt


@pytest.mark.parametrize("case", [c for c in FAILING if c.cell.then == "nothing"], ids=str)
def test_where_the_cluster_is_lost_every_run_says_so_again_and_sends_nothing(
    connected: World, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stage(connected, case.fault.cluster)
    stage.prepare(case.operation)
    play(stage, case, monkeypatch)
    stage.settle()
    stage.put()

    run = stage.run(case.operation)

    assert (type(run.error), run.sent) == (case.cell.end, 0)


@pytest.mark.parametrize("lookup", LOOKUPS, ids=lambda lookup: f"{lookup.id} {lookup.title}")
def test_a_cluster_is_looked_up_by_exactly_one_match(world: World, lookup: Lookup) -> None:
    for act in lookup.faults:
        faults.add(world.emulator, act.kind, **act.options)
    selector = Selector(path="clusters[0]", **lookup.wanted)

    if lookup.end is None:
        assert select([selector], lambda: world.client)[0][0] == lookup.wanted["id"]
        return
    with pytest.raises(lookup.end) as caught:
        select([selector], lambda: world.client)
    assert lookup.says in str(caught.value)


def test_no_fault_of_the_list_is_missing() -> None:
    assert {fault.id for fault in FAULTS} == {f"F{number}" for number in range(1, 27)}


def test_the_page_says_what_the_table_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(), 'run "make docs"'


def play(stage: Stage, case: Case, patch: pytest.MonkeyPatch) -> Run:
    """Put the fault before the operation and run it."""
    stage.put(*case.fault.faults_of(case.cell))
    with patch.context() as meanwhile:
        if case.fault.endpoint:
            meanwhile.setenv(environment.ENDPOINT, case.fault.endpoint)
        return stage.run(case.operation)


def play_and_compare(stage: Stage, case: Case, patch: pytest.MonkeyPatch) -> Run:
    stage.prepare(case.operation)
    clusters = {c["id"]: c for c in stage.world.emulator.clusters()}
    cell = case.cell

    run = play(stage, case, patch)

    assert type(run.error) is (cell.end or type(None)), run.error
    if run.error is not None:
        assert cell.says in str(run.error)
        assert "\n" not in str(run.error)
        assert stage.world.token not in str(run.error)
    assert (run.sent, run.accepted) == (cell.sent, cell.accepted)
    if cell.seconds is not None:
        least, most = cell.seconds
        assert least <= run.seconds <= most
    if cell.end is None and cell.accepted and cell.live != "gone":
        assert stage.world.emulator.cluster(stage.cluster_id)["status"] == "STATUS_RUNNING"
    stage.settle()
    assert stage.live == block_after(stage, case)
    for request in stage.world.patches:
        rules.decode(request.body)  # raises for whatever a tolerant decoder would drop
    assert_nothing_else_changed(stage, case, clusters)
    return run


def block_after(stage: Stage, case: Case) -> Bag | None:
    """The block that the cell names; None for a cluster that is gone."""
    before, wanted = stage.before(case.operation), stage.goal(case.operation)
    named = {"as before": before, "as wanted": wanted, "theirs": THEIRS}
    if case.cell.live == "gone":
        return None
    block = named[case.cell.live] | dict(case.cell.but)
    return {leaf: value for leaf, value in block.items() if value is not None}


def assert_nothing_else_changed(stage: Stage, case: Case, before: dict[str, Bag]) -> None:
    """Our cluster is otherwise as others left it, and every other cluster is as it was."""
    for after in stage.world.emulator.clusters():
        if after["id"] == NEW_ID:
            assert "oidc" not in after
        elif after["id"] == stage.cluster_id:
            assert not_ours(after) == not_ours(before[after["id"]] | changes_of_others(case))
        else:
            assert after == before[after["id"]]


def changes_of_others(case: Case) -> Bag:
    """What others change, as far as the operation lives to see it: a refresh is a single GET."""
    changes: Bag = {}
    for act in case.fault.faults_of(case.cell):
        if isinstance(act, Put) and act.kind == "outside":
            is_first = act.options["method"] == "GET" and not act.options["skip"]
            if is_first or case.operation != "refresh":
                changes |= act.options.get("change") or {}
    return changes


def not_ours(cluster: Bag) -> Bag:
    return {k: v for k, v in cluster.items() if k not in ("oidc", "status", "updatedAt")}


def assert_returns_what_is_there(stage: Stage, case: Case, run: Run) -> None:
    """The state that the engine gets says the truth, and the next preview shows no change."""
    if case.cell.live == "gone":
        assert run.id == ""
    elif case.operation == "refresh":
        assert run.id == stage.cluster_id
        assert stage.is_planned(stage.before("refresh")) is (case.cell.live == "theirs")
    elif case.operation != "delete":
        found = {} if case.operation == "create" else stage.previous
        assert run.id == stage.cluster_id
        assert OidcConfig.model_validate(run.outs["previous"]) == OidcConfig.model_validate(found)
        assert not stage.is_planned(NEW)


def test_every_row_of_what_people_do_is_run_on_the_real_engine() -> None:
    tiers = PAGE.parents[1] / "tests"
    files = (
        "engine/test_what_people_do.py",
        *(str(p) for p in tiers.glob("lab/test_*_pipelines.py")),
    )
    tests = "".join((tiers / file).read_text() for file in files)

    assert [row.action for row in ROWS if f"def {row.test}(" not in tests] == []
