"""Presets: which one an issuer has, and what they agree in."""

from __future__ import annotations

from typing import get_args

import pytest

from cks_components.identity.providers import PRESETS, REDIRECT_URIS, Provider, preset


def test_every_provider_has_a_preset() -> None:
    assert set(PRESETS) == set(get_args(Provider))
    assert all(name == known.provider for name, known in PRESETS.items())


@pytest.mark.parametrize(
    ("issuer", "provider"),
    [
        ("https://accounts.google.com", "google"),
        ("https://acme.okta.com/oauth2/default", "okta"),
        ("https://ACME.EU.Auth0.com/", "auth0"),
        ("https://sts.windows.net/x/", "entra"),
        ("https://gitlab.com", "gitlab"),
        ("https://okta.com.example.org", "dex"),
        ("https://notokta.com", "dex"),
        ("https://[broken", "dex"),
        (None, "dex"),
    ],
)
def test_a_host_of_its_own_names_the_provider_whatever_the_stack_says(
    issuer: str | None, provider: str
) -> None:
    assert preset("dex", issuer).provider == provider


def test_only_where_people_log_in_there_are_redirect_uris_to_register() -> None:
    registered = {name for name, known in PRESETS.items() if known.redirect_uris == REDIRECT_URIS}

    assert set(PRESETS) - registered == {"github", "gitlab"}
    assert PRESETS["github"].redirect_uris == ()


def test_a_provider_that_sends_no_groups_at_all_is_known() -> None:
    assert {name for name, known in PRESETS.items() if not known.sends_groups} == {"google"}


def test_google_is_never_asked_for_a_scope_that_it_refuses() -> None:
    assert "offline_access" not in PRESETS["google"].scopes
