"""A baseline file: what it accepts, until when and where, and what is wrong with one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from cks_components.api.errors import SettingsError
from cks_components.audit import baseline
from cks_components.audit.baseline import Baseline
from cks_components.audit.finding import AuditFinding
from cks_components.project import engine_yaml

NOW = datetime(2026, 6, 1, tzinfo=UTC)
FOUND = AuditFinding(
    kind="token-secret", place="Secret ci/old", who=("ServiceAccount ci/old",), what="x"
)
OTHER = AuditFinding(
    kind="token-secret", place="Secret ci/new", who=("ServiceAccount ci/new",), what="x"
)


def accepting(*entries: dict[str, Any]) -> Baseline:
    usual = {"id": FOUND.id, "reason": "INC-1", "until": "2026-12-31"}
    return baseline.read("audit.yaml", {"accepted": [usual | entry for entry in entries]}, NOW)


def refused(text: str) -> list[str]:
    with pytest.raises(SettingsError) as raised:
        baseline.read("audit.yaml", engine_yaml.read(text).value, NOW)
    return [line.removeprefix("audit.yaml: ") for line in raised.value.findings]


def test_a_finding_is_accepted_on_every_cluster_by_its_id() -> None:
    known = accepting({})

    assert known.accepts(known.acceptance("east", FOUND))
    assert not known.accepts(known.acceptance("east", OTHER))


def test_an_entry_of_some_clusters_accepts_nothing_on_others() -> None:
    known = accepting({"clusters": ["east"]})

    assert known.accepts(known.acceptance("east", FOUND))
    assert known.acceptance("west", FOUND) is None


@pytest.mark.parametrize(
    ("until", "accepts"), [("2026-06-01", False), ("2026-06-01T00:00:01Z", True)]
)
def test_an_entry_accepts_until_its_end(until: str, accepts: bool) -> None:
    known = accepting({"until": until})
    entry = known.acceptance("east", FOUND)

    assert entry is not None, "one that is over is still known, and can be named"
    assert known.accepts(entry) is accepts


def test_of_several_entries_the_one_that_ends_last_counts() -> None:
    known = accepting({"until": "2027-01-01", "reason": "last"}, {"until": "2026-07-01"})
    entry = known.acceptance("east", FOUND)

    assert entry is not None
    assert baseline.remark(entry, is_over=False) == "accepted until 2027-01-01T00:00:00Z: last"


def test_an_entry_that_is_over_is_remarked_as_such() -> None:
    (entry,) = accepting({"until": "2026-01-01"}).entries

    assert baseline.remark(entry, is_over=True) == "was accepted until 2026-01-01T00:00:00Z: INC-1"


def test_entries_that_no_finding_needs_are_named() -> None:
    known = accepting({}, {"id": "0" * 12}, {"clusters": ["gone"], "until": "2027-01-01"})

    assert [(e.id, e.clusters) for e in known.unused([("east", FOUND)])] == [
        ("0" * 12, ()),
        (FOUND.id, ("gone",)),
    ]


@pytest.mark.parametrize(
    "written", ["481516234210", "048151623421", "48151623e210", "4815162342e1"]
)
def test_an_id_that_yaml_takes_for_a_number_has_to_be_quoted(written: str) -> None:
    assert refused(f"accepted: [{{id: {written}, reason: INC-1, until: 2026-12-31}}]") == [
        "accepted[0].id: must be text, but without quotes it is a number; put quotes around it: "
        f'"{written}"'
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "accepted: [{}]",
            [
                'accepted[0].id: is missing; write it, such as "id: 3f1c0a9b7e42"',
                'accepted[0].reason: is missing; write it, such as "reason: INC-1234"',
                'accepted[0].until: is missing; write it, such as "until: 2026-12-31"',
            ],
        ),
        (
            "",
            [
                'accepted: is missing; write it, such as "accepted: [{id: 3f1c0a9b7e42, reason: '
                'INC-1234, until: 2026-12-31}]"'
            ],
        ),
        ("accepted: 3", ["accepted: must be a list, with each entry after a dash"]),
        (
            'accepted: [{id: [a], reason: " ", until: soon, who: me}]',
            [
                "accepted[0].id: must be text, and not a list",
                "accepted[0].reason: is empty; write why it is accepted, such as INC-1234",
                "accepted[0].until: must be a date such as 2026-12-31 or a time such as "
                '"2026-12-31T18:00:00Z"',
                "accepted[0].who: is not a key of a baseline; check its spelling and its place",
            ],
        ),
        (
            "accepted: [{id: zz, reason: x, until: 2026-12-31}]",
            [
                'accepted[0].id: "zz" is no id, which has 12 of the characters 0-9 and a-f; write '
                "the one that an audit prints"
            ],
        ),
        (
            'accepted: [{id: "", reason: x, until: 2026-12-31}]',
            ["accepted[0].id: is empty; write a text"],
        ),
    ],
)
def test_everything_that_is_wrong_is_named_with_what_to_write(
    text: str, expected: list[str]
) -> None:
    assert refused(text) == expected


def test_how_to_accept_a_finding_can_be_copied_as_it_is() -> None:
    advice = baseline.advice(["481516234210"])
    text = "accepted: " + advice.partition("accepted: ")[2]

    (entry,) = baseline.read("audit.yaml", engine_yaml.read(text).value, NOW).entries

    assert entry.id == "481516234210"
