"""Random schedules: whatever happens in whatever order, nothing is lost and the end is right.

`audit` has what must hold for every call of the provider, this module what must hold in the end.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, note, settings

from cks_components.api import environment
from cks_components.api.errors import GoneError, RefusedError
from cks_components.engine import operation
from lab.api import faults
from tests.unit.lifecycle import strategies as draw
from tests.unit.lifecycle.audit import block_of
from tests.unit.lifecycle.schedule import Life, Step
from tests.unit.lifecycle.service import Stage

SCHEDULES = settings(
    max_examples=1000,
    derandomize=True,  # the same schedules on every machine and in every run
    database=None,
    deadline=None,  # the first one pays for imports
    print_blob=True,
)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    stage = Stage()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PULUMI_HOME", str(tmp_path_factory.mktemp("pulumi-home")))
        patch.setenv(environment.TOKEN, stage.token)
        patch.delenv(environment.ENDPOINT, raising=False)
        operation.clients[stage.access] = stage.client
        yield stage
        operation.clients.clear()


def test_the_schedules_know_every_kind_of_fault() -> None:
    assert set(draw.OPTIONS) == set(faults.KINDS)


@SCHEDULES
@given(draw.schedules(draw.others, draw.kills, draw.faulty, draw.faulty, draw.time_passes))
def test_whatever_happens_nothing_is_lost_and_the_end_is_right(
    stage: Stage, schedule: list[Step]
) -> None:
    life = Life(stage)
    for step in schedule:
        note(f"{step}")
        step.take(life)

    assert_it_ends_well(life)


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
    assert engine.state == state

    assert life.destroy() is None
    assert engine.state is None
