"""What a stored token is to a reviewer."""

from __future__ import annotations

from typing import Any

from cks_components.review import token_part
from cks_components.review.part import Attention, Part
from cks_components.rules import examine
from cks_components.stack_file.settings import StackSettings

CLUSTER = {"name": "east", "id": "11111111-2222-3333-4444-00000000abcd"}
PIPELINE = {"name": "deployer", "namespace": "ci", "clusterRole": "edit", "namespaces": ["web"]}
MONTH, WEEK = ({"lifetime": length, "renewBefore": "2d"} for length in ("30d", "7d"))


def settings(*pipelines: Any, of_cluster: Any = ()) -> StackSettings:
    cluster = CLUSTER | ({"automation": list(of_cluster)} if of_cluster else {})
    shown = examine({"clusters": [cluster], "automation": list(pipelines)}, {}, "").shown
    assert shown is not None
    return shown


def changed(before: StackSettings | None, after: StackSettings | None) -> list[Part]:
    return list(token_part.of_change("test", before, after))


def test_nothing_is_said_where_nothing_changes() -> None:
    stored = settings(PIPELINE | {"token": MONTH})

    assert changed(stored, stored) == []
    assert changed(None, settings(PIPELINE)) == []
    assert changed(stored, None) == []


def test_a_stored_token_that_is_new_or_lives_longer_is_looked_at() -> None:
    month = settings(PIPELINE | {"token": MONTH})
    (new,) = changed(settings(PIPELINE), month)
    (longer,) = changed(settings(PIPELINE | {"token": WEEK}), month)

    (point,) = new.points
    assert (new.attention, new.summary) == (Attention.REVIEW, "")
    assert point.text == (
        "the stored token of the pipeline `ci/deployer`: none → 30 days: whoever can read the "
        "outputs of the stack can use it until it ends"
    )
    assert "`ci/deployer`: 7 days → 30 days: " in longer.points[0].text


def test_one_that_is_gone_or_lives_less_long_is_a_note() -> None:
    month = settings(PIPELINE | {"token": MONTH})
    (gone,) = changed(month, settings(PIPELINE))
    (shorter,) = changed(month, settings(PIPELINE | {"token": WEEK}))

    assert (gone.attention, gone.points) == (Attention.NOTE, ())
    assert gone.summary == (
        "Stored tokens: the stored token of the pipeline `ci/deployer`: 30 days → none."
    )
    assert "30 days → 7 days" in shorter.summary


def test_a_pipeline_of_a_cluster_is_named_with_it() -> None:
    (part,) = changed(settings(), settings(of_cluster=[PIPELINE | {"token": MONTH}]))

    assert "`ci/deployer` of cluster `east`: none → 30 days" in part.points[0].text


def test_a_lifetime_that_is_encrypted_is_not_guessed() -> None:
    token = MONTH | {"lifetime": "ciphertext"}
    values = {"clusters": [CLUSTER], "automation": [PIPELINE | {"token": token}]}
    place = ("automation", 0, "token", "lifetime")
    hidden = examine(values, {place: "is encrypted"}, "").shown

    assert changed(settings(PIPELINE), hidden) == []
