"""Adopt, change, verify and restore, in process against the emulator."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from cks_components.api import errors
from cks_components.api.models import OidcConfig
from cks_components.lifecycle.block import Recorded
from cks_components.lifecycle.intent import Intent
from cks_components.lifecycle.missing_cluster import LastKnownCluster
from cks_components.lifecycle.waiting import Wait
from lab.api import faults, fleet
from lab.api.emulator import Answer, Request

if TYPE_CHECKING:
    from tests.conftest import World

ID = fleet.CONTROL_PLANE
FOREIGN = "4e85a7c5-b345-4e9b-8343-ff7f84946635"
WIRE = {"issuerUrl": "https://idp.example.com", "clientId": "cks", "groupsPrefix": "idp:"}
DESIRED = OidcConfig.model_validate(WIRE)
OTHER = OidcConfig.model_validate(WIRE | {"groupsPrefix": "new:"})
UNSET = OidcConfig()
SET_BY_ANOTHER_STACK = Intent(
    operation="theirs",
    based_on="",
    verb="create",
    stack="acme/other/prod",
    previous=UNSET,
    wanted=(DESIRED,),
    is_done=True,
)


def methods(world: World) -> list[str]:
    return [r.method for r in world.emulator.requests]


def live(world: World, cluster_id: str = ID) -> object:
    return world.emulator.cluster(cluster_id).get("oidc")


def on_patch(
    times: int, act: Callable[[Callable[[], Answer]], Answer]
) -> Callable[[Request, Callable[[], Answer]], Answer | None]:
    left = [times]

    def fault(request: Request, genuine: Callable[[], Answer]) -> Answer | None:
        if request.method != "PATCH" or not left[0]:
            return None
        left[0] -= 1
        return act(genuine)

    return fault


def plain(status: int, code: int | None = None, **headers: str) -> Answer:
    body = b"<html>" if code is None else b'{"code": %d, "message": "no"}' % code
    return Answer(status, body, headers)


def cut_after(genuine: Callable[[], Answer]) -> Answer:
    genuine()
    return Answer(0, b"", cut=True)


def test_one_read_then_one_write_then_a_wait_for_equal_values(world: World) -> None:
    before, cluster = world.owner().create(DESIRED, adopt=False)

    assert before == UNSET
    assert cluster.oidc == DESIRED
    assert methods(world)[:3] == ["GET", "PATCH", "GET"]
    assert methods(world).count("PATCH") == 1
    assert live(world) == WIRE
    assert world.emulator.cluster(ID)["status"] == "STATUS_RUNNING"


def test_creating_what_is_already_there_sends_nothing(world: World) -> None:
    world.emulator.change(ID, oidc=WIRE)

    before, _ = world.owner().create(DESIRED, adopt=False)

    assert before == DESIRED
    assert world.patches == []
    assert "nothing was sent" in world.told.warnings[0]


def test_a_foreign_block_is_refused_with_every_difference(world: World) -> None:
    with pytest.raises(errors.RefusedError, match="adopt: true") as caught:
        world.owner(FOREIGN).create(DESIRED, adopt=False)

    assert [d.partition(":")[0] for d in caught.value.differences] == [
        "clientId",
        "groupsPrefix",
        "issuerUrl",
        "usernameClaim",
    ]
    assert world.patches == []


def test_what_is_taken_over_or_overwritten_stays_in_the_log(world: World) -> None:
    """Even if the process ends before the engine has recorded it."""
    world.owner(FOREIGN).create(DESIRED, adopt=True)
    world.emulator.change(FOREIGN, oidc=WIRE | {"usernameClaim": "sub"})
    world.owner(FOREIGN).update(DESIRED, OTHER, on_drift="overwrite")

    adopted, overwritten = world.told.notes
    assert '"issuerUrl": "https://sso.elsewhere.example"' in adopted
    assert '"usernameClaim": "sub"' in overwritten


def test_a_create_that_was_ended_after_its_write_still_knows_what_was_there_before(
    world: World,
) -> None:
    was = live(world, FOREIGN)
    world.emulator.update_seconds = 100
    with pytest.raises(errors.WaitTimeoutError):
        world.owner(FOREIGN, timeout=30).create(DESIRED, adopt=True)

    previous, _ = world.owner(FOREIGN).create(DESIRED, adopt=True)
    world.owner(FOREIGN).delete(DESIRED, previous, on_delete="restore")

    assert [p.body["updateMask"].count("oidc.clientId") for p in world.patches] == [1, 1]
    assert live(world, FOREIGN) == was


def test_the_block_of_an_unfinished_create_is_our_own_and_may_be_changed(world: World) -> None:
    world.emulator.update_seconds = 100
    with pytest.raises(errors.WaitTimeoutError):
        world.owner(timeout=30).create(DESIRED, adopt=False)

    previous, cluster = world.owner().create(OTHER, adopt=False)

    assert previous == UNSET
    assert cluster.oidc == OTHER


def test_after_several_unfinished_creates_each_of_their_blocks_is_our_own(world: World) -> None:
    world.emulator.update_seconds = 100
    for desired in (DESIRED, OTHER):
        with pytest.raises(errors.WaitTimeoutError):
            world.owner(timeout=30).create(desired, adopt=False)
        world.emulator.finish(ID)
    world.emulator.change(ID, oidc=WIRE)  # the first one landed late

    previous, cluster = world.owner().create(OTHER, adopt=False)

    assert previous == UNSET
    assert cluster.oidc == OTHER


def test_half_a_block_that_was_there_before_is_not_put_back_but_kept_in_the_log(
    world: World,
) -> None:
    half = OidcConfig.model_validate({"issuerUrl": "https://half.example.com"})
    world.emulator.change(ID, oidc=WIRE)

    world.owner().delete(DESIRED, half, on_delete="restore")

    assert live(world) is None
    assert "https://half.example.com" in world.told.notes[1]


def test_a_block_that_this_stack_has_set_stays_its_own_for_a_second_create(world: World) -> None:
    """Such as the create of a replacement: what was there before us is still what it was."""
    world.owner().create(DESIRED, adopt=False)
    world.owner().read()

    previous, _ = world.owner().create(DESIRED, adopt=False)

    assert previous == UNSET
    assert world.told.warnings == []


def test_a_block_that_changes_while_it_is_being_taken_over_is_refused(world: World) -> None:
    def meanwhile(_genuine: Callable[[], Answer]) -> Answer:
        world.emulator.change(FOREIGN, oidc=WIRE | {"clientId": "theirs"})
        return plain(429, 8)

    world.emulator.faults.append(on_patch(1, meanwhile))

    with pytest.raises(errors.RefusedError, match="clientId: 'theirs' on the cluster, 'k8s' in"):
        world.owner(FOREIGN).create(DESIRED, adopt=True)

    assert len(world.patches) == 1


def test_a_foreign_block_is_taken_over_when_asked_and_given_back_on_delete(world: World) -> None:
    was = live(world, FOREIGN)
    previous, _ = world.owner(FOREIGN).create(DESIRED, adopt=True)

    world.owner(FOREIGN).delete(DESIRED, previous, on_delete="restore")

    assert live(world, FOREIGN) == was


def test_an_update_writes_only_the_leaf_that_changed(world: World) -> None:
    world.emulator.change(ID, oidc=WIRE)

    world.owner().update(DESIRED, OTHER, on_drift="refuse")

    assert [p.body["updateMask"] for p in world.patches] == ["oidc.groupsPrefix"]
    assert live(world) == OTHER.wire()


def test_a_change_from_outside_is_refused_by_name(world: World) -> None:
    world.emulator.change(ID, oidc=WIRE | {"usernameClaim": "sub"})

    with pytest.raises(errors.RefusedError, match=r"usernameClaim: 'sub' on the cluster, unset"):
        world.owner().update(DESIRED, OTHER, on_drift="refuse")

    assert world.patches == []


def test_a_change_from_outside_is_overwritten_when_asked(world: World) -> None:
    world.emulator.change(ID, oidc=WIRE | {"usernameClaim": "sub"})

    world.owner().update(DESIRED, OTHER, on_drift="overwrite")

    assert live(world) == OTHER.wire()


@pytest.mark.parametrize(
    ("on_delete", "left"), [("restore", None), ("clear", None), ("retain", WIRE)]
)
def test_delete_leaves_what_was_asked_for(world: World, on_delete: str, left: object) -> None:
    world.emulator.change(ID, oidc=WIRE)

    world.owner().delete(DESIRED, UNSET, on_delete=on_delete)  # type: ignore[arg-type] # a table of literals

    assert live(world) == left


def test_a_restore_never_destroys_the_work_of_somebody_else(world: World) -> None:
    world.emulator.change(ID, oidc=WIRE | {"clientId": "theirs"})

    with pytest.raises(errors.RefusedError, match="changed outside this stack"):
        world.owner().delete(DESIRED, UNSET, on_delete="restore")

    assert world.patches == []


def test_a_delete_leaves_the_block_to_whoever_took_it_over_in_this_stack(world: World) -> None:
    world.emulator.change(ID, oidc=WIRE)

    world.owner(successor="another resource").delete(DESIRED, UNSET, on_delete="clear")

    assert world.emulator.requests == []
    assert world.told.notes == [
        f"OIDC on cluster {ID} is left alone, because another resource owns it now"
    ]


def test_a_delete_leaves_the_block_to_another_stack_that_set_the_same_values(world: World) -> None:
    world.emulator.change(ID, oidc=WIRE)
    world.intents.of_others.append(SET_BY_ANOTHER_STACK)

    world.owner().delete(DESIRED, UNSET, on_delete="restore")

    assert live(world) == WIRE
    assert world.patches == []
    assert "the stack acme/other/prod set the same values" in world.told.warnings[0]


def test_a_change_of_what_another_stack_owns_as_well_is_made_with_a_warning(world: World) -> None:
    world.emulator.change(ID, oidc=WIRE)
    world.intents.of_others.append(SET_BY_ANOTHER_STACK)

    world.owner().update(DESIRED, OTHER, on_drift="refuse")

    assert live(world) == OTHER.wire()
    assert "the stack acme/other/prod has set the same values" in world.told.warnings[0]


def test_a_pinned_endpoint_of_another_cluster_stops_a_write_and_a_read_says_so(
    world: World,
) -> None:
    elsewhere = fleet.endpoint("twin")

    with pytest.raises(errors.RefusedError, match="bindings and kubeconfigs would go to another"):
        world.owner(endpoint=elsewhere).create(DESIRED, adopt=True)
    world.owner(endpoint=elsewhere).read()

    assert world.patches == []
    world.owner(endpoint=fleet.endpoint("local-east")).create(DESIRED, adopt=False)
    assert live(world) == WIRE
    assert f'the pinned endpoint "{elsewhere}" is not the endpoint' in world.told.warnings[0]


def test_a_refresh_keeps_in_the_log_what_somebody_else_has_set(world: World) -> None:
    """`up --refresh` takes it into the state and overwrites it in the same run."""
    world.emulator.change(ID, oidc=WIRE | {"clientId": "theirs"})

    world.owner(recorded=Recorded(block=DESIRED)).read()

    (note,) = world.told.notes
    assert "is not the one that this stack set" in note
    assert '"clientId": "theirs"' in note


def test_a_cluster_that_is_gone_is_a_successful_delete(world: World) -> None:
    world.emulator.remove(ID)

    world.owner().delete(DESIRED, UNSET, on_delete="restore")

    assert world.owner().read() is None


def test_a_cluster_that_disappears_under_a_restore_is_a_successful_delete(world: World) -> None:
    world.emulator.change(ID, oidc=WIRE)
    faults.add(world.emulator, "outside", method="PATCH", remove=True)

    world.owner().delete(DESIRED, UNSET, on_delete="restore")

    assert "is gone" in world.told.notes[1]


def test_a_cluster_that_shows_itself_as_deleted_reads_as_gone(world: World) -> None:
    world.emulator.change(ID, status="STATUS_DELETED")

    assert world.owner().read() is None


def test_a_404_that_does_not_last_is_not_a_deletion(world: World) -> None:
    first = [True]

    def once(_request: Request, _genuine: Callable[[], Answer]) -> Answer | None:
        return plain(404, 5) if first and first.pop() else None

    world.emulator.faults.append(once)

    cluster = world.owner().read()

    assert cluster is not None
    assert cluster.id == ID


def test_a_404_that_the_list_contradicts_never_drops_anything(world: World) -> None:
    def hidden(request: Request, _genuine: Callable[[], Answer]) -> Answer | None:
        return plain(404, 5) if request.path.endswith(ID) else None

    world.emulator.faults.append(hidden)

    with pytest.raises(errors.NotFoundError):
        world.owner().delete(DESIRED, UNSET, on_delete="clear")

    assert world.patches == []


def test_a_lost_answer_is_never_resent_blindly(world: World) -> None:
    world.emulator.faults.append(on_patch(1, cut_after))

    world.owner().create(DESIRED, adopt=False)

    assert len(world.patches) == 1
    assert live(world) == WIRE


@pytest.mark.parametrize(
    "answer",
    [plain(503, 14), plain(503, 14, **{"retry-after": "3"}), plain(502), plain(500, 13)],
    ids=["unavailable", "unavailable for a time", "a gateway's page", "an internal error"],
)
def test_a_doubtful_write_is_sent_anew_only_after_seconds_without_a_sign_of_it(
    world: World, answer: Answer
) -> None:
    world.emulator.faults.append(on_patch(1, lambda _genuine: answer))

    world.owner().create(DESIRED, adopt=False)

    between = methods(world)[methods(world).index("PATCH") + 1 :]
    assert between[: between.index("PATCH")].count("GET") >= 5
    assert live(world) == WIRE


@pytest.mark.parametrize("stale", [1, 3, 8])
def test_a_lost_answer_and_stale_reads_together_do_not_lead_to_a_second_write(
    world: World, stale: int
) -> None:
    faults.add(world.emulator, "stale_reads", reads=stale)
    faults.add(world.emulator, "cut", method="PATCH", after=True)

    world.owner().create(DESIRED, adopt=False)

    assert len(world.patches) == 1
    assert live(world) == WIRE


@pytest.mark.parametrize(
    "answer",
    [plain(429, 8, **{"retry-after": "2"}), plain(400, 9), plain(409, 10)],
    ids=["rate limit", "busy by code 9", "busy by 409"],
)
def test_a_write_that_was_turned_away_is_built_anew_from_a_fresh_read(
    world: World, answer: Answer
) -> None:
    world.emulator.faults.append(on_patch(1, lambda _genuine: answer))

    world.owner().create(DESIRED, adopt=False)

    assert [p.status for p in world.patches] == [answer.status, 200]
    assert methods(world)[: methods(world).index("PATCH", 2)].count("GET") >= 2
    assert live(world) == WIRE


def test_a_cluster_that_others_keep_busy_is_waited_for_however_often_it_refuses(
    world: World,
) -> None:
    def others(genuine: Callable[[], Answer]) -> Answer:
        world.emulator.change(ID, status="STATUS_UPDATING")
        refusal = genuine()
        settles.append(world.time.now + 3)
        return refusal

    def settle(_request: Request, _genuine: Callable[[], Answer]) -> Answer | None:
        if settles and world.time.now >= settles[-1]:
            world.emulator.change(ID, status="STATUS_RUNNING")
        return None

    settles: list[float] = []
    world.emulator.faults += [settle, on_patch(8, others)]

    world.owner().create(DESIRED, adopt=False)

    assert [p.status for p in world.patches] == [400] * 8 + [200]
    assert live(world) == WIRE


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (plain(403, 7), errors.ForbiddenError),
        (plain(401, 16), errors.UnauthenticatedError),
        (plain(400, 3), errors.InvalidRequestError),
        (plain(501, 12), errors.ServerError),
        (plain(302), errors.UnexpectedAnswerError),
    ],
    ids=["403", "401", "400", "501", "302"],
)
def test_permanent_refusals_are_not_retried(
    world: World, answer: Answer, kind: type[Exception]
) -> None:
    world.emulator.faults.append(on_patch(99, lambda _genuine: answer))

    with pytest.raises(kind):
        world.owner().create(DESIRED, adopt=False)

    assert len(world.patches) == 1


def test_an_upgrade_between_read_and_write_is_never_undone(world: World) -> None:
    def upgraded(genuine: Callable[[], Answer]) -> Answer:
        world.emulator.change(ID, version="v1.37")
        return genuine()

    world.emulator.faults.append(on_patch(1, upgraded))

    world.owner().create(DESIRED, adopt=False)

    assert [p.body["version"] for p in world.patches] == ["v1.36", "v1.37"]
    assert world.emulator.cluster(ID)["version"] == "v1.37"


def test_a_busy_cluster_is_waited_for(world: World) -> None:
    world.emulator.change(ID, status="STATUS_UPDATING")

    def settle(_request: Request, _genuine: Callable[[], Answer]) -> Answer | None:
        if world.time.now > 1030:
            world.emulator.change(ID, status="STATUS_RUNNING")
            world.emulator.faults.clear()
        return None

    world.emulator.faults.append(settle)

    world.owner().create(DESIRED, adopt=False)

    assert len(world.patches) == 1
    assert max(world.time.slept) <= 1.0


def test_progress_begins_with_what_changes_since_a_terminal_cuts_its_end(world: World) -> None:
    world.owner().create(DESIRED, adopt=False)

    assert world.told.row[0] == "0 s, UPDATING: waiting for the cluster to show the new values"
    assert re.match("[345] s, UPDATING: ", world.told.row[-1])


@pytest.mark.parametrize("status", ["ERROR", "FAILED", "UPGRADE_FAILED", "DELETING", 6])
def test_a_failed_cluster_stops_at_once(world: World, status: str | int) -> None:
    world.emulator.change(ID, status=status if isinstance(status, int) else f"STATUS_{status}")

    with pytest.raises(errors.ClusterFailedError, match="its status is"):
        world.owner().create(DESIRED, adopt=False)

    assert world.time.slept == []
    assert world.patches == []


def test_stale_reads_never_end_a_wait(world: World) -> None:
    stale = [20]

    def old(request: Request, genuine: Callable[[], Answer]) -> Answer | None:
        if request.method == "GET" and world.patches and stale[0]:
            stale[0] -= 1
            text = genuine().body.replace(b"STATUS_UPDATING", b"STATUS_RUNNING")
            return Answer(200, text.replace(b"idp.example.com", b"old.example.com"))
        return None

    world.emulator.faults.append(old)

    world.owner().create(DESIRED, adopt=False)

    assert stale == [0]
    assert len(world.patches) == 1


def test_a_timeout_names_the_leaves_and_the_next_run_sends_nothing_new(world: World) -> None:
    world.emulator.update_seconds = 100

    with pytest.raises(errors.WaitTimeoutError, match="groupsPrefix: unset on the cluster"):
        world.owner(timeout=30).create(DESIRED, adopt=False)
    world.owner().create(DESIRED, adopt=False)

    assert len(world.patches) == 1
    assert live(world) == WIRE


def test_the_end_is_noticed_within_a_tenth_of_the_servers_time(world: World) -> None:
    world.emulator.update_seconds = 120
    began = world.time.now

    world.owner().create(DESIRED, adopt=False)

    assert world.time.now - began <= 120 * 1.1


def test_a_changed_version_after_our_write_is_loud(world: World) -> None:
    def later(_request: Request, _genuine: Callable[[], Answer]) -> Answer | None:
        if world.patches and world.time.now >= 1005:
            world.emulator.change(ID, public=False)
        return None

    world.emulator.faults.append(later)

    with pytest.raises(errors.WaitError, match="public changed from True to False"):
        world.owner().create(DESIRED, adopt=False)


def test_without_a_version_nothing_is_sent(world: World) -> None:
    world.emulator.change(ID, version=None)

    with pytest.raises(errors.UnexpectedAnswerError, match="no version"):
        world.owner().create(DESIRED, adopt=False)

    assert world.patches == []


def test_a_wrong_token_is_refused_and_never_shown(world: World) -> None:
    secret = "CW-SECRET-" + "wrong"
    client = world.client_with(secret)

    with pytest.raises(errors.UnauthenticatedError, match="COREWEAVE_API_TOKEN") as caught:
        client.list_clusters()

    assert secret not in str(caught.value)


def test_a_time_limit_that_no_clock_can_hit_exactly_ends_all_the_same(world: World) -> None:
    """What was left was too little to move the clock on, so the wait went round for ever."""
    began = 1006.7330976844038
    assert began + 20 - began < 20
    assert began + 20 + (20 - (began + 20 - began)) == began + 20
    world.time.now = began
    wait = Wait(
        world.client,
        ID,
        title="OIDC",
        seen=LastKnownCluster(),
        timeout_seconds=20,
        report=world.told,
    )
    world.emulator.change(ID, status="STATUS_UPDATING")
    world.time.now = began + 20

    def bounded(_request: Request, _genuine: Callable[[], Answer]) -> None:
        assert len(world.emulator.requests) < 100, "the wait does not end"

    world.emulator.faults.append(bounded)

    with pytest.raises(errors.WaitTimeoutError):
        wait.until_ready()
