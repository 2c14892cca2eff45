"""`until`: how a point in time is written, and what is left of a stack file after it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from cks_components.stack_file.moment import moment_text
from cks_components.stack_file.reading import StackFile, read
from cks_components.stack_file.settings import BindingSettings

NOW = datetime(2026, 12, 1, tzinfo=UTC)
NO_MOMENT = 'must be a date such as 2026-12-31 or a time such as "2026-12-31T18:00:00Z"'
NO_END = "is empty; write a time, or remove the key so that the right never ends"
CLUSTERS = [{"name": "east"}, {"name": "west"}]
FOR_EVER = {"groups": ["ml"], "clusterRole": "view"}
OVER = FOR_EVER | {"until": "2026-11-30"}
LATER = FOR_EVER | {"until": "2026-12-02"}


def stack(*bindings: dict[str, Any], **values: Any) -> StackFile:
    return read({"clusters": CLUSTERS, "bindings": list(bindings), **values})


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-12-31", "2026-12-31T00:00:00Z"),
        ("2026-12-31T18:00:00Z", "2026-12-31T18:00:00Z"),
        ("2026-12-31T18:00:00+02:00", "2026-12-31T16:00:00Z"),
        ("2026-12-31t18:00z", "2026-12-31T18:00:00Z"),
        ("2026-12-31 00:00:00 +0000 UTC", "2026-12-31T00:00:00Z"),  # Pulumi's, without quotes
        ("2026-12-31 18:00:00.5 +0200 +0200", "2026-12-31T16:00:00Z"),
        (datetime(2026, 12, 31, tzinfo=UTC), "2026-12-31T00:00:00Z"),
    ],
)
def test_an_end_is_a_date_or_a_time_in_utc(written: object, meant: str) -> None:
    file = stack(FOR_EVER | {"until": written})

    assert file.malformed == ()
    assert moment_text(file.settings.bindings[0].until or NOW) == meant


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("2026-12-31T18:00:00", 'has no time zone; write "2026-12-31T18:00:00Z" if you mean UTC'),
        ("2026-02-30", f"is not in the calendar; {NO_MOMENT}"),
        ("2026-12-31T25:00Z", f"is not in the calendar; {NO_MOMENT}"),
        ("tomorrow", NO_MOMENT),
        ("20261231", NO_MOMENT),
        (2026, NO_MOMENT),
        (None, NO_END),
        ("", NO_END),
        ("9999-12-31T23:00:00-05:00", f"is not in the calendar; {NO_MOMENT}"),
    ],
)
def test_anything_else_is_refused(written: object, said: str) -> None:
    (wrong,) = stack(FOR_EVER | {"until": written}).malformed

    assert wrong == ("bindings[0].until", said)


def test_a_date_without_quotes_in_another_key_is_still_refused() -> None:
    (wrong,) = stack(FOR_EVER | {"reason": "2026-12-31 00:00:00 +0000 UTC"}).malformed

    assert wrong.path == "bindings[0].reason"


def test_what_has_ended_is_left_out_and_the_others_keep_their_paths() -> None:
    cd = {"name": "cd", "namespace": "ci", "clusterRole": "view"}
    ci = cd | {"name": "ci", "until": "2026-11-30"}
    west = {"name": "west", "bindings": [OVER, LATER], "automation": [ci, cd]}
    settings = stack(OVER, FOR_EVER, clusters=[CLUSTERS[0], west]).settings

    now = settings.in_force(NOW)

    assert [path for path, _ in now.bindings_on(0)] == ["bindings[1]"]
    assert [path for path, _ in now.bindings_on(1)] == ["bindings[1]", "clusters[1].bindings[1]"]
    assert [path for path, _ in now.pipelines_on(1)] == ["clusters[1].automation[1]"]
    assert len(settings.bindings_on(1)) == 4  # the settings themselves stay as they are


def test_an_entry_ends_at_its_moment_and_not_before() -> None:
    entry = BindingSettings.model_validate(FOR_EVER | {"until": NOW})

    assert entry.has_ended(NOW)
    assert not entry.has_ended(NOW.replace(year=2025))
