"""What a changed block means for those who log in."""

from __future__ import annotations

from typing import Any

import pytest

from cks_components.access.login_change import changes
from cks_components.api.models import OidcConfig

BLOCK: dict[str, Any] = {
    "issuerUrl": "https://idp.example.com",
    "clientId": "cks",
    "usernameClaim": "email",
}


def oidc(**leaves: Any) -> OidcConfig:
    return OidcConfig.model_validate(BLOCK | leaves)


CHANGED: dict[str, tuple[Any, str | None, str | None]] = {
    "issuerUrl": ("https://b", "https://idp.example.com", "https://b"),
    "clientId": ("k8s", "cks", "k8s"),
    "usernamePrefix": ("okta:", None, "okta:"),
    "groupsClaim": ("groups", None, "groups"),
    "groupsPrefix": ("okta:", None, "okta:"),
    "ca": ("PEM", None, "sha256:384fb9a44fab"),
    "requiredClaim": ("hd=example.com", None, "hd=example.com"),
    "signingAlgorithms": (["RS256", "ES256"], "RS256", "ES256, RS256"),
}


@pytest.mark.parametrize("leaf", CHANGED)
def test_a_leaf_that_changes_is_told_with_both_values(leaf: str) -> None:
    value, before, after = CHANGED[leaf]

    (found,) = changes(oidc(), oidc(**{leaf: value}))

    assert (found.leaf, found.before, found.after) == (leaf, before, after)
    assert found.consequence


def test_another_claim_changes_the_prefix_that_is_not_written_too() -> None:
    found = changes(oidc(), oidc(usernameClaim="sub"))

    assert [(c.leaf, c.after) for c in found] == [
        ("usernameClaim", "sub"),
        ("usernamePrefix", "https://idp.example.com#"),
    ]


def test_a_default_that_is_written_out_changes_nothing() -> None:
    short = OidcConfig.model_validate({"issuerUrl": "https://a", "clientId": "c"})
    long = {"usernameClaim": "sub", "usernamePrefix": "https://a#", "signingAlgorithms": ["RS256"]}

    assert changes(short, OidcConfig.model_validate(short.wire() | long)) == ()
    assert changes(oidc(), oidc(usernamePrefix="-")) == ()


def test_every_leaf_has_a_consequence_but_the_one_that_is_a_grant() -> None:
    nothing = OidcConfig()
    everything = oidc(usernameClaim="y", **{leaf: value for leaf, (value, _, _) in CHANGED.items()})

    found = {change.leaf for change in changes(nothing, everything)}

    assert found == set(OidcConfig.leaves().values()) - {"adminGroupBinding"}
