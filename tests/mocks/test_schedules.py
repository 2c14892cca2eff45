"""Random schedules of stack files: whatever people write next, what stays is neither made nor lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.conftest import EngineLog, listening_engine
from tests.mocks.cluster_contents import AlreadyThereError
from tests.mocks.stack_life import BINDINGS, IDS, File, lived
from tests.unit.lifecycle.schedule import Killed


@pytest.fixture(scope="module")
def log() -> Iterator[EngineLog]:
    with listening_engine() as log:
        yield log


@st.composite
def pipelines(draw: st.DrawFn, name: str) -> dict[str, Any]:
    """A pipeline, in a namespace that is there, or in one that it makes or another one made."""
    namespaces = draw(st.sampled_from([["default"], ["jobs", "default"], None]))
    makes = draw(st.sampled_from([{}, {"createNamespace": True}, DELETING, DELETING]))
    token = draw(st.sampled_from([{}, {"token": {"lifetime": "30d", "renewBefore": "7d"}}]))
    more = {} if namespaces is None else {"namespaces": namespaces}
    place = draw(st.sampled_from(["ci", "jobs", "jobs"]))
    return {"name": name, "namespace": place, "clusterRole": "view"} | more | makes | token


DELETING = {"createNamespace": True, "deleteNamespace": True}
clusters = st.lists(st.sampled_from(range(len(IDS))), min_size=1, max_size=2, unique=True).flatmap(
    lambda ids: st.permutations(["east", "west", "train"]).map(
        lambda names: tuple(zip(ids, names, strict=False))
    )
)
files = st.builds(
    File,
    clusters,
    st.tuples(pipelines("deployer"), pipelines("linter")).flatmap(
        lambda both: st.sampled_from([both, both[::-1], both[:1], both[1:], ()])
    ),
    st.lists(st.sampled_from(range(len(BINDINGS))), unique=True).map(tuple),
)
disturbances = st.one_of(
    st.tuples(st.just("kill"), st.tuples(st.integers(0, 12), st.booleans())),
    st.tuples(st.just("they"), st.sampled_from(range(len(IDS)))),
)
commands = st.one_of(
    st.tuples(st.sampled_from(["up", "up", "up", "refresh", "destroy"]), st.just(0)),
    st.tuples(st.just("replace"), st.integers(0, 30)),
)
rounds = st.tuples(
    st.tuples(st.just("write"), files), st.lists(disturbances, max_size=1), commands
).map(lambda drawn: [drawn[0], *drawn[1], drawn[2]])


DEPLOYER = {"name": "deployer", "namespace": "ci", "clusterRole": "view", "namespaces": ["default"]}
LINTER = {"name": "linter", "namespace": "jobs", "clusterRole": "view"}
BACK_AGAIN = (
    File(
        ((0, "east"), (1, "train")),
        (DEPLOYER, LINTER | DELETING | {"namespaces": ["jobs", "default"]}),
        (0, 1, 2),
    ),
    File(((2, "east"),), (DEPLOYER, LINTER | DELETING | {"namespaces": ["default"]}), (0,)),
    File(((0, "east"),), (DEPLOYER, LINTER | {"namespace": "ci", "namespaces": ["default"]})),
)
"""A name moves to another cluster, which is interrupted, and back again."""
MOVED = (
    File(((0, "east"),), (DEPLOYER, LINTER | DELETING | {"namespaces": ["jobs", "default"]}), (0,)),
    File(
        ((1, "east"),),
        (DEPLOYER, LINTER | {"namespaces": ["default"], "createNamespace": True}),
    ),
)
"""A name moves to another cluster, which is interrupted after the namespace was replaced."""


@settings(max_examples=40)
@example(
    [
        [("write", BACK_AGAIN[0]), ("they", 0), ("up", 0)],
        [("write", BACK_AGAIN[1]), ("kill", (8, True)), ("up", 0)],
        [("write", BACK_AGAIN[2]), ("up", 0)],
    ]
)
@example(
    [
        [("write", MOVED[0]), ("up", 0)],
        [("write", MOVED[1]), ("kill", (3, False)), ("up", 0)],
    ]
)
@given(st.lists(rounds, min_size=1, max_size=5))
def test_whatever_is_written_next_what_stays_is_neither_made_again_nor_lost(
    log: EngineLog, schedule: list[list[tuple[str, Any]]]
) -> None:
    with lived(log) as life:
        for each in schedule:
            for step, more in each:
                life.take(step, more)

        life.assert_that_it_ends_well()


def test_an_interrupted_move_is_completed_before_its_name_moves_back(log: EngineLog) -> None:
    """What the README tells people to do about "already exists"."""
    with lived(log, note=print) as life:
        life.take("write", BACK_AGAIN[0])
        assert life.run("up") is None
        life.take("write", BACK_AGAIN[1])
        life.take("kill", (8, True))
        assert isinstance(life.run("up"), Killed)
        life.take("write", BACK_AGAIN[2])
        assert isinstance(life.run("up"), AlreadyThereError)
        assert isinstance(life.run("up"), AlreadyThereError)

        life.take("write", BACK_AGAIN[1])
        assert life.run("up") is None
        life.take("write", BACK_AGAIN[2])
        assert life.run("up") is None
        assert life.run("destroy") is None
