"""The life of a stored token, by the provider's methods as the engine calls them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from pulumi.output import Unknown
from pulumi.runtime import rpc

from cks_components import service_account_token
from cks_components.api import environment, errors
from cks_components.api.clock import Clock
from cks_components.api.environment import ApiAccess
from cks_components.engine import provider_call
from cks_components.kubernetes.address import Address
from cks_components.kubernetes.client import KubernetesClient
from cks_components.service_account_token import ServiceAccountTokenProvider
from lab.api.emulator import Answer
from tests.kubernetes_api import FakeKubernetes

if TYPE_CHECKING:
    from tests.conftest import EngineLog

SERVER = "https://abc-33de361c.k8s.us-east-04a.coreweave.com"
DAY = 86400
ID = "1b5274f2-8012-4b68-9010-cc4c51613302"
NEWS: dict[str, Any] = {
    "__provider": "pickle",
    "__urn": "urn:pulumi:x",
    "server": SERVER,
    "cluster_id": ID,
    "namespace": "ci",
    "service_account": "deployer",
    "lifetime_seconds": 30.0 * DAY,
    "renew_before_seconds": 7.0 * DAY,
}
UNKNOWN = Unknown()  # type: ignore[no-untyped-call] # the SDK leaves it untyped


class Calendar(datetime):
    """A clock that a test moves; it stands for the class that the provider asks."""

    today_is = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)

    @classmethod
    def now(cls, tz: Any = None) -> Any:
        assert tz is UTC
        return cls.today_is


@pytest.fixture
def kubernetes(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeKubernetes]:
    monkeypatch.setattr(service_account_token, "datetime", Calendar)
    monkeypatch.setattr(Calendar, "today_is", Calendar.today_is)
    fake = FakeKubernetes("CW-SECRET-" + "unit", now=lambda: Calendar.today_is)
    fake.add_account("ci", "deployer")
    monkeypatch.setenv(environment.TOKEN, fake.token)
    monkeypatch.delenv(environment.ENDPOINT, raising=False)
    access = ApiAccess(SERVER, fake.token)
    client = KubernetesClient(
        access, transport=fake.transport, clock=Clock(sleep=lambda _seconds: None)
    )
    provider_call.kubernetes_clients[access] = client
    yield fake
    provider_call.kubernetes_clients.clear()


@pytest.fixture
def told(engine_log: EngineLog) -> list[tuple[str, str]]:
    return engine_log.messages


def days_pass(days: float) -> None:
    Calendar.today_is += timedelta(days=days)


class Stack:
    """One resource and its state, in the hands of an engine."""

    def __init__(self) -> None:
        self.provider = ServiceAccountTokenProvider()
        self.inputs = self.check()
        self.id = ""
        self.state: dict[str, Any] = {}

    def check(self, **changes: Any) -> dict[str, Any]:
        result = self.provider.check({}, NEWS | changes)
        assert result.failures == []
        return result.inputs

    def up(self, **changes: Any) -> bool:
        """Create, or update what differs; returns whether something did."""
        self.inputs = self.check(**changes)
        if not self.id:
            created = self.provider.create(self.inputs)
            self.id, self.state = created.id, self._stored(created.outs)
            return True
        if not self.provider.diff(self.id, self.state, self.inputs).changes:
            return False
        self.state = self._stored(self.provider.update(self.id, self.state, self.inputs).outs)
        return True

    def refresh(self) -> str:
        read = self.provider.read(self.id, self.state)
        assert read.inputs == self.inputs
        self.state = self._stored(read.outs)
        return str(self.state["status"])

    @staticmethod
    def _stored(outs: dict[str, Any] | None) -> dict[str, Any]:
        """What comes back from the engine: secrets as plain values, but only if they were marked."""
        assert outs is not None
        assert rpc.is_rpc_secret(outs["token"])
        return outs | {"token": rpc.unwrap_rpc_secret(outs["token"])}


def test_a_stored_token_is_bound_to_a_secret_of_its_own(kubernetes: FakeKubernetes) -> None:
    stack = Stack()

    stack.up()

    assert kubernetes.sent == ["GET deployer", "POST secrets", "POST token"]
    assert kubernetes.refusal(stack.state["token"]) == ""
    assert kubernetes.secret_names == [stack.state["secret_name"]]
    (secret,) = kubernetes.secrets.values()
    assert secret["type"] == "cks-access/token"
    assert stack.state["expires_at"] == "2026-12-25T12:00:00Z"
    assert stack.state["generation"] == 1
    assert stack.id.startswith("ci/deployer/")


def test_outside_the_window_nothing_changes_and_nothing_is_sent(kubernetes: FakeKubernetes) -> None:
    stack = Stack()
    stack.up()
    kubernetes.requests.clear()
    days_pass(22)

    assert not stack.up()
    assert kubernetes.sent == []


def test_inside_the_window_a_preview_says_why_and_an_update_rotates_with_overlap(
    kubernetes: FakeKubernetes, told: list[tuple[str, str]]
) -> None:
    stack = Stack()
    stack.up()
    first = dict(stack.state)
    days_pass(25)

    assert stack.provider.diff(stack.id, stack.state, stack.inputs).changes
    assert told == [
        (
            "urn:pulumi:x",
            'the token expires in 5 days, within its renewal window of 7 days; "pulumi up" replaces it',
        ),
    ]
    assert stack.up()

    assert stack.state["generation"] == 2
    assert stack.state["token"] != first["token"]
    assert kubernetes.refusal(first["token"]) == ""
    assert kubernetes.refusal(stack.state["token"]) == ""
    assert stack.state["former_secret_name"] == first["secret_name"]
    assert not stack.up()


def test_a_token_that_is_due_has_not_drifted(
    kubernetes: FakeKubernetes, told: list[tuple[str, str]]
) -> None:
    stack = Stack()
    stack.up()
    days_pass(25)

    stack.refresh()
    in_a_refresh = stack.provider.diff(stack.id, stack.state, stack.inputs)

    assert not in_a_refresh.changes
    assert told == []
    kubernetes.secrets.clear()
    stack.refresh()
    assert stack.provider.diff(stack.id, stack.state, stack.inputs).changes
    assert stack.up()


def test_the_next_rotation_revokes_the_one_before_and_what_a_crash_left_behind(
    kubernetes: FakeKubernetes,
) -> None:
    stack = Stack()
    stack.up()
    first = dict(stack.state)
    days_pass(25)
    lost = stack.provider.update(stack.id, stack.state, stack.inputs)  # never reached the state
    assert len(kubernetes.secrets) == 2

    stack.up()
    second = dict(stack.state)
    assert (lost.outs or {})["secret_name"] not in kubernetes.secret_names
    assert kubernetes.secret_names == sorted([first["secret_name"], second["secret_name"]])
    days_pass(25)
    stack.up()

    assert stack.state["generation"] == 3
    assert kubernetes.secret_names == sorted([second["secret_name"], stack.state["secret_name"]])


def test_nothing_is_deleted_when_no_new_token_could_be_minted(kubernetes: FakeKubernetes) -> None:
    stack = Stack()
    stack.up()
    days_pass(25)
    kubernetes.faults.append(
        lambda request, _genuine: (
            Answer(403, b'{"message": "no"}') if request.path.endswith("/token") else None
        )
    )

    with pytest.raises(errors.ForbiddenError):
        stack.up()

    assert kubernetes.refusal(stack.state["token"]) == ""
    assert kubernetes.secret_names == [stack.state["secret_name"]]
    kubernetes.faults.clear()
    assert stack.up()
    assert len(kubernetes.secrets) == 2


def test_a_destroy_revokes_every_generation_and_may_be_repeated(kubernetes: FakeKubernetes) -> None:
    stack, other = Stack(), Stack()
    stack.up()
    other.up(__urn="urn:pulumi:other")
    days_pass(25)
    stack.up()

    stack.provider.delete(stack.id, stack.state)
    stack.provider.delete(stack.id, stack.state)

    assert kubernetes.secret_names == [other.state["secret_name"]]
    assert "invalidated" in kubernetes.refusal(stack.state["token"])


def test_a_forced_replacement_does_not_revoke_its_successor(kubernetes: FakeKubernetes) -> None:
    old, new = Stack(), Stack()
    old.up()
    new.up()

    old.provider.delete(old.id, old.state)

    assert kubernetes.refusal(new.state["token"]) == ""


def test_a_destroy_finds_what_a_crashed_rotation_left(kubernetes: FakeKubernetes) -> None:
    stack = Stack()
    stack.up()
    days_pass(25)
    stack.provider.update(stack.id, stack.state, stack.inputs)

    stack.provider.delete(stack.id, stack.state)

    assert kubernetes.secrets == {}


def test_a_destroy_finds_what_a_killed_create_left(kubernetes: FakeKubernetes) -> None:
    Stack().up()  # never reached the state
    Calendar.today_is += timedelta(seconds=1)
    stack = Stack()
    stack.up()

    stack.provider.delete(stack.id, stack.state)

    assert kubernetes.secrets == {}


@pytest.mark.parametrize("cause", ["revoked", "expired", "orphaned", "refused"])
def test_a_refresh_tells_why_a_token_is_dead_and_the_next_update_mints_anew(
    kubernetes: FakeKubernetes, told: list[tuple[str, str]], cause: str
) -> None:
    stack = Stack()
    stack.up()
    dead = dict(stack.state)
    if cause == "revoked":
        kubernetes.secrets.clear()
    elif cause == "expired":
        days_pass(31)
    elif cause == "orphaned":
        kubernetes.add_account("ci", "deployer")
    else:
        del kubernetes.minted[dead["token"]]

    assert stack.refresh() == cause
    assert [text.partition(";")[2] for _, text in told] == [' "pulumi up" mints a new one']
    assert stack.up()

    assert stack.state["status"] == "live"
    assert stack.state["former_secret_name"] == ""
    assert kubernetes.refusal(stack.state["token"]) == ""
    assert kubernetes.secret_names == [stack.state["secret_name"]]


def test_a_live_token_is_refreshed_without_a_word(
    kubernetes: FakeKubernetes, told: list[tuple[str, str]]
) -> None:
    stack = Stack()
    stack.up()
    before = dict(stack.state)

    assert stack.refresh() == "live"
    assert stack.state == before
    assert told == []
    assert kubernetes.refusal(before["token"]) == ""


def test_who_may_not_ask_about_tokens_sees_what_is_left_of_them(kubernetes: FakeKubernetes) -> None:
    stack = Stack()
    stack.up()
    kubernetes.faults.append(
        lambda request, _genuine: (
            Answer(403, b'{"message": "no"}') if request.path.endswith("tokenreviews") else None
        )
    )

    assert stack.refresh() == "live"


def test_another_lifetime_mints_and_another_window_alone_does_not(
    kubernetes: FakeKubernetes,
) -> None:
    stack = Stack()
    stack.up()

    assert stack.up(renew_before_seconds=8 * DAY)
    assert stack.state["generation"] == 1
    assert stack.up(lifetime_seconds=20 * DAY, renew_before_seconds=8 * DAY)
    assert stack.state["generation"] == 2
    assert stack.state["granted_seconds"] == 20 * DAY
    assert kubernetes.refusal(stack.state["token"]) == ""


def test_a_shorter_life_than_asked_for_is_told_and_is_not_due_at_once(
    kubernetes: FakeKubernetes, told: list[tuple[str, str]]
) -> None:
    kubernetes.cap_seconds = DAY
    stack = Stack()

    stack.up()

    assert "granted a token for 1 day instead of the 30 days asked for" in told[0][1]
    assert "renewed 5 hours 36 minutes before it expires" in told[0][1]
    assert not stack.up()
    days_pass(0.9)
    assert stack.up()


@pytest.mark.parametrize("key", ["cluster_id", "namespace", "service_account"])
def test_another_account_is_another_resource(kubernetes: FakeKubernetes, key: str) -> None:
    stack = Stack()
    stack.up()

    diff = stack.provider.diff(stack.id, stack.state, stack.check(**{key: "other"}))

    assert (diff.changes, diff.replaces) == (True, [key])
    assert kubernetes.secrets


def test_an_unknown_account_counts_as_changed_and_is_not_judged(
    kubernetes: FakeKubernetes,
) -> None:
    stack = Stack()
    stack.up()

    news = stack.check(namespace=UNKNOWN)

    assert stack.provider.diff(stack.id, stack.state, news).changes
    assert len(kubernetes.secrets) == 1


def test_check_reports_every_mistake_at_once() -> None:
    wrong = NEWS | {"lifetime_seconds": 60, "renew_before_seconds": 60, "server": "http://a.b"}

    found = ServiceAccountTokenProvider().check({}, wrong).failures

    assert [f.property for f in found] == [""] * 3
    assert [f.reason.partition(":")[0] for f in found] == ["lifetime", "renewBefore", "server"]
    (shape,) = ServiceAccountTokenProvider().check({}, NEWS | {"namespace": ""}).failures
    assert shape.reason.startswith("namespace: string should have at least 1 character")


def test_a_long_life_is_a_warning_unless_it_was_reported_already(
    told: list[tuple[str, str]],
) -> None:
    provider = ServiceAccountTokenProvider()
    strict = {"environment": "production", "provider": "generic", "waivers": {}}

    provider.check({}, NEWS | {"lifetime_seconds": 91 * DAY, "__judged": True})
    assert told == []

    for context in ({}, {"__context": strict}):
        provider.check({}, NEWS | {"lifetime_seconds": 91 * DAY} | context)

    assert [text.partition(":")[0] for _, text in told] == ["lifetime", "lifetime"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"service_account": "deploier"}, 'service account "deploier" (the nearest is "deployer")'),
        ({"namespace": "cii"}, 'namespace "cii" (the nearest is "ci")'),
    ],
    ids=["account", "namespace"],
)
def test_what_does_not_exist_is_named_with_the_nearest_and_nothing_is_written(
    kubernetes: FakeKubernetes, changes: dict[str, str], message: str
) -> None:
    with pytest.raises(errors.SettingsError) as caught:
        Stack().up(**changes)

    assert message in str(caught.value)
    assert [line for line in kubernetes.sent if not line.startswith("GET")] == []


def test_a_name_is_missing_even_where_the_others_may_not_be_listed(
    kubernetes: FakeKubernetes,
) -> None:
    kubernetes.faults.append(
        lambda request, _genuine: (
            None if request.path.endswith("nobody") else Answer(403, b'{"message": "no"}')
        )
    )

    with pytest.raises(errors.SettingsError, match='there is no service account "nobody"; correct'):
        Stack().up(service_account="nobody")


def test_a_token_that_no_state_holds_cannot_be_read(kubernetes: FakeKubernetes) -> None:
    stack = Stack()

    assert stack.provider.read("ci/deployer/x", stack.inputs).id == ""
    assert not stack.provider.diff("x", stack.inputs, stack.inputs).changes
    assert kubernetes.sent == []


@pytest.mark.usefixtures("kubernetes")
def test_the_first_use_of_a_server_makes_its_client() -> None:
    with provider_call.connected_to(Address(server="https://other.example")) as client:
        access = ApiAccess("https://other.example", "CW-SECRET-" + "unit")
        assert provider_call.kubernetes_clients[access] is client
