"""What a cluster answers about a token that nobody has; the texts are kube-apiserver's 1.36."""

from __future__ import annotations

import pytest

from cks_components.api.models import (
    AuthenticationWebhook,
    AuthorizationWebhook,
    Cluster,
    OidcConfig,
)
from cks_components.authentication import Rule, judge
from cks_components.diagnosis import control_plane
from cks_components.diagnosis.result import State
from cks_components.kubernetes.answers import AccessReview, Review

BLOCK = OidcConfig(issuer_url="https://idp.example.com", client_id="cks")
SIGNATURE = "oidc: verify token: failed to verify signature: failed to verify id token signature"
CLUSTER = Cluster(
    id="1",
    authn_webhook=AuthenticationWebhook(server="https://hook.example.com/authn"),
    authz_webhook=AuthorizationWebhook(server="https://hook.example.com/authz"),
)


def test_the_token_gets_as_far_as_the_signature_and_is_a_new_one_each_time() -> None:
    token = control_plane.unsigned_token(BLOCK)

    assert judge(token, BLOCK, now=1).rule is Rule.EXPIRED  # the check after the signature's
    assert token != control_plane.unsigned_token(BLOCK)


@pytest.mark.parametrize(
    ("reason", "state", "text"),
    [
        (f"[invalid bearer token, {SIGNATURE}]", State.FINE, "has read what the issuer publishes"),
        (
            "[invalid bearer token, oidc: authenticator not initialized]",
            State.WRONG,
            "has not read the discovery document of https://idp.example.com",
        ),
        (
            "[invalid bearer token, oidc: verify token: failed to verify signature: fetching keys "
            "oidc: get keys failed Get: EOF]",
            State.WRONG,
            "cannot read the keys of https://idp.example.com",
        ),
    ],
)
def test_the_control_plane_has_to_have_read_the_issuer(
    reason: str, state: State, text: str
) -> None:
    found = control_plane.issuer("east", BLOCK, Review(reason))

    assert found.state is state
    assert text in found.text


@pytest.mark.parametrize(
    ("reason", "state"),
    [
        ("[invalid bearer token, unknown token]", State.FINE),
        ('[invalid bearer token, Post "https://hook.example.com/authn": EOF]', State.WRONG),
        (
            '[invalid bearer token, an error on the server ("broken") has prevented the request from '
            "succeeding]",
            State.WRONG,
        ),
        ("[invalid bearer token, couldn't get version/kind; json parse error]", State.WRONG),
        ("", State.WRONG),
    ],
)
def test_an_authentication_webhook_has_to_answer_and_to_refuse(reason: str, state: State) -> None:
    found = control_plane.authentication_webhook("east", CLUSTER, Review(reason))

    assert found.state is state
    assert "https://hook.example.com/authn" in found.text


@pytest.mark.parametrize(
    ("review", "state"),
    [
        (AccessReview(is_allowed=False), State.FINE),
        (AccessReview(is_allowed=False, problem="EOF"), State.WRONG),
        (AccessReview(is_allowed=True), State.WARNING),
    ],
)
def test_an_authorization_webhook_has_to_decide(review: AccessReview, state: State) -> None:
    found = control_plane.authorization_webhook("east", CLUSTER, review)

    assert found.state is state
    assert "https://hook.example.com/authz" in found.text
