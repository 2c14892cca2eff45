"""Random schedules: whatever happens in whatever order, nothing is lost and the end is right.

`audit` has what must hold for every call of the provider, this module what must hold in the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from cks_components.api import environment
from cks_components.api.errors import CksError, GoneError, RefusedError
from cks_components.engine import properties, provider_call
from lab.api import faults
from tests.unit.lifecycle import strategies as draw
from tests.unit.lifecycle.invariants import UNSET, block_of
from tests.unit.lifecycle.schedule import Killed, Life, PutBlock, Step, They, WeWant
from tests.unit.lifecycle.shared_api import Stage


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    stage = Stage()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PULUMI_HOME", str(tmp_path_factory.mktemp("pulumi-home")))
        patch.setenv(environment.TOKEN, stage.token)
        patch.delenv(environment.ENDPOINT, raising=False)
        provider_call.clients[stage.access] = stage.client
        yield stage
        provider_call.clients.clear()


def test_the_schedules_know_every_kind_of_fault() -> None:
    assert set(draw.OPTIONS) == set(faults.KINDS)


@settings(max_examples=600)
@given(draw.schedules(draw.others, draw.kills, draw.faulty, draw.faulty, draw.unseen, draw.waits))
def test_whatever_happens_nothing_is_lost_and_refresh_and_up_set_it_right(
    stage: Stage, schedule: list[Step]
) -> None:
    life = Life(stage)

    life.live_through(schedule)

    assert_it_ends_well(life)


@settings(max_examples=250)
@given(draw.schedules(draw.unclear, draw.belated, draw.spoiling, draw.others, draw.kills))
def test_a_write_in_doubt_is_neither_lost_nor_sent_twice(
    stage: Stage, schedule: list[Step]
) -> None:
    life = Life(stage)

    life.live_through(schedule)

    assert_it_ends_well(life)


@settings(max_examples=200)
@given(
    st.lists(
        st.tuples(draw.ours, draw.passing, st.none() | draw.spelled | draw.belated),
        min_size=1,
        max_size=3,
    )
)
def test_what_passes_by_itself_is_survived_without_a_word(
    stage: Stage, rounds: list[tuple[str, Step, Step | None]]
) -> None:
    life = Life(stage)
    life.policies["update_timeout_seconds"] = 600
    for block, fault, another in rounds:
        before, accepted = life.live, life.service.accepted

        life.live_through([WeWant(block), fault, *([another] if another else [])])
        ended = [life.up(), life.refresh(), life.up()]

        assert ended == [None, None, None]
        assert life.live == life.desired
        assert life.service.accepted - accepted == (before != life.desired)
        life.service.clear_faults()


@settings(max_examples=100)
@given(
    st.lists(st.tuples(draw.ours, st.lists(draw.kills, max_size=3)), min_size=1, max_size=3),
    st.lists(draw.kills, max_size=2),
)
def test_after_a_kill_the_same_command_again_is_enough(
    stage: Stage, rounds: list[tuple[str, list[Step]]], in_the_end: list[Step]
) -> None:
    life = Life(stage)
    for block, kills in rounds:
        before, accepted = life.live, life.service.accepted

        life.live_through([WeWant(block), *kills])
        until_nobody_kills(life.up)

        assert life.live == life.desired
        assert life.service.accepted - accepted == (before != life.desired)

    life.live_through(in_the_end)
    until_nobody_kills(life.destroy)

    assert life.live == UNSET


@settings(max_examples=150)
@given(draw.anybodys, st.lists(st.tuples(draw.ours, draw.kills), min_size=1, max_size=5))
def test_creates_that_are_killed_one_after_the_other_know_what_was_there_before_them(
    stage: Stage, found: str, attempts: list[tuple[str, Step]]
) -> None:
    life = Life(stage)
    life.policies["adopt"] = True
    life.live_through([They(PutBlock(found))])
    was = life.live

    for block, kill in attempts:
        life.live_through([WeWant(block), kill])
        if life.up() is None:
            break
    until_nobody_kills(life.up)
    until_nobody_kills(life.destroy)

    assert life.live == (was if was.is_whole else UNSET)


def until_nobody_kills(command: Callable[[], CksError | Killed | None]) -> None:
    while isinstance(ended := command(), Killed):
        pass
    assert ended is None


def assert_it_ends_well(life: Life) -> None:
    """No more faults, nobody else: refresh and up do what the stack file says, destroy its end."""
    note("-- nothing disturbs any more")
    service, engine = life.service, life.engine
    service.come_to_rest()
    assert life.refresh() is None
    if service.ours is None:
        assert isinstance(life.up(), GoneError)
        return
    failure = life.up()
    if failure is not None:
        assert isinstance(failure, RefusedError)
        assert engine.state is None
        assert not life.policies.get("adopt")
        life.policies["adopt"] = True
        assert life.up() is None

    assert life.live == life.desired
    state = engine.state
    assert state is not None
    assert block_of(state.outputs) == life.desired
    service.events = []
    assert life.up() is None
    assert service.events == []
    assert life.refresh() is None
    assert engine.state is not None
    assert engine.state.outputs == state.outputs
    noted = {properties.RECORDED: state.inputs.get(properties.RECORDED)}  # of one run alone
    assert engine.state.inputs | noted == state.inputs | noted

    assert life.destroy() is None
    assert engine.state is None
