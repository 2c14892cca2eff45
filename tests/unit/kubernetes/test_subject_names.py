"""Effective names as kube-apiserver makes them."""

from __future__ import annotations

import pytest

from cks_components.api.models import OidcConfig
from cks_components.kubernetes import subject_names

GOOD = {"issuerUrl": "https://idp.example.com", "clientId": "cks"}


def oidc(**leaves: object) -> OidcConfig:
    return OidcConfig.model_validate(GOOD | leaves)


@pytest.mark.parametrize(
    ("leaves", "user"),
    [
        ({}, "https://idp.example.com#u"),
        ({"usernameClaim": "email"}, "u"),
        ({"usernameClaim": "Email"}, "https://idp.example.com#u"),
        ({"usernameClaim": "sub", "usernamePrefix": "-"}, "u"),
        ({"usernameClaim": "sub", "usernamePrefix": "okta:"}, "okta:u"),
        ({"usernameClaim": "email", "usernamePrefix": "corp#"}, "corp#u"),
    ],
    ids=[
        "unset is the issuer",
        "email is bare",
        "case counts",
        "dash is none",
        "of sub",
        "of email",
    ],
)
def test_user_names_have_the_prefix_of_kube_apiserver(leaves: dict[str, str], user: str) -> None:
    assert subject_names.user(oidc(**leaves), "u") == user


def test_group_names_take_the_prefix_as_it_is() -> None:
    assert subject_names.group(oidc(groupsPrefix="-"), "ml") == "-ml"
    assert subject_names.group(oidc(groupsPrefix="okta:"), "ml") == "okta:ml"
    assert subject_names.group(oidc(), "ml") == "ml"


def test_where_the_block_is_left_alone_names_are_those_that_rbac_sees() -> None:
    assert subject_names.user(OidcConfig(), "okta:alice") == "okta:alice"
    assert subject_names.group(OidcConfig(), "okta:ml") == "okta:ml"
