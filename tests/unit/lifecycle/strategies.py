"""Strategies that draw the steps of schedules."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from lab.api import faults
from lab.api.refusal import CODES
from tests.conftest import TOKEN
from tests.unit.lifecycle.schedule import (
    BLOCKS,
    Break,
    Destroy,
    Kill,
    Meanwhile,
    PutBlock,
    Refresh,
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
from tests.unit.lifecycle.service import ANEW, ID

AFTER = st.booleans()
HEADERS = st.sampled_from(
    [
        {},
        *(
            {"retry-after": value}
            for value in (
                "2",
                "Wed, 21 Oct 2015 07:28:00 GMT",
                "Wed, 21 Oct 2093 07:28:00 GMT",
                "999999",
                "soon",
            )
        ),
        {"x-request-id": f"for {TOKEN}"},
    ]
)
OPTIONS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "refusal": {
        "code": st.sampled_from(sorted(CODES)),
        "message": st.sampled_from(["refused", f"no user has {TOKEN}"]),
        "after": AFTER,
        "headers": HEADERS,
    },
    "text": {
        "status": st.sampled_from([200, 302, 404, 502, 503]),
        "body": st.sampled_from(["<html>", "{}", f"Authorization: Bearer {TOKEN}"]),
        "after": AFTER,
    },
    "cut": {"after": AFTER},
    "cut_off": {},
    "slow": {"seconds": st.sampled_from([2.0, 12.0, 40.0]), "trickle": st.sampled_from([0.0, 0.1])},
    "outside": {"on": st.just(ID), "recreate": st.just(ANEW)},
    "connect_errors": {"style": st.sampled_from(["connect", "unknown", "empty"])},
    "busy": {"code": st.sampled_from([9, 10])},
    "tolerant": {},
    "stale_reads": {"reads": st.integers(1, 8)},
    "early_values": {},
    "ends_in": {
        "status": st.sampled_from(["STATUS_ERROR", "STATUS_FAILED", "STATUS_UPGRADE_FAILED"])
    },
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


blocks = st.sampled_from(list(BLOCKS))
methods = st.sampled_from(["PATCH", "GET", ""])
skips = st.sampled_from([0, 0, 0, 1, 2, 5])

we_want = st.builds(WeWant, st.sampled_from(list(BLOCKS)[:-2]))
we_say = st.one_of(
    st.builds(WeSay, st.just("adopt"), st.booleans()),
    st.builds(WeSay, st.just("on_drift"), st.sampled_from(["refuse", "overwrite"])),
    st.builds(WeSay, st.just("on_delete"), st.sampled_from(["restore", "clear", "retain"])),
)
edits = st.one_of(
    st.builds(PutBlock, blocks),
    st.builds(SetLeaf, st.just("groupsPrefix"), st.sampled_from(["theirs:", None])),
    st.builds(SetLeaf, st.just("usernameClaim"), st.sampled_from(["sub", None])),
    st.builds(SetLeaf, st.just("ca"), st.none()),
    st.builds(SetField, st.just("additionalServerSans"), st.sampled_from([["a.example"], None])),
    st.builds(SetField, st.just("public"), st.booleans()),
    st.builds(
        SetField, st.just("authnWebhook"), st.sampled_from([{"server": "https://h.example"}, None])
    ),
    st.builds(Upgrade, st.sampled_from([0.0, 20.0])),
)
others = st.one_of(st.builds(They, edits), st.builds(Meanwhile, edits, methods, skips))
kills = st.builds(Kill, methods, skips, st.booleans())
time_passes = st.builds(TimePasses, st.sampled_from([1.0, 5.0, 100.0]))


def breaks(kind: str) -> st.SearchStrategy[Break]:
    """Faults of one kind, a few times."""
    return st.builds(
        Break,
        st.just(kind),
        st.fixed_dictionaries(OPTIONS[kind]),
        times=st.sampled_from([1, 2, 3, 8]),
        skip=skips,
        method=st.none() if faults.KINDS[kind][1] else methods,
    )


faulty = st.sampled_from(sorted(OPTIONS)).flatmap(breaks)
commands: st.SearchStrategy[Step] = st.sampled_from([Up(), Up(), Up(), Refresh(), Destroy()])


@st.composite
def schedules(draw: st.DrawFn, *disturbances: st.SearchStrategy[Step]) -> list[Step]:
    """Rounds of edits by us, what else happens, and a command."""
    steps: list[Step] = []
    for _ in range(draw(st.integers(1, 5))):
        steps += draw(st.lists(st.one_of(we_want, we_want, we_say), max_size=2))
        steps += draw(st.lists(st.one_of(*disturbances), max_size=3))
        steps.append(draw(commands))
    return steps
