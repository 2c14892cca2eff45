"""Random schedules of a stored token: what a state calls current is valid, and nothing is left.

The clock, kills, lost answers, refusals and the hands of others included. Whole stacks with
pipelines, their accounts and their namespaces are the subject of tests/mocks/test_schedules.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from cks_components import service_account_token
from cks_components.api import environment
from cks_components.api.environment import ApiAccess
from cks_components.api.errors import CksError
from cks_components.engine import provider_call
from cks_components.kubernetes.client import KubernetesClient
from cks_components.lifecycle.token import StoredToken
from cks_components.service_account_token import ServiceAccountTokenProvider
from lab.api.emulator import Answer, Request
from tests.conftest import EngineLog, FakeTime, listening_engine
from tests.kubernetes_api import NOW, FakeKubernetes
from tests.unit.lifecycle.engine_model import Engine
from tests.unit.lifecycle.schedule import Killed

SERVER = "https://abc-33de361c.k8s.us-east-04a.coreweave.com"
DAY = 86400
PLACES = ("ci", "training")
THEIRS = ("ci", "theirs")


class Calendar(datetime):
    """The clock that the provider asks; a life moves it."""

    today_is = NOW

    @classmethod
    def now(cls, tz: Any = None) -> Any:
        assert tz is UTC
        return cls.today_is


@dataclass
class Life:
    """A stored token in a stack file, in a state and on a cluster, beside a Secret of others.

    Attributes:
        disturbances: what becomes of the next requests; each is for one, and None is for none.
        unfound: Secrets that a replacement that was ended may have left; its token is lost with the
            process, and only the next rotation, or a destroy of what comes after, looks for it.
            A create that was ended leaves the same, and nothing looks for it once the program names
            another namespace.
    """

    log: EngineLog
    kubernetes: FakeKubernetes
    engine: Engine = field(default_factory=lambda: Engine(ServiceAccountTokenProvider()))
    namespace: str = "ci"
    days: int = 30
    disturbances: list[str | None] = field(default_factory=list)
    unfound: set[tuple[str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        for place in PLACES:
            self.kubernetes.add_account(place, "deployer")
        self.kubernetes.secrets[THEIRS] = {"metadata": {"name": "theirs", "uid": "u", "labels": {}}}
        self.kubernetes.faults.append(self._disturb)

    @property
    def held(self) -> StoredToken | None:
        state = self.engine.state
        return StoredToken.model_validate(state.outputs) if state else None

    def is_valid(self, held: StoredToken | None) -> bool:
        return held is not None and not self.kubernetes.refusal(held.token)

    def take(self, step: str, more: Any) -> None:
        """Take a step; whatever a command does, the token that the state knows is none the worse."""
        note(f"{step} {more}")
        steps: dict[str, Callable[[], None]] = {
            "wait": lambda: self._pass(days=more),
            "edit": lambda: self._edit(*more),
            "disturb": lambda: self.disturbances.extend(more),
            "revoke": lambda: self._revoke(),
            "anew": lambda: self.kubernetes.add_account(self.namespace, "deployer"),
        }
        if step in steps:
            steps[step]()
            return
        before = self.held
        was_valid, was_minted = self.is_valid(before), set(self.kubernetes.minted)
        self.run(step)
        after = self.held
        if after is None:
            return
        is_new = after.token not in was_minted
        assert self.is_valid(after) or not (was_valid or is_new)
        if before is not None and is_new and after.former_secret_name:
            assert after.former == before.secret
            assert self.is_valid(before) == was_valid

    def run(self, command: str) -> BaseException | None:
        """Run a command; return what ended it before it was done."""
        commands: dict[str, Callable[[], None]] = {
            "up": lambda: self.engine.up(self._program),
            "replace": lambda: self.engine.up(self._program, replaces=True),
            "refresh": self.engine.refresh,
            "destroy": self.engine.destroy,
        }
        self._pass(minutes=1)
        failure: BaseException | None = None
        state, secrets = self.engine.state, set(self.kubernetes.secrets)
        try:
            commands[command]()
        except (CksError, Killed) as error:
            note(f"   {type(error).__name__}: {error}")
            failure = error
            if state and (command == "replace" or state.inputs["namespace"] != self.namespace):
                self.unfound |= set(self.kubernetes.secrets) - secrets
        said = [str(failure), *(text for _, text in self.log.messages)]
        assert not [token for token in self.kubernetes.minted for text in said if token in text]
        note(f"   {self.kubernetes.secret_names}")
        return failure

    def assert_that_it_ends_well(self) -> None:
        """No more disturbances: refresh and up make it valid, and destroy takes all of it away."""
        self.disturbances = []
        assert [self.run(command) for command in ("refresh", "up")] == [None, None]
        assert self.is_valid(self.held)
        sent = len(self.kubernetes.requests)
        assert self.run("up") is None
        assert len(self.kubernetes.requests) == sent
        assert self.run("destroy") is None
        assert set(self.kubernetes.secrets) - self.unfound == {THEIRS}

    @property
    def _program(self) -> dict[str, Any]:
        return {
            "__provider": "pickle",
            "__urn": "urn:pulumi:test::cks-access::t::deployer-token",
            "server": SERVER,
            "cluster_id": "c",
            "namespace": self.namespace,
            "service_account": "deployer",
            "lifetime_seconds": self.days * DAY,
            "renew_before_seconds": 7 * DAY,
        }

    def _pass(self, **units: int) -> None:
        Calendar.today_is += timedelta(**units)

    def _edit(self, name: str, value: Any) -> None:
        if name == "namespace" and value != self.namespace and self.engine.state is None:
            left = {key for key in self.kubernetes.secrets if key[0] == self.namespace}
            self.unfound |= left - {THEIRS}
        setattr(self, name, value)

    def _revoke(self) -> None:
        if (held := self.held) is not None:
            for place in PLACES:
                self.kubernetes.secrets.pop((place, held.secret_name), None)

    def _disturb(self, _request: Request, genuine: Callable[[], Answer]) -> Answer | None:
        what = self.disturbances.pop(0) if self.disturbances else None
        if what is None:
            return None
        if what == "refuse":
            return Answer(403, b'{"message": "no"}')
        if what.endswith("after"):
            genuine()
        if what.startswith("kill"):
            raise Killed
        return Answer(0, b"", cut=True)


@pytest.fixture(scope="module")
def log() -> Iterator[EngineLog]:
    with listening_engine() as log:
        yield log


disturbances = st.lists(
    st.sampled_from([None, None, "kill", "kill after", "cut", "cut after", "refuse"]),
    min_size=1,
    max_size=6,
)
steps = st.one_of(
    st.tuples(st.sampled_from(["up", "up", "up", "replace", "refresh", "destroy"]), st.none()),
    st.tuples(st.just("wait"), st.sampled_from([1, 10, 25, 40])),
    st.tuples(st.just("disturb"), disturbances),
    st.tuples(
        st.just("edit"),
        st.one_of(
            st.tuples(st.just("namespace"), st.sampled_from(PLACES)),
            st.tuples(st.just("days"), st.sampled_from([20, 30])),
        ),
    ),
    st.tuples(st.sampled_from(["revoke", "anew"]), st.none()),
)


@settings(max_examples=400)
@given(st.lists(steps, max_size=12))
def test_whatever_happens_the_current_token_is_valid_and_nothing_of_it_is_left(
    log: EngineLog, schedule: list[tuple[str, Any]]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        kubernetes = FakeKubernetes(
            "CW-SECRET-" + "unit",
            now=lambda: Calendar.today_is,
            namespaces=["default", *PLACES],
        )
        access = ApiAccess(SERVER, kubernetes.token)
        client = KubernetesClient(access, transport=kubernetes.transport, clock=FakeTime().clock)
        patch.setattr(service_account_token, "datetime", Calendar)
        patch.setattr(Calendar, "today_is", NOW)
        patch.setattr(sys, "argv", ["provider", log.address])
        patch.setenv(environment.TOKEN, kubernetes.token)
        patch.delenv(environment.ENDPOINT, raising=False)
        patch.setitem(provider_call.kubernetes_clients, access, client)
        log.messages.clear()
        life = Life(log, kubernetes)

        for step, more in schedule:
            life.take(step, more)

        life.assert_that_it_ends_well()
