"""What must hold for every call of the provider, whatever happens meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from cks_components.api.errors import CksError
from cks_components.api.models import Cluster, OidcConfig
from cks_components.cluster_oidc import ClusterOidcProvider
from cks_components.engine import properties
from cks_components.engine.block_provider import CLUSTER_ID, PREVIOUS
from lab.api.rules import OIDC_LEAVES
from tests.unit.lifecycle.shared_api import Event, Listed, Read, Write

if TYPE_CHECKING:
    from pulumi.dynamic import CreateResult, ReadResult, UpdateResult

    from tests.unit.lifecycle.engine_model import Bag
    from tests.unit.lifecycle.shared_api import Service, Stage

UNSET = OidcConfig()
FAILED = ("ERROR", "FAILED", "UPGRADE_FAILED")
WHOLE_BLOCK = [f"oidc.{leaf}" for leaf in sorted(OIDC_LEAVES)]


@dataclass(frozen=True)
class Unfinished:
    """Operations that nobody has recorded yet: what the first one found, and what each wanted."""

    found: OidcConfig = UNSET
    wanted: tuple[OidcConfig, ...] = ()

    def before_us(self, found: OidcConfig) -> OidcConfig:
        """What was there before us, if a create finds this block now."""
        return self.found if found in self.wanted else found


class Audited(ClusterOidcProvider):
    """The real provider; each call is checked when it ends, in whatever way it ends."""

    def __init__(self, stage: Stage) -> None:
        self._service: Service = stage.service
        self._token = stage.token
        self._unfinished: dict[str, Unfinished] = {}
        self._before_us: dict[str, OidcConfig] = {}
        self._holder: dict[str, str] = {}

    def create(self, props: Bag) -> CreateResult:
        cluster_id, desired = props[CLUSTER_ID], block_of(props)
        earlier = self._unfinished.get(cluster_id, Unfinished())
        held = self._held(props)

        def before_us(found: OidcConfig) -> OidcConfig:
            if held and found in (*held, *earlier.wanted):
                return self._before_us[cluster_id]
            return earlier.before_us(found)

        def may_replace(block: OidcConfig) -> bool:
            ours = block.is_unset or block in (*held, *earlier.wanted)
            return block == _first_ready(self._service.events).oidc and (ours or props["adopt"])

        try:
            with self._audited(desired, may_replace) as events:
                result = super().create(props)
        finally:
            if any(isinstance(event, Write) for event in events):
                before = before_us(_first_ready(events).oidc)
                self._unfinished[cluster_id] = Unfinished(before, (*earlier.wanted, desired))
        self._assert_reached(events, cluster_id, desired)
        self._before_us[cluster_id] = before_us(_first_ready(events).oidc)
        self._assert_remembered(cluster_id, result.outs)
        self._holder[cluster_id] = str((result.outs or {})[properties.OPERATION])
        return result

    def update(self, _id: str, _olds: Bag, _news: Bag) -> UpdateResult:
        assert _news[CLUSTER_ID] == _id, "another cluster is another resource"
        known, desired = block_of(_olds), block_of(_news)
        overwrites = _news["on_drift"] == "overwrite"
        ours = {known, *self._wanted(_id)}
        with (
            self._noted(_id, desired),
            self._audited(desired, lambda block: overwrites or block in ours) as events,
        ):
            result = super().update(_id, _olds, _news)
        self._assert_reached(events, _id, desired)
        self._assert_remembered(_id, result.outs)
        self._holder[_id] = str((result.outs or {})[properties.OPERATION])
        return result

    def delete(self, _id: str, _props: Bag) -> None:
        if self._holder[_id] != _props[properties.OPERATION]:
            with self._audited(UNSET, lambda _block: False) as events:
                super().delete(_id, _props)
            assert not events, "another resource of this stack holds the block"
            return
        known, before = block_of(_props), self._before_us[_id]
        left = before if _props["on_delete"] == "restore" and _is_whole(before) else UNSET
        ours = {known, *self._wanted(_id)}
        with self._noted(_id, left), self._audited(left, lambda block: block in ours) as events:
            super().delete(_id, _props)
        if _props["on_delete"] == "retain":
            assert not events, "nothing was to be done"
        else:
            self._assert_reached(events, _id, left)

    def read(self, id_: str, props: Bag) -> ReadResult:
        self._unfinished.pop(id_, None)
        with self._audited(UNSET, lambda _block: False) as events:
            result = super().read(id_, props)
        if result.id:
            assert block_of(result.outs or {}) == _last_read(events).oidc, (
                "the state is not what is there"
            )
            self._assert_remembered(id_, result.outs)
            self._holder[id_] = str((result.outs or {})[properties.OPERATION])
        else:
            assert _is_gone(events, id_), "the state is dropped on a mere suspicion"
        return result

    def _held(self, props: Bag) -> list[OidcConfig]:
        """The block that the state says to be ours, if it is of the same cluster."""
        known = props.get(properties.RECORDED) or {}
        return [block_of(known)] if known.get(CLUSTER_ID) == props[CLUSTER_ID] else []

    def _wanted(self, cluster_id: str) -> tuple[OidcConfig, ...]:
        return self._unfinished.get(cluster_id, Unfinished()).wanted

    @contextmanager
    def _noted(self, cluster_id: str, desired: OidcConfig) -> Iterator[None]:
        """What an operation that is not recorded wanted is ours until one is."""
        earlier = self._unfinished.get(cluster_id, Unfinished())
        self._unfinished[cluster_id] = Unfinished(earlier.found, (*earlier.wanted, desired))
        yield
        self._unfinished.pop(cluster_id, None)

    @contextmanager
    def _audited(
        self, target: OidcConfig, may_replace: Callable[[OidcConfig], bool]
    ) -> Iterator[list[Event]]:
        """Record what happens in this block, and check it when the block ends.

        Args:
            target: what is to be written.
            may_replace: whether a live block may be lost by it.
        """
        events: list[Event] = []
        self._service.events = events
        try:
            yield events
        except CksError as error:
            self._assert_presentable(error)
            raise
        finally:
            for before, event in pairwise([None, *events]):
                if isinstance(event, Write):
                    live = _fresh(before, event)
                    _assert_only_what_is_ours(event.body, live, target)
                    assert may_replace(live.oidc), f"a foreign block is lost: {live.oidc}"
            _assert_written_once(events)
            _assert_stopped_when_failed(events)
            self._service.assert_that_others_find_their_work_as_they_left_it()

    def _assert_presentable(self, error: CksError) -> None:
        assert self._token not in f"{error} {error!r} {vars(error)}", "a token in an error"
        assert error.__cause__ is error.__context__ is None, "the engine prints a whole chain"

    def _assert_reached(self, events: Sequence[Event], cluster_id: str, target: OidcConfig) -> None:
        """Success is true: seen by us, and as far as nobody interfered, real."""
        if _is_gone(events, cluster_id):
            return
        cluster = _last_read(events)
        assert cluster.status == "RUNNING", f"success, but it is {cluster.status}"
        assert cluster.oidc == target, "success, but the values are not there"
        accepted = _accepted(events)
        if accepted and accepted[-1].edits == self._service.edits:
            ours = self._service.ours or {}
            assert OidcConfig.model_validate(ours.get("oidc") or {}) == target, "success too early"

    def _assert_remembered(self, cluster_id: str, outs: Bag | None) -> None:
        before = block_of((outs or {})[PREVIOUS])
        assert before == self._before_us[cluster_id], "what was there before is forgotten"


def block_of(bag: Bag) -> OidcConfig:
    """The block in a property bag."""
    return OidcConfig.model_validate({leaf: bag.get(leaf) for leaf in OidcConfig.leaves()})


def _is_whole(block: OidcConfig) -> bool:
    return bool(block.issuer_url and block.client_id)


def _is_gone(events: Sequence[Event], cluster_id: str) -> bool:
    """Whether two reads and the list agreed in the end that there is no such cluster."""
    match [event for event in events if not isinstance(event, Write)][-3:]:
        case [Read(cluster=None), Read(cluster=None), Listed(ids=ids)]:
            return cluster_id not in ids
    return False


def _first_ready(events: Sequence[Event]) -> Cluster:
    reads = (event.cluster for event in events if isinstance(event, Read))
    return next(cluster for cluster in reads if cluster and cluster.status == "RUNNING")


def _last_read(events: Sequence[Event]) -> Cluster:
    last = events[-1]
    assert isinstance(last, Read)
    assert last.cluster is not None, "success, but there is no cluster"
    return last.cluster


def _fresh(before: Event | None, write: Write) -> Cluster:
    """The read that a PATCH was built from: the event just before it, in the same moment."""
    assert isinstance(before, Read), f"a PATCH without a read just before it, but {before}"
    assert before.sleeps == write.sleeps, "time passed between the read and the PATCH"
    live = before.cluster
    assert live is not None
    assert live.id == write.cluster_id
    assert live.status == "RUNNING", f"a PATCH while the cluster is {live.status}"
    return live


def _assert_only_what_is_ours(body: Bag, live: Cluster, target: OidcConfig) -> None:
    paths = body["updateMask"].split(",")
    assert set(body) <= {"id", "version", "oidc", "updateMask"}, f"not ours to send: {set(body)}"
    assert (body["id"], body["version"]) == (live.id, live.version)
    assert paths == sorted(set(paths)), f"unsorted: {paths}"
    assert set(paths) <= set(WHOLE_BLOCK), f"not ours to name: {paths}"
    if target == UNSET:
        assert "oidc" not in body
        assert paths == WHOLE_BLOCK, "a block is removed as a whole"
        return
    assert _is_whole(target), "half a block"
    assert OidcConfig.model_validate(body["oidc"]) == target, "not the whole block"
    assert all(body["oidc"].values()), "an unset leaf has a value"
    leaves = target.leaves().items()
    same = {f"oidc.{a}" for n, a in leaves if getattr(live.oidc, n) == getattr(target, n)}
    assert not same & set(paths), f"named without need: {same & set(paths)}"


def _accepted(events: Sequence[Event]) -> list[Write]:
    return [event for event in events if isinstance(event, Write) and event.accepted]


def _assert_written_once(events: Sequence[Event]) -> None:
    for first, second in pairwise(_accepted(events)):
        update = first.accepted
        assert update is not None
        spoiled = update.lost or update.ignored or update.normalised
        assert spoiled or second.edits > first.edits, "a second PATCH for one change"


def _assert_stopped_when_failed(events: Sequence[Event]) -> None:
    for event in events[:-1]:
        if isinstance(event, Read) and event.cluster:
            assert event.cluster.status not in FAILED, "it went on although the cluster has failed"
