"""Strategies that draw the steps of schedules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from lab.api import faults
from lab.api.refusal import CODES
from tests.unit.lifecycle.invariants import FAILED
from tests.unit.lifecycle.schedule import (
    BLOCKS,
    Break,
    Destroy,
    Kill,
    MakeAnew,
    Meanwhile,
    PutBlock,
    Refresh,
    Replace,
    SetField,
    SetLeaf,
    Step,
    They,
    TimePasses,
    Up,
    Upgrade,
    WeSay,
    WeWant,
)
from tests.unit.lifecycle.shared_api import ANEW, ID, TOKEN

Options = dict[str, st.SearchStrategy[Any]]

retry_after = st.sampled_from(
    ["2", "Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 21 Oct 2093 07:28:00 GMT", "999999", "soon"]
)
headers: st.SearchStrategy[dict[str, str]] = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"retry-after": retry_after}),
    st.just({"x-request-id": f"for {TOKEN}"}),
)
OPTIONS: dict[str, Options] = {
    "refusal": {
        "code": st.sampled_from([*CODES, 5, 8, 14]),
        "message": st.sampled_from(["refused", f"nobody has {TOKEN}"]),
        "after": st.booleans(),
        "headers": headers,
    },
    "text": {
        "status": st.sampled_from([200, 302, 404, 502, 503]),
        "body": st.sampled_from(["<html>", "{}", f"Authorization: Bearer {TOKEN}"]),
        "after": st.booleans(),
    },
    "cut": {"after": st.booleans()},
    "cut_off": {},
    "slow": {"seconds": st.sampled_from([2.0, 12.0, 40.0]), "trickle": st.sampled_from([0.0, 0.1])},
    "outside": {
        "on": st.just(ID),
        "recreate": st.sampled_from([ANEW, ""]),
        "remove": st.just(True),
    },
    "connect_errors": {"style": st.sampled_from(["connect", "unknown", "empty"])},
    "busy": {"code": st.sampled_from([9, 10])},
    "tolerant": {},
    "stale_reads": {"reads": st.integers(1, 8)},
    "early_values": {},
    "ends_in": {"status": st.sampled_from([f"STATUS_{name}" for name in FAILED])},
    "never_ends": {},
    "lost": {"at_once": st.booleans()},
    "leaf": {"path": st.sampled_from(["oidc.clientId", "oidc.issuerUrl", "oidc.groupsPrefix"])},
    "unset_as": {"spelling": st.sampled_from(["absent", "null", "empty"])},
    "numbers": {},
    "shown_status": {"status": st.sampled_from(["STATUS_NOT_YET_INVENTED", 42, 2])},
    "noise": {},
    "hidden": {"cluster": st.just(ID)},
    "empty_list": {},
    "paged": {},
    "other_organisation": {"org_uid": st.just("cw9999")},
}
"""The options of every kind of fault that `lab.api.faults` knows."""

ours = st.sampled_from(list(BLOCKS)[:-2])
anybodys = st.sampled_from(list(BLOCKS))
methods = st.sampled_from(["PATCH", "GET", ""])
skips = st.sampled_from([0, 0, 0, 1, 2, 5])

we_want = st.builds(WeWant, ours)
we_say = st.one_of(
    st.builds(WeSay, st.just("adopt"), st.booleans()),
    st.builds(WeSay, st.just("on_drift"), st.sampled_from(["refuse", "overwrite"])),
    st.builds(WeSay, st.just("on_delete"), st.sampled_from(["restore", "clear", "retain"])),
)
edits = st.one_of(
    st.builds(PutBlock, anybodys),
    st.builds(SetLeaf, st.just("groupsPrefix"), st.sampled_from(["theirs:", None])),
    st.builds(SetLeaf, st.just("usernameClaim"), st.sampled_from(["sub", None])),
    st.builds(SetLeaf, st.just("ca"), st.none()),
    st.builds(SetField, st.just("additionalServerSans"), st.sampled_from([["a.example"], None])),
    st.builds(SetField, st.just("public"), st.booleans()),
    st.builds(
        SetField, st.just("authnWebhook"), st.sampled_from([{"server": "https://h.example"}, None])
    ),
    st.builds(Upgrade, st.sampled_from([0.0, 20.0])),
    st.builds(MakeAnew),
)
others = st.one_of(st.builds(They, edits), st.builds(Meanwhile, edits, methods, skips))
kills = st.builds(Kill, methods, skips, st.booleans())
waits = st.builds(TimePasses, st.sampled_from([1.0, 5.0, 100.0]))


def breaks(
    kind: str,
    *,
    on: st.SearchStrategy[str] | None = None,
    times: Sequence[int | None] = (1, 2, 3, 8),
    **options: st.SearchStrategy[Any],
) -> st.SearchStrategy[Break]:
    """Faults of one kind, on the usual requests unless told otherwise, with some options fixed."""
    usual = st.none() if faults.KINDS[kind][1] else methods
    return st.builds(
        Break,
        st.just(kind),
        st.fixed_dictionaries(OPTIONS[kind] | options),
        times=st.sampled_from(times),
        skip=skips,
        method=usual if on is None else on,
    )


def _spelled(kind: str) -> st.SearchStrategy[Break]:
    return breaks(kind, times=(1, 3, None))


a_write, a_read = st.just("PATCH"), st.just("GET")
faulty = st.sampled_from(sorted(OPTIONS)).flatmap(breaks)
unclear = st.one_of(
    breaks("cut", on=a_write, times=(1, 2)),
    breaks("text", on=a_write, times=(1, 2)),
    breaks("refusal", on=a_write, times=(1, 2)),
    breaks("slow", on=a_write, times=(1, 2)),
    breaks("busy", times=(1, 2, 3)),
)
"""What leaves open whether a write has arrived, or turns it away."""
unseen = breaks("refusal", on=a_read, times=(1, 2), code=st.just(5))
"""Reads that say that there is no such cluster."""
belated = st.one_of(breaks("stale_reads"), breaks("early_values"))
"""Reads that do not show how things are."""
spoiling = st.one_of(breaks("lost"), breaks("leaf"), breaks("never_ends"), breaks("ends_in"))
"""Updates that do not do what was asked for."""
spelled = st.one_of(
    st.sampled_from(["unset_as", "numbers", "noise", "tolerant"]).flatmap(_spelled),
    st.sampled_from(["hidden", "empty_list", "paged", "other_organisation"]).flatmap(_spelled),
    breaks("connect_errors", style=st.sampled_from(["connect", "unknown"]), times=(1, 3, None)),
)
"""Other ways to say the same, perhaps for ever, and answers that nobody needs."""
passing = st.one_of(
    spelled,
    belated,
    breaks("shown_status"),
    breaks("cut", times=(1, 2)),
    breaks("cut_off", times=(1,)),
    breaks("text", times=(1,), status=st.sampled_from([200, 502, 503])),
    breaks("refusal", times=(1, 2), code=st.sampled_from([4, 8, 14])),
    breaks("refusal", on=a_read, times=(1,), code=st.just(5)),
    breaks("slow", times=(1,)),
    breaks("busy", times=(1, 2, 3)),
    st.builds(Meanwhile, st.builds(Upgrade, st.sampled_from([0.0, 20.0])), a_write),
)
"""What is over in a moment, so that nobody has to notice it."""


def _taken_over(block: str) -> list[Step]:
    return [They(PutBlock(block)), WeSay("adopt", True)]


_STARTS: list[list[Step]] = [
    [],
    *map(_taken_over, list(BLOCKS)[:-1]),
    [They(PutBlock("with groups"))],
]
_COMMANDS: list[Step] = [Up(), Up(), Up(), Replace(), Refresh(), Destroy()]


@st.composite
def schedules(draw: st.DrawFn, *disturbances: st.SearchStrategy[Step]) -> list[Step]:
    """Rounds of edits by us, of what else happens, and a command."""
    steps = [*draw(st.sampled_from(_STARTS))]
    for _ in range(draw(st.integers(1, 5))):
        steps += draw(st.lists(st.one_of(we_want, we_want, we_say), max_size=2))
        steps += draw(st.lists(st.one_of(*disturbances), max_size=3))
        steps.append(draw(st.sampled_from(_COMMANDS)))
    return steps
