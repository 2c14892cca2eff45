"""What must hold for every call of the provider, whatever happens meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from cks_components.api.errors import CksError
from cks_components.api.models import Cluster, OidcConfig
from cks_components.api.waiting import RUNNING
from cks_components.cluster_oidc import ClusterOidcProvider
from cks_components.engine.block_provider import PREVIOUS
from lab.api.rules import OIDC_LEAVES
from tests.unit.lifecycle.service import Event, Listed, Read, Write

if TYPE_CHECKING:
    from pulumi.dynamic import CreateResult, ReadResult, UpdateResult

    from tests.unit.lifecycle.engine import Bag
    from tests.unit.lifecycle.service import Service, Stage

UNSET = OidcConfig()
_WHOLE_BLOCK = [f"oidc.{leaf}" for leaf in sorted(OIDC_LEAVES)]
MayReplace = Callable[[OidcConfig], bool]


@dataclass
class Unfinished:
    """Creates that nobody has recorded yet: what the first one found, what each one wanted."""

    found: OidcConfig
    wanted: list[OidcConfig] = field(default_factory=list)


class Audited(ClusterOidcProvider):
    """The real provider; each call is checked when it ends, in whatever way it ends."""

    def __init__(self, stage: Stage) -> None:
        self._service: Service = stage.service
        self._token = stage.token
        self._unfinished: dict[str, Unfinished] = {}
        self._before_us: dict[str, OidcConfig] = {}

    def create(self, props: Bag) -> CreateResult:
        cluster_id, desired = str(props["cluster_id"]), block_of(props)
        earlier = self._unfinished.get(cluster_id, Unfinished(UNSET))
        events: list[Event] = []

        def may_replace(block: OidcConfig) -> bool:
            ours = block.is_unset or block in earlier.wanted
            return block == _first_ready(events).oidc and (props["adopt"] or ours)

        try:
            with self._audited(events, desired, may_replace):
                result = super().create(props)
        finally:
            if any(isinstance(event, Write) for event in events):
                before = _before(events, earlier)
                self._unfinished[cluster_id] = Unfinished(before, [*earlier.wanted, desired])
        before = _before(events, earlier)
        assert block_of((result.outs or {})[PREVIOUS]) == before, (
            "what was there before is not recorded"
        )
        self._before_us[cluster_id] = before
        return result

    def update(self, _id: str, _olds: Bag, _news: Bag) -> UpdateResult:
        self._unfinished.pop(_id, None)
        known = block_of(_olds)

        def may_replace(block: OidcConfig) -> bool:
            return block == known or _news["on_drift"] == "overwrite"

        with self._audited([], block_of(_news), may_replace):
            return super().update(_id, _olds, _news)

    def delete(self, _id: str, _props: Bag) -> None:
        self._unfinished.pop(_id, None)
        known = block_of(_props)
        before = self._before_us[_id]
        restored = before if before.issuer_url and before.client_id else UNSET  # never half a block
        left = {"retain": None, "clear": UNSET, "restore": restored}
        with self._audited([], left[_props["on_delete"]], lambda block: block == known):
            super().delete(_id, _props)

    def read(self, id_: str, props: Bag) -> ReadResult:
        self._unfinished.pop(id_, None)
        events: list[Event] = []
        with self._audited(events, None, lambda _block: False, reads_only=True):
            result = super().read(id_, props)
        if result.id:
            cluster = _last_read(events)
            assert block_of(result.outs) == cluster.oidc, "the state is not what was read"
        return result

    @contextmanager
    def _audited(
        self,
        events: list[Event],
        target: OidcConfig | None,
        may_replace: MayReplace,
        *,
        reads_only: bool = False,
    ) -> Iterator[None]:
        """Check what happens in this block; `target` is what it shall leave, None for no change."""
        service = self._service
        service.events, edits = events, service.edits
        try:
            yield
        except CksError as error:
            shown = f"{error} {error!r} {vars(error)}"
            assert self._token not in shown, "a token in an error"
            chain = (error.__cause__, error.__context__)
            assert chain == (None, None), "the engine prints a whole chain"
            raise
        else:
            if target is not None:
                _assert_reached(events, target)
                if not gone(events) and any(_accepted(events)) and service.edits == edits:
                    ours = service.ours or {}
                    assert OidcConfig.model_validate(ours.get("oidc") or {}) == target, "too early"
            elif not reads_only:
                assert not events, "nothing was to be done"
        finally:
            for before, event in zip([None, *events], events, strict=False):
                if isinstance(event, Write):
                    _assert_built_from_a_fresh_read(event, before, may_replace)
                    assert target is not None, "nothing was to be written"
                    _assert_only_what_is_ours(event, before, target)
            _assert_once(events)
            service.assert_that_others_find_their_work_as_they_left_it()


def block_of(bag: Any) -> OidcConfig:
    return OidcConfig.model_validate({leaf: bag.get(leaf) for leaf in OidcConfig.leaves()})


def gone(events: Sequence[Event]) -> bool:
    """Whether our client was told for sure that there is no such cluster."""
    told = [e for e in events if not isinstance(e, Write)][-3:]
    twice = [isinstance(e, Read) and e.cluster is None for e in told[:2]] == [True, True]
    return len(told) == 3 and twice and isinstance(told[2], Listed)


def _first_ready(events: Sequence[Event]) -> Cluster:
    return next(
        e.cluster
        for e in events
        if isinstance(e, Read) and e.cluster is not None and e.cluster.status == RUNNING
    )


def _last_read(events: Sequence[Event]) -> Cluster:
    last = events[-1]
    assert isinstance(last, Read)
    assert last.cluster is not None, "it ended with a read of no cluster"
    return last.cluster


def _before(events: Sequence[Event], earlier: Unfinished) -> OidcConfig:
    """What was there before us: what is found, unless an unfinished create of ours made it."""
    found = _first_ready(events).oidc
    return earlier.found if found in earlier.wanted else found


def _assert_reached(events: Sequence[Event], target: OidcConfig) -> None:
    if not gone(events):
        cluster = _last_read(events)
        assert cluster.status == RUNNING, f"success, but the cluster is {cluster.status}"
        assert cluster.oidc == target, "success, but the values are not there"


def _assert_built_from_a_fresh_read(
    write: Write, before: Event | None, may_replace: MayReplace
) -> None:
    assert isinstance(before, Read), f"a PATCH without a read just before it, but {before}"
    assert before.cluster is not None
    assert before.cluster.id == write.cluster_id
    assert before.sleeps == write.sleeps, "time passed between the read and the PATCH"
    assert before.cluster.status == RUNNING, f"a PATCH while it is {before.cluster.status}"
    assert may_replace(before.cluster.oidc), f"a foreign edit is lost: {before.cluster.oidc}"


def _assert_only_what_is_ours(write: Write, before: Event | None, target: OidcConfig) -> None:
    assert isinstance(before, Read)
    assert before.cluster is not None
    body, live = write.body, before.cluster
    paths = body["updateMask"].split(",")
    assert set(body) <= {"id", "version", "oidc", "updateMask"}, f"not ours to send: {set(body)}"
    assert (body["id"], body["version"]) == (live.id, live.version)
    assert set(paths) <= set(_WHOLE_BLOCK), f"not ours to name: {paths}"
    assert paths == sorted(set(paths)), f"unsorted: {paths}"
    if target.is_unset:
        assert "oidc" not in body
        assert paths == _WHOLE_BLOCK
        return
    assert OidcConfig.model_validate(body["oidc"]) == target, "not the whole block"
    assert all(body["oidc"].values()), "an unset leaf has a value"
    assert target.issuer_url, "half a block"
    assert target.client_id, "half a block"
    same = {
        f"oidc.{a}"
        for n, a in target.leaves().items()
        if getattr(live.oidc, n) == getattr(target, n)
    }
    assert not same & set(paths), f"named without need: {same & set(paths)}"


def _accepted(events: Sequence[Event]) -> list[Write]:
    return [e for e in events if isinstance(e, Write) and e.accepted is not None]


def _assert_once(events: Sequence[Event]) -> None:
    for first, second in pairwise(_accepted(events)):
        update = first.accepted
        assert update is not None
        spoiled = update.lost or update.ignored or update.normalised
        assert spoiled or second.edits > first.edits, "a second PATCH for one change"
