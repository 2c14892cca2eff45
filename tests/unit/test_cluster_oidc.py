"""The provider's methods, called as the engine calls them, in process against the emulator."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from pulumi.dynamic import ConfigureRequest
from pulumi.dynamic.config import Config
from pulumi.output import Unknown

from cks_components.api import environment, errors
from cks_components.api.api_access import from_environment
from cks_components.api.clock import Clock
from cks_components.cluster_oidc import ClusterOidcProvider
from cks_components.engine import block_ownership, provider_call
from cks_components.engine.block_provider import OUTPUTS, recorded
from cks_components.engine.progress import ResourceLog
from lab.api import fleet
from lab.api.emulator import Answer

if TYPE_CHECKING:
    from tests.conftest import EngineLog, World

ID = fleet.CONTROL_PLANE
NEWS: dict[str, Any] = {
    "__provider": "pickle",
    "__urn": "urn:pulumi:x",
    "cluster_id": ID,
    "issuer_url": "https://idp.example.com",
    "client_id": "cks",
    "username_claim": "email",
    "signing_algorithms": ["RS256"],
    "update_timeout_seconds": 60.0,
}

UNKNOWN = Unknown()  # type: ignore[no-untyped-call] # the SDK leaves it untyped


@pytest.fixture
def provider(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[ClusterOidcProvider]:
    monkeypatch.setenv(environment.TOKEN, world.token)
    monkeypatch.delenv(environment.ENDPOINT, raising=False)
    provider_call.clients[world.access] = world.client
    yield ClusterOidcProvider()
    provider_call.clients.clear()


def checked(provider: ClusterOidcProvider, **changes: Any) -> dict[str, Any]:
    result = provider.check({}, {k: v for k, v in (NEWS | changes).items() if v is not None})
    assert result.failures == []
    return result.inputs


def test_check_normalises_and_doing_it_twice_changes_nothing(
    provider: ClusterOidcProvider,
) -> None:
    once = checked(provider)

    assert once["signing_algorithms"] == ["SIGNING_ALGORITHM_RS256"]
    assert once["on_drift"] == "refuse"
    assert provider.check({}, once).inputs == once


def test_check_reports_every_broken_rule_at_once(provider: ClusterOidcProvider) -> None:
    result = provider.check({}, NEWS | {"issuer_url": "http://x", "required_claim": "hd"})

    assert [f.property for f in result.failures] == ["", ""]
    assert [f.reason.partition(":")[0] for f in result.failures] == ["issuerUrl", "requiredClaim"]


def test_the_context_of_a_stack_makes_check_as_strict_as_the_stack(
    provider: ClusterOidcProvider,
) -> None:
    admin = {"admin_group_binding": "admins"}
    strict = {"environment": "production", "provider": "generic", "waivers": {}}
    waived = strict | {"waivers": dict.fromkeys(("RBAC-07", "OIDC-06", "OIDC-08"), "on purpose")}

    def refusals(**changes: Any) -> list[str]:
        return [f.reason for f in provider.check({}, NEWS | admin | changes).failures]

    assert [r for r in refusals() if "adminGroupBinding" in r] == []
    assert [r for r in refusals(__context=strict) if "adminGroupBinding" in r] != []
    assert [r for r in refusals(__context=waived) if "adminGroupBinding" in r] == []


def test_a_resource_that_is_used_alone_shows_the_warnings_itself(
    provider: ClusterOidcProvider, engine_log: EngineLog
) -> None:
    provider.check({}, NEWS | {"admin_group_binding": "admins", "username_prefix": "a:"})

    assert [text.partition(":")[0] for _, text in engine_log.messages] == ["adminGroupBinding"]


def test_warnings_are_shown_once_by_the_stack_or_by_the_resource_in_whatever_context(
    provider: ClusterOidcProvider, engine_log: EngineLog
) -> None:
    news = NEWS | {"admin_group_binding": "admins", "username_prefix": "a:"}

    provider.check({}, news | {"__judged": True})
    assert engine_log.messages == []

    staging = {"environment": "staging", "provider": "generic", "waivers": {}}
    provider.check({}, news | {"__context": staging})
    assert [text.partition(":")[0] for _, text in engine_log.messages] == ["adminGroupBinding"]


def test_check_wants_a_block(provider: ClusterOidcProvider) -> None:
    result = provider.check({}, {"cluster_id": ID})

    assert [f.reason.partition(":")[0] for f in result.failures] == ["issuerUrl"]


def test_values_that_a_preview_does_not_know_are_kept_and_count_as_changed(
    provider: ClusterOidcProvider,
) -> None:
    result = provider.check({}, NEWS | {"signing_algorithms": [UNKNOWN], "ca": UNKNOWN})

    assert result.failures == []
    assert isinstance(result.inputs["ca"], Unknown)
    assert provider.diff(ID, checked(provider), result.inputs).changes


def test_what_was_written_differs_in_nothing_from_what_was_wanted(
    provider: ClusterOidcProvider,
) -> None:
    news = checked(provider)
    created = provider.create(news)

    diff = provider.diff(ID, created.outs or {}, news)

    assert (diff.changes, diff.replaces) == (False, [])
    assert created.id == ID
    assert (created.outs or {})["previous"] == {}


def test_only_another_cluster_is_a_replacement(provider: ClusterOidcProvider) -> None:
    olds = checked(provider)

    assert provider.diff(ID, olds, olds | {"client_id": "new"}).replaces == []
    assert provider.diff(ID, olds, olds | {"cluster_id": "other"}).replaces == ["cluster_id"]


def test_wrong_policies_and_types_are_named_without_their_values(
    provider: ClusterOidcProvider,
) -> None:
    result = provider.check({}, NEWS | {"on_drift": "hunter2"})

    assert [(f.property, f.reason) for f in result.failures] == [
        ("", "on_drift: input should be 'refuse' or 'overwrite'")
    ]
    result = provider.check({}, NEWS | {"client_id": {"a": "hunter2"}})
    assert [f.reason for f in result.failures] == ["client_id: input should be a valid string"]


def test_a_move_to_another_cluster_is_explained_before_it_happens(
    provider: ClusterOidcProvider, engine_log: EngineLog
) -> None:
    olds = checked(provider)

    provider.check(olds, NEWS)
    provider.check(olds, NEWS | {"cluster_id": "other"})

    (message,) = [text for _, text in engine_log.messages]
    assert f"moves from cluster {ID} to cluster other" in message
    assert "recreated under its name" in message


def test_two_resources_of_one_program_that_want_one_block_are_a_finding(
    provider: ClusterOidcProvider,
) -> None:
    urn = "urn:pulumi:prod::cks-access::ClusterOidc::"
    checked(provider, __urn=f"{urn}first")
    checked(provider, __urn=f"{urn}first")  # the engine checks a resource more than once

    (failure,) = provider.check({}, NEWS | {"__urn": f"{urn}second"}).failures

    assert f'OIDC of cluster {ID} is set twice in one program, by "first"' in failure.reason


def test_two_changes_of_one_cluster_take_turns_and_the_second_does_not_wait_for_ever(
    provider: ClusterOidcProvider, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider_call, "STEP_SECONDS", 0.0)
    ticks = count()  # time goes on by being asked
    monkeypatch.setattr(world.client, "clock", Clock(lambda: float(next(ticks))))

    with (
        provider_call.exclusive_access(ID, world.client, ResourceLog(None), 1.0),
        pytest.raises(errors.WaitTimeoutError, match="another change of it in this run"),
    ):
        provider.create(checked(provider, update_timeout_seconds=5))

    assert world.emulator.requests == []


def test_a_life_from_create_to_delete(provider: ClusterOidcProvider, world: World) -> None:
    created = provider.create(checked(provider)).outs or {}
    news = checked(provider, client_id="new")

    updated = provider.update(ID, created, news).outs or {}
    read = provider.read(ID, updated)
    provider.delete(ID, updated)

    assert updated["client_id"] == "new"
    assert read.outs == updated
    assert read.inputs == {k: v for k, v in updated.items() if k not in (*OUTPUTS, "__operation")}
    assert "oidc" not in world.emulator.cluster(ID)
    assert [p.body["updateMask"].count(",") for p in world.patches] == [3, 0, 9]


FOREIGN = {"issuerUrl": "https://old.example.com", "clientId": "theirs"}


def taken_over(provider: ClusterOidcProvider, world: World) -> dict[str, Any]:
    """The outputs of a resource that took a foreign block over when that was still told."""
    world.emulator.change(ID, oidc=FOREIGN)
    return provider.create(checked(provider, adopt=True)).outs or {}


def test_what_a_delete_of_this_run_gave_back_may_be_taken_over_again(
    provider: ClusterOidcProvider, world: World
) -> None:
    """As where the engine deletes a resource before it replaces it."""
    outs = taken_over(provider, world)

    provider.delete(ID, outs)
    assert world.emulator.cluster(ID)["oidc"] == FOREIGN
    again = provider.create(checked(provider, __recorded=recorded(outs))).outs or {}

    assert world.emulator.cluster(ID)["oidc"]["clientId"] == "cks"
    assert again["previous"] == outs["previous"]
    provider.delete(ID, again)
    assert world.emulator.cluster(ID)["oidc"] == FOREIGN


def test_what_somebody_else_made_of_it_meanwhile_is_theirs(
    provider: ClusterOidcProvider, world: World
) -> None:
    outs = taken_over(provider, world)

    provider.delete(ID, outs)
    world.emulator.change(ID, oidc=FOREIGN | {"clientId": "newer"})

    with pytest.raises(errors.RefusedError, match='set "adopt: true" to take it over'):
        provider.create(checked(provider, __recorded=recorded(outs)))


def test_what_an_earlier_run_or_somebody_else_gave_back_is_not_taken_over(
    provider: ClusterOidcProvider, world: World
) -> None:
    outs = taken_over(provider, world)
    world.emulator.change(ID, oidc=FOREIGN)

    provider.delete(ID, outs)  # it finds that nothing is left to do
    with pytest.raises(errors.RefusedError, match='set "adopt: true" to take it over'):
        provider.create(checked(provider, __recorded=recorded(outs)))

    outs = taken_over(provider, world)
    provider.delete(ID, outs)
    block_ownership.forget()  # another run begins
    with pytest.raises(errors.RefusedError, match='set "adopt: true" to take it over'):
        provider.create(checked(provider))


def test_drift_is_seen_by_a_read_in_the_form_of_check(
    provider: ClusterOidcProvider, world: World
) -> None:
    created = provider.create(checked(provider)).outs or {}
    world.emulator.change(ID, oidc=world.emulator.cluster(ID)["oidc"] | {"groupsClaim": "g"})

    read = provider.read(ID, created)

    assert read.inputs is not None
    assert read.inputs["groups_claim"] == "g"
    assert provider.diff(ID, read.outs or {}, checked(provider)).changes


def test_no_message_shows_a_leaf_that_the_program_holds_secret(
    provider: ClusterOidcProvider,
    world: World,
    engine_log: EngineLog,
) -> None:
    before = {"issuerUrl": "https://old.example.com", "clientId": "hidden-before"}
    world.emulator.change(ID, oidc=before)
    news = checked(provider, client_id="hidden-now", __secret=["client_id"])

    with pytest.raises(errors.RefusedError) as caught:
        provider.create(news)
    created = provider.create(news | {"adopt": True}).outs or {}
    world.emulator.change(ID, oidc=before | {"clientId": "hidden-drift"})
    provider.read(ID, created)
    provider.update(ID, created, news | {"on_drift": "overwrite"})

    assert "clientId: '[secret]' on the cluster, '[secret]' wanted" in str(caught.value)
    shown = [text for _, text in engine_log.messages if '"clientId": "[secret]"' in text]
    assert len(shown) == 3
    assert "hidden-" not in str([caught.value, *engine_log.messages])
    assert created["previous"]["client_id"] == "hidden-before"
    assert world.emulator.cluster(ID)["oidc"]["clientId"] == "hidden-now"


def test_no_rule_shows_a_leaf_that_the_program_holds_secret(
    provider: ClusterOidcProvider, engine_log: EngineLog
) -> None:
    odd = {"issuer_url": "http://hidden", "admin_group_binding": "hidden", "ca": None}

    result = provider.check({}, NEWS | odd | {"__secret": list(odd)})

    assert [f.reason.partition(":")[0] for f in result.failures] == ["issuerUrl"]
    assert engine_log.messages != []
    assert "hidden" not in str([*result.failures[0].reason.split(), *engine_log.messages])


@pytest.mark.parametrize("status", [400, 403, 409, 500])
def test_a_secret_leaf_that_the_api_repeats_in_its_error_is_not_shown(
    provider: ClusterOidcProvider, world: World, status: int
) -> None:
    answer = Answer(status, b'{"message": "clientId hidden-now is bad", "code": 3}', {})
    world.emulator.faults.append(lambda r, _g: answer if r.method == "PATCH" else None)
    news = checked(provider, client_id="hidden-now", __secret=["client_id"])

    with pytest.raises(errors.CksError) as caught:
        provider.create(news)

    assert "clientId [secret] is bad" in str(caught.value)
    assert "hidden-now" not in str(caught.value)


@pytest.mark.parametrize(
    ("leaf", "value"),
    [
        ("issuer_url", "https://hidden.local/realms/x"),
        ("issuer_url", "https://login.microsoftonline.com/hidden/v2.0"),
        ("issuer_url", "https://Hidden.example.com:443"),
        ("issuer_url", "https://hidden.okta.com/"),
        ("signing_algorithms", ["HIDDEN"]),
    ],
)
def test_no_rule_shows_a_part_of_a_secret_leaf(
    provider: ClusterOidcProvider,
    engine_log: EngineLog,
    leaf: str,
    value: object,
) -> None:
    result = provider.check({}, NEWS | {leaf: value, "__secret": [leaf]})

    told = [*(f.reason for f in result.failures), *(text for _, text in engine_log.messages)]
    assert told != []
    assert "hidden" not in str(told).lower()


def test_a_cluster_that_is_gone_reads_as_gone(provider: ClusterOidcProvider, world: World) -> None:
    world.emulator.remove(ID)

    assert provider.read(ID, checked(provider)).id == ""


def test_an_error_leaves_alone_without_what_it_came_from(
    provider: ClusterOidcProvider, world: World
) -> None:
    world.emulator.change(ID, status="STATUS_FAILED")

    with pytest.raises(errors.ClusterFailedError) as caught:
        provider.create(checked(provider))

    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Callable[[Exception], str]:
    """What the SDK answers to the engine when a call fails."""
    monkeypatch.setattr(traceback, "format_exc", traceback.format_exc)  # restored at the end

    def fails(error: Exception) -> str:
        ClusterOidcProvider().configure(ConfigureRequest(Config({}, "cks-access")))
        try:
            raise error
        except Exception:  # noqa: BLE001 - as the SDK catches it
            return traceback.format_exc()

    return fails


def test_an_error_is_its_message_alone_in_the_engine(answer: Callable[[Exception], str]) -> None:
    assert (
        answer(errors.RefusedError("cannot set OIDC on cluster a"))
        == "cannot set OIDC on cluster a"
    )


def test_a_bug_is_called_a_bug_and_says_how_to_report_it(
    answer: Callable[[Exception], str],
) -> None:
    text = answer(KeyError("status"))

    assert text.startswith("this is a bug in cks-access (KeyError: 'status')")
    assert "CKS_ACCESS_TRACEBACK=1" in text
    assert "Traceback" not in text


def test_a_bug_hunter_keeps_the_traceback(
    answer: Callable[[Exception], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(environment.TRACEBACK, "1")

    assert answer(errors.RefusedError("no")).startswith("Traceback (most recent call last)")


@pytest.mark.usefixtures("provider")
def test_the_first_use_of_a_token_makes_its_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(environment.ENDPOINT, "https://[::1]:1")

    with provider_call.connected() as client:
        assert provider_call.clients[from_environment()] is client


def test_a_missing_token_is_named_and_nothing_is_sent(
    provider: ClusterOidcProvider, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(environment.TOKEN)

    with pytest.raises(errors.SettingsError, match="COREWEAVE_API_TOKEN is not set"):
        provider.create(checked(provider))

    assert world.emulator.requests == []
