"""Presets: which one an issuer has, and what they agree in."""

from __future__ import annotations

from typing import get_args

import pytest

from cks_components.api.models import OidcConfig
from cks_components.identity.login_scopes import refused, requested
from cks_components.identity.preset import REDIRECT_URIS, Preset, Provider
from cks_components.identity.providers import PRESETS, every_preset, preset


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
    assert preset("dex", OidcConfig(issuer_url=issuer)).provider == provider


GITLAB = {"issuerUrl": "https://gitlab.com", "clientId": "cks"}
BROKER = {"issuerUrl": "https://dex.example.com", "clientId": "cks"}
NAMED_BY_ADDRESS = {"usernameClaim": "email"}
NAMED_BY_GROUPS = {"usernameClaim": "sub", "groupsClaim": "groups_direct"}


def configured(provider: Provider, *parts: dict[str, str]) -> Preset:
    leaves = {key: value for part in parts for key, value in part.items()}
    return preset(provider, OidcConfig.model_validate(leaves))


@pytest.mark.parametrize(
    "leaves",
    [
        NAMED_BY_ADDRESS,
        {"usernameClaim": "preferred_username"},
        {"usernameClaim": "nickname"},
        NAMED_BY_GROUPS,
        {"groupsClaim": "groups"},
        {"groupsClaim": "https://gitlab.org/claims/groups/owner"},
        {"clientId": "606cbeb444aad14ab3123cd80a938b08254245a6fcf09da3b9d623b3ccca4984"},
    ],
    ids=str,
)
@pytest.mark.parametrize("provider", ["gitlab", "generic"])
def test_people_log_in_with_gitlab_where_the_claims_are_those_of_people(
    provider: Provider, leaves: dict[str, str]
) -> None:
    known = configured(provider, GITLAB, leaves)

    assert (known.title, known.people_log_in) == ("GitLab", True)
    assert configured("gitlab", BROKER, leaves) is known  # a GitLab of one's own


@pytest.mark.parametrize(
    "leaves",
    [
        {},
        {"usernameClaim": "sub"},
        {"usernameClaim": "project_path"},
        NAMED_BY_GROUPS | {"usernameClaim": "user_email"},
        NAMED_BY_GROUPS | {"requiredClaim": "namespace_id=72"},
        {"clientId": "6" * 64, "requiredClaim": "project_id = 7"},
    ],
    ids=str,
)
def test_jobs_log_in_with_gitlab_where_the_claims_are_those_of_jobs(
    leaves: dict[str, str],
) -> None:
    known = configured("gitlab", GITLAB, leaves)

    assert (known.title, known.people_log_in) == ("GitLab CI", False)


@pytest.mark.parametrize("leaves", [NAMED_BY_ADDRESS, {"groupsClaim": "groups"}], ids=str)
def test_people_who_log_in_with_github_through_a_broker_are_people(leaves: dict[str, str]) -> None:
    assert configured("github", BROKER, leaves).people_log_in
    assert configured("dex", BROKER, leaves).title == "Dex"


@pytest.mark.parametrize(
    "issuer",
    [
        "https://token.actions.githubusercontent.com",
        "https://token.actions.githubusercontent.com/acme",
        "https://token.actions.acme.ghe.com",
        "https://ghes.example.com/_services/token",
    ],
)
def test_an_issuer_of_github_actions_has_no_people_whatever_the_claims_say(issuer: str) -> None:
    assert not configured("github", {"issuerUrl": issuer}, NAMED_BY_ADDRESS).people_log_in


@pytest.mark.parametrize(
    ("issuer", "scopes"),
    [
        ("https://acme.okta.com", ("email", "groups", "offline_access", "own")),
        ("https://acme.okta.com/oauth2/default", ("email", "offline_access", "own")),
        ("https://login.acme.example/oauth2/aus1", ("email", "offline_access", "own")),
        ("https://accounts.google.com", ("email", "own")),  # Google refuses those of Okta
    ],
)
def test_a_log_in_asks_for_the_scopes_of_the_server_that_it_goes_to(
    issuer: str, scopes: tuple[str, ...]
) -> None:
    assert requested("okta", OidcConfig(issuer_url=issuer), ["email", "own"]) == scopes


def test_a_log_in_asks_an_unnamed_provider_for_no_more_than_the_address() -> None:
    okta = OidcConfig(issuer_url="https://acme.okta.com")

    assert requested("generic", okta, []) == ("email",)


def test_a_new_preset_says_where_its_facts_come_from() -> None:
    without = {known.name for known in every_preset() if not known.sources}

    assert without == {"google", "keycloak", "auth0", "dex", "generic"}


def test_only_where_people_log_in_there_are_redirect_uris_to_register() -> None:
    registered = {name for name, known in PRESETS.items() if known.redirect_uris == REDIRECT_URIS}

    assert set(PRESETS) - registered == {"github", "gitlab", "teleport"}
    assert PRESETS["github"].redirect_uris == ()


def test_a_provider_that_sends_no_groups_at_all_is_known() -> None:
    assert {name for name, known in PRESETS.items() if not known.sends_groups} == {"google"}


@pytest.mark.parametrize("known", every_preset(), ids=lambda known: known.name)
def test_a_provider_is_never_asked_for_a_scope_that_it_refuses(known: Preset) -> None:
    home = next(iter(known.hosts), "idp.example.com").replace("*", "acme")

    assert [s for s in known.scopes if refused(known, f"https://{home}", s)] == []
