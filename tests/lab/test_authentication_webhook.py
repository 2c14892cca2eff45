"""kube-apiserver asks the authentication webhook, and only the webhook's own users need it."""

from __future__ import annotations

import base64
import secrets
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from lab.authority import Authority
from lab.issuer import provider
from lab.webhook import hook
from lab.webhook.reviews import DAVE, Mode, token_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lab.conftest import Lab

OIDC = {"issuerUrl": provider.URL, "clientId": provider.CLIENT, "usernameClaim": "email"}
SERVER = f"{hook.URL}/authn"
ALICE = "alice@example.com"
REVIEWS = "/apis/authentication.k8s.io/v1/tokenreviews"


def ca_in(path: Path) -> str:
    """A PEM file as the API wants it."""
    return base64.b64encode(path.read_bytes()).decode()


def unseen() -> str:
    """A token of dave that kube-apiserver remembers nothing about."""
    return token_of(DAVE, secrets.token_hex(4))


def why(lab: Lab, token: str) -> str:
    """The reason of a refusal, which only an administrator learns."""
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview"}
    answer = lab.post(lab.host, REVIEWS, lab.token, body | {"spec": {"token": token}})
    error: str = answer.json()["status"].get("error", "")
    return error


@pytest.fixture(scope="module")
def configured(lab: Lab) -> Iterator[Lab]:
    block = {"server": SERVER, "ca": ca_in(lab.state.authority / "ca.pem")}
    lab.configure(oidc=OIDC, authnWebhook=block)
    yield lab
    lab.configure(oidc=None, authnWebhook=None)


@pytest.fixture
def hooked(configured: Lab) -> Iterator[Lab]:
    """A cluster that trusts the issuer and the webhook, and a webhook that behaves."""
    configured.control.clear_reviews()
    yield configured
    configured.control.set_webhook("authn", Mode.OK)


def test_a_token_that_the_webhook_accepts_is_whom_it_says(hooked: Lab) -> None:
    answer = hooked.who(unseen())

    assert answer.status_code == 201, answer.text
    user = answer.json()["status"]["userInfo"]
    assert user["username"] == DAVE
    assert user["uid"] == "42"
    assert user["groups"] == ["hook:on-call", "system:authenticated"]
    assert user["extra"] == {"example.com/team": ["blue"]}


def test_the_log_of_reviews_names_a_token_without_showing_it(hooked: Lab) -> None:
    token = unseen()

    hooked.who(token)

    (review,) = hooked.control.reviews("authn")
    assert review.api_version == "authentication.k8s.io/v1"
    assert review.spec["token"] == hook.fingerprint(token)
    assert review.status is not None
    assert review.status["authenticated"] is True
    assert token not in str(hooked.control.reviews("authn"))


def test_a_token_that_the_webhook_refuses_is_refused_with_its_reason(hooked: Lab) -> None:
    token = f"nobody.{secrets.token_hex(4)}"

    assert hooked.who(token).status_code == 401
    assert "unknown token" in why(hooked, token)


def test_a_refusal_with_a_reason_is_not_remembered(hooked: Lab) -> None:
    token = unseen()
    hooked.control.set_webhook("authn", Mode.REFUSE)
    assert hooked.who(token).status_code == 401

    hooked.control.set_webhook("authn", Mode.OK)

    assert hooked.who(token).status_code == 201


def test_an_expired_token_of_the_issuer_is_shown_to_the_webhook(hooked: Lab) -> None:
    expired = hooked.control.mint(ALICE, claims={"exp": int(time.time()) - 60})

    assert hooked.who(expired).status_code == 401

    asked = [review.spec["token"] for review in hooked.control.reviews("authn")]
    assert asked == [hook.fingerprint(expired)]


@pytest.mark.parametrize("mode", [Mode.BROKEN, Mode.DOWN, Mode.NOT_JSON, Mode.DENY_ALL])
def test_a_webhook_that_fails_hurts_nobody_but_its_own_users(hooked: Lab, mode: Mode) -> None:
    token = unseen()
    hooked.eventually(lambda: hooked.who(hooked.control.mint(ALICE)).status_code == 201)

    hooked.control.set_webhook("authn", mode)

    assert hooked.who(token).status_code == 401
    assert hooked.who(hooked.control.mint(ALICE)).status_code == 201
    assert hooked.who(hooked.service_account_token()).status_code == 201
    hooked.control.set_webhook("authn", Mode.OK)
    assert hooked.who(token).status_code == 201


def test_a_webhook_that_answers_500_is_asked_five_times(hooked: Lab) -> None:
    hooked.control.set_webhook("authn", Mode.BROKEN)

    hooked.who(unseen())

    assert [review.code for review in hooked.control.reviews("authn")] == [500] * 5


@pytest.mark.parametrize("mode", [Mode.BROKEN, Mode.DOWN, Mode.NOT_JSON, Mode.DENY_ALL])
def test_the_managed_endpoint_never_asks_the_webhook(hooked: Lab, mode: Mode) -> None:
    hooked.control.set_webhook("authn", mode)

    with hooked.role("lab:repaired", "view"):
        pass

    assert hooked.control.reviews("authn") == []


def test_without_a_ca_the_roots_of_the_system_count(hooked: Lab) -> None:
    hooked.configure(authnWebhook={"server": SERVER})

    assert hooked.who(unseen()).status_code == 201


def test_with_a_ca_that_does_not_match_no_token_of_the_webhook_is_accepted(
    hooked: Lab, tmp_path: Path
) -> None:
    foreign = ca_in(Authority(tmp_path).certificate)
    token = unseen()

    hooked.configure(authnWebhook={"server": SERVER, "ca": foreign})

    assert hooked.who(token).status_code == 401
    assert "certificate signed by unknown authority" in why(hooked, token)
    assert hooked.control.reviews("authn") == []


def test_a_ca_that_is_no_certificate_is_said_to_keep_kube_apiserver_from_starting(
    hooked: Lab,
) -> None:
    hooked.configure(authnWebhook={"server": SERVER, "ca": "bm90IGEgY2VydGlmaWNhdGU="})

    followed = hooked.control.followed()
    assert followed is not None
    assert "unable to load root certificates" in followed.problem
    assert hooked.who(hooked.service_account_token()).status_code == 201


def test_a_broken_webhook_can_be_removed_with_the_coreweave_token(hooked: Lab) -> None:
    hooked.configure(authnWebhook={"server": SERVER})
    hooked.control.set_webhook("authn", Mode.BROKEN)
    token = unseen()
    assert hooked.who(token).status_code == 401
    hooked.control.clear_reviews()

    hooked.patch("authnWebhook.ca,authnWebhook.server")
    hooked.settle()

    followed = hooked.control.followed()
    assert followed is not None
    assert set(followed.blocks) == {"oidc"}
    assert hooked.who(token).status_code == 401
    assert hooked.control.reviews("authn") == []
