"""The webhook of the lab, without a server: what it answers in each mode, and what it logs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lab.api.emulator import Answer, Request
from lab.webhook.hook import Hook, fingerprint
from lab.webhook.reviews import DAVE, MALLORY, Mode, token_of

NODES = {"verb": "list", "version": "v1", "resource": "nodes"}
UNKNOWN = {"authenticated": False, "error": "unknown token"}
NO_OPINION = {"allowed": False, "reason": "not on call"}
DENIAL = {"allowed": False, "denied": True, "reason": "barred by the webhook"}


@pytest.fixture
def hook() -> Hook:
    return Hook()


def ask(hook: Hook, path: str, spec: dict[str, Any], version: str = "v1") -> Answer:
    is_authn = path.startswith("/authn")
    group = "authentication.k8s.io" if is_authn else "authorization.k8s.io"
    kind = "TokenReview" if is_authn else "SubjectAccessReview"
    review = {"apiVersion": f"{group}/{version}", "kind": kind, "spec": spec}
    return hook.answer(Request("POST", path, {}, json.dumps(review).encode()))


def status(answer: Answer) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(answer.body)["status"]
    return found


def test_a_token_is_its_user_on_every_occasion(hook: Hook) -> None:
    first = status(ask(hook, "/authn", {"token": token_of(DAVE, "1")}))
    second = status(ask(hook, "/authn", {"token": token_of(DAVE, "2")}))

    assert first == second
    assert first["authenticated"] is True
    assert first["user"]["username"] == DAVE


@pytest.mark.parametrize("version", ["v1", "v1beta1"])
@pytest.mark.parametrize("path", ["/authn", "/authz?timeout=30s"])
def test_the_answer_is_in_the_version_asked(hook: Hook, path: str, version: str) -> None:
    answer = json.loads(ask(hook, path, {}, version).body)

    assert answer["apiVersion"].endswith(f"/{version}")


@pytest.mark.parametrize("token", ["", "nobody", "cks-lab-dav", "cks-lab-dave2"])
def test_another_token_is_refused_with_a_reason(hook: Hook, token: str) -> None:
    assert status(ask(hook, "/authn", {"token": token})) == UNKNOWN


@pytest.mark.parametrize(
    ("user", "asked", "said"),
    [
        (DAVE, NODES, {"allowed": True, "reason": "on call"}),
        (DAVE, NODES | {"verb": "delete"}, NO_OPINION),
        (DAVE, NODES | {"group": "metrics.k8s.io"}, NO_OPINION),
        (DAVE, None, NO_OPINION),
        ("alice@example.com", NODES, NO_OPINION),
        (MALLORY, NODES, DENIAL),
    ],
    ids=["dave lists", "dave deletes", "another group", "a path", "somebody else", "mallory"],
)
def test_dave_may_list_nodes_and_mallory_nothing(
    hook: Hook, user: str, asked: dict[str, str] | None, said: dict[str, Any]
) -> None:
    spec = {"user": user} | ({"resourceAttributes": asked} if asked else {})

    assert status(ask(hook, "/authz", spec)) == said


@pytest.mark.parametrize(
    ("mode", "authn", "authz"),
    [
        (Mode.REFUSE, "no token is accepted today", NO_OPINION),
        (Mode.DENY_ALL, "no token is accepted today", DENIAL),
    ],
)
def test_a_mode_counts_for_everybody(
    hook: Hook, mode: Mode, authn: str, authz: dict[str, Any]
) -> None:
    hook.set_mode("authn", mode)
    hook.set_mode("authz", mode)

    assert status(ask(hook, "/authn", {"token": token_of(DAVE, "1")}))["error"] == authn
    assert status(ask(hook, "/authz", {"user": DAVE, "resourceAttributes": NODES})) == authz


@pytest.mark.parametrize(
    ("mode", "code", "cut"),
    [(Mode.BROKEN, 500, False), (Mode.DOWN, 0, True), (Mode.NOT_JSON, 200, False)],
)
def test_a_failing_service_says_nothing_and_leaves_the_other_alone(
    hook: Hook, mode: Mode, code: int, cut: bool
) -> None:
    hook.set_mode("authz", mode)

    answer = ask(hook, "/authz", {"user": DAVE})

    assert (answer.status, answer.cut) == (code, cut)
    assert b"apiVersion" not in answer.body
    assert status(ask(hook, "/authn", {"token": token_of(DAVE, "1")}))["authenticated"]


def test_reviews_are_logged_in_order_and_without_a_token(hook: Hook) -> None:
    token = token_of(DAVE, "1")
    hook.set_mode("authz", Mode.BROKEN)

    ask(hook, "/authn", {"token": token})
    ask(hook, "/authz", {"user": DAVE})

    first, second = hook.reviews()
    assert (first.service, first.code, first.spec) == ("authn", 200, {"token": fingerprint(token)})
    assert (second.service, second.code, second.status) == ("authz", 500, None)
    assert token not in str(hook.reviews())
    hook.clear_reviews()
    assert hook.reviews() == []


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'{"kind": "TokenReview"}', b'{"kind": "SubjectAccessReview"}'],
)
def test_what_is_no_review_is_refused_and_not_logged(hook: Hook, body: bytes) -> None:
    assert hook.answer(Request("POST", "/authn", {}, body)).status == 400
    assert hook.reviews() == []


def test_there_are_two_services(hook: Hook) -> None:
    assert ask(hook, "/elsewhere", {}).status == 404
    with pytest.raises(KeyError):
        hook.set_mode("elsewhere", Mode.OK)
