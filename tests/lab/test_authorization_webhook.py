"""kube-apiserver asks the authorization webhook about every request that RBAC does not allow."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import TYPE_CHECKING

import httpx
import pytest

from lab.webhook import hook
from lab.webhook.reviews import DAVE, MALLORY, Mode, token_of

if TYPE_CHECKING:
    from tests.lab.conftest import Lab

SERVER = f"{hook.URL}/authz"
BLOCKS = {"authnWebhook": {"server": f"{hook.URL}/authn"}, "authzWebhook": {"server": SERVER}}
NODES = "/api/v1/nodes"
SECRETS = "/api/v1/namespaces/default/secrets"
CONFIGMAPS = "/api/v1/namespaces/default/configmaps"
FAILING = [Mode.BROKEN, Mode.DOWN, Mode.NOT_JSON]


@pytest.fixture(scope="module")
def configured(lab: Lab) -> Iterator[Lab]:
    lab.configure(**BLOCKS)
    yield lab
    lab.configure(authnWebhook=None, authzWebhook=None)


@pytest.fixture
def hooked(configured: Lab) -> Iterator[Lab]:
    """A cluster that asks the webhook who comes in and what they may, and one that behaves."""
    configured.control.clear_reviews()
    yield configured
    configured.control.set_webhook("authz", Mode.OK)


def get(lab: Lab, path: str, user: str = DAVE) -> httpx.Response:
    """Ask as a user of the webhook what kube-apiserver remembers no review of."""
    # The selector is part of a review, so that a new one makes another review.
    path = f"{path}?labelSelector=occasion={secrets.token_hex(4)}"
    return lab.get(f"api.{lab.host}", path, token_of(user, secrets.token_hex(4)))


def test_what_the_webhook_allows_is_allowed_without_a_role(hooked: Lab) -> None:
    assert get(hooked, NODES).status_code == 200

    (review,) = hooked.control.reviews("authz")
    assert review.api_version == "authorization.k8s.io/v1"
    assert review.spec["user"] == DAVE
    assert review.spec["groups"] == ["hook:on-call", "system:authenticated"]
    assert review.spec["resourceAttributes"]["resource"] == "nodes"


def test_without_an_opinion_it_is_forbidden_and_the_reason_is_told(hooked: Lab) -> None:
    answer = get(hooked, SECRETS)

    assert answer.status_code == 403
    assert f'User "{DAVE}" cannot list resource "secrets"' in answer.json()["message"]
    assert "not on call" in answer.json()["message"]


def test_who_has_a_role_is_never_asked_about(hooked: Lab) -> None:
    with hooked.role(DAVE, "view"):
        hooked.eventually(lambda: get(hooked, CONFIGMAPS).status_code == 200)
        hooked.control.clear_reviews()

        for mode in Mode:
            hooked.control.set_webhook("authz", mode)
            assert get(hooked, CONFIGMAPS).status_code == 200

        assert hooked.control.reviews("authz") == []


def test_a_denial_does_not_stand_before_a_role_because_rbac_comes_first(hooked: Lab) -> None:
    hooked.eventually(lambda: get(hooked, CONFIGMAPS, MALLORY).status_code == 403)
    assert "barred by the webhook" in get(hooked, CONFIGMAPS, MALLORY).json()["message"]

    with hooked.role(MALLORY, "view"):
        hooked.eventually(lambda: get(hooked, CONFIGMAPS, MALLORY).status_code == 200)


@pytest.mark.parametrize("mode", FAILING)
def test_a_webhook_that_fails_is_a_500_in_plain_text_for_who_has_no_role(
    hooked: Lab, mode: Mode
) -> None:
    hooked.control.set_webhook("authz", mode)

    answer = get(hooked, NODES)

    assert answer.status_code == 500
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text.startswith("Internal Server Error")


@pytest.mark.parametrize("mode", FAILING)
def test_a_webhook_that_recovers_is_a_403_again(hooked: Lab, mode: Mode) -> None:
    hooked.control.set_webhook("authz", mode)
    assert get(hooked, SECRETS).status_code == 500

    hooked.control.set_webhook("authz", Mode.OK)

    assert get(hooked, SECRETS).status_code == 403
    assert get(hooked, NODES).status_code == 200


@pytest.mark.parametrize("mode", [*FAILING, Mode.REFUSE, Mode.DENY_ALL])
def test_through_the_managed_endpoint_a_role_repairs_what_the_webhook_broke(
    hooked: Lab, mode: Mode
) -> None:
    hooked.control.set_webhook("authz", mode)
    hooked.eventually(lambda: get(hooked, CONFIGMAPS).status_code in (403, 500))

    with hooked.role(DAVE, "view"):
        hooked.eventually(lambda: get(hooked, CONFIGMAPS).status_code == 200)


@pytest.mark.parametrize("mode", [Mode.BROKEN, Mode.DENY_ALL])
def test_a_webhook_that_bars_people_can_be_removed_with_the_coreweave_token(
    hooked: Lab, mode: Mode
) -> None:
    hooked.configure(**BLOCKS)
    hooked.control.set_webhook("authz", mode)
    barred = get(hooked, SECRETS)
    assert barred.status_code == 500 or "barred by the webhook" in barred.text
    hooked.control.clear_reviews()

    hooked.patch("authzWebhook.ca,authzWebhook.server")
    hooked.settle()

    answer = get(hooked, SECRETS)
    assert answer.status_code == 403
    assert "webhook" not in answer.json()["message"]
    assert hooked.control.reviews("authz") == []
