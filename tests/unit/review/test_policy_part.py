"""What a change of policies is to a reviewer."""

from __future__ import annotations

from typing import Any

import pytest

from cks_components.review import policy_part
from cks_components.review.part import Attention, Part
from cks_components.rules import examine
from cks_components.stack_file.settings import StackSettings

CLUSTER = {"name": "east", "id": "11111111-2222-3333-4444-00000000abcd"}
IDENTITY = {"issuerUrl": "https://idp.example.com", "clientId": "kubernetes"}
HOOK = {"server": "https://hook.example.com"}


def settings(**values: Any) -> StackSettings:
    shown = examine({"clusters": [CLUSTER], **values}, {}, "").shown
    assert shown is not None
    return shown


def changed(before: StackSettings | None, **after: Any) -> list[Part]:
    return list(policy_part.of_change("test", before, settings(**after)))


def test_nothing_is_said_where_nothing_changes() -> None:
    before = settings(environment="production", identity=IDENTITY | {"adopt": True})

    assert changed(before, environment="production", identity=IDENTITY | {"adopt": True}) == []
    assert policy_part.of_change("test", before, None) == ()


def test_rules_that_are_applied_less_strictly_need_a_second_look() -> None:
    (part,) = changed(settings(environment="production"), environment="development")

    assert (part.attention, part.verdict) == (
        Attention.REVIEW,
        "the rules are applied less strictly now",
    )
    assert [point.text for point in part.points] == [
        "the rules are applied less strictly now: `environment`: `production` → `development`"
    ]


def test_stricter_rules_need_none() -> None:
    assert changed(settings(environment="staging"), environment="production") == []


def test_a_risk_that_is_accepted_anew_needs_a_second_look() -> None:
    """It switches off the rules against a lock-out, as a waiver does."""
    accepted = {"risk": "own-rights", "reason": "INC-1"}
    everywhere, here = accepted, accepted | {"cluster": "east"}
    (new,) = changed(settings(), acknowledge=[everywhere])
    (narrower,) = changed(settings(acknowledge=[everywhere]), acknowledge=[here])

    assert new.attention is Attention.REVIEW
    assert new.points[0].text == "a risk of the update is accepted: `own-rights`: `INC-1`"
    assert narrower.points[0].text.startswith(
        "a risk of the update is accepted on cluster `east`: `own-rights`"
    )
    assert changed(settings(acknowledge=[everywhere]), acknowledge=[everywhere]) == []
    assert changed(settings(acknowledge=[everywhere])) == []


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("adopt", True, "`false` → `true`: an update replaces"),
        ("onDrift", "overwrite", "`refuse` → `overwrite`: an update overwrites"),
        ("onDelete", "clear", "`restore` → `clear`: a destroy leaves no block"),
    ],
)
def test_what_lets_an_update_do_more_needs_a_second_look(key: str, value: Any, text: str) -> None:
    (part,) = changed(settings(identity=IDENTITY), identity=IDENTITY | {key: value})

    assert part.attention is Attention.REVIEW
    (point,) = part.points
    assert point.text.startswith(f"`identity.{key}`: {text}")
    assert part.summary == ""


def test_another_change_is_said_without_a_flag() -> None:
    before = settings(identity=IDENTITY | {"onDrift": "overwrite", "onDelete": "clear"})

    (part,) = changed(before, identity=IDENTITY | {"onDelete": "retain"})

    assert (part.attention, part.points) == (Attention.NOTE, ())
    assert part.summary == (
        "What updates do to the clusters changes: `identity.onDrift`: `overwrite` → `refuse`; "
        "`identity.onDelete`: `clear` → `retain`."
    )


def test_a_webhook_of_a_cluster_is_named_with_it_and_a_new_one_is_compared_with_defaults() -> None:
    hooks = {"authorization": HOOK | {"adopt": True}}

    (part,) = changed(None, clusters=[CLUSTER | {"webhooks": hooks}])

    (point,) = part.points
    assert point.text.startswith(
        "`webhooks.authorization.adopt` of cluster `east`: `false` → `true`"
    )


def test_a_value_that_is_encrypted_is_not_guessed() -> None:
    identity = IDENTITY | {"onDrift": "ciphertext"}
    hidden = examine(
        {"clusters": [CLUSTER], "identity": identity},
        {("identity", "onDrift"): "is encrypted"},
        "",
    ).shown
    (part,) = policy_part.of_change("test", settings(identity=IDENTITY), hidden)

    assert part.summary.endswith(
        "`identity.onDrift`: `refuse` → a value that is not known offline."
    )
