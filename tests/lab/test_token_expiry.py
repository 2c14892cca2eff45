"""A pipeline's token at its end: kube-apiserver refuses it, and says why to an administrator only."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import jwt

if TYPE_CHECKING:
    from tests.lab.conftest import Lab

KEY = "cluster/service-account.key"
LIFE_SECONDS = 15
LEEWAY_SECONDS = 60
"""For how long kube-apiserver takes a service account's token after its end; an OIDC token has none."""


def about_to_expire(lab: Lab) -> str:
    """A token as kube-apiserver mints it, but for its end: ten minutes is the least it grants."""
    account = "/api/v1/namespaces/default/serviceaccounts/default"
    lab.eventually(lambda: lab.get(lab.host, account, lab.token).status_code == 200)
    minted = lab.service_account_token()
    claims: dict[str, Any] = jwt.decode(minted, options={"verify_signature": False})
    key = (lab.state.folder / KEY).read_text()
    headers = {"kid": jwt.get_unverified_header(minted)["kid"]}
    # Its end has passed, so that the leeway does not have to be waited for.
    soon = claims | {"exp": int(time.time()) + LIFE_SECONDS - LEEWAY_SECONDS}
    return jwt.encode(soon, key, algorithm="RS256", headers=headers)


def test_a_token_that_has_expired_is_refused_with_the_reason(lab: Lab) -> None:
    token = about_to_expire(lab)
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview"}
    path = "/apis/authentication.k8s.io/v1/tokenreviews"

    assert lab.who(token).status_code == 201
    # What was accepted once is remembered for ten seconds.
    lab.eventually(lambda: lab.who(token).status_code == 401)

    answer = lab.post(lab.host, path, lab.token, review | {"spec": {"token": token}})
    assert "expired" in answer.json()["status"]["error"]
