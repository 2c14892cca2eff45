"""Rules for the scopes that a login requests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cks_components.api.models import OidcConfig
from cks_components.identity import login_scopes
from cks_components.identity.preset import Preset
from cks_components.rules.rule import ERROR, INFORMATION, WARNING, Rule, Violation

SCOPES = "extraScopes"
"""The key of a stack file that holds the scopes."""


@dataclass(frozen=True, kw_only=True)
class JudgedLogin:
    """The scopes that a login requests beside those of the preset, and from which provider."""

    scopes: Sequence[str]
    oidc: OidcConfig
    preset: Preset


def _refused(login: JudgedLogin) -> Iterator[Violation]:
    yield from _judged(login, is_certain=True)


def _doubtful(login: JudgedLogin) -> Iterator[Violation]:
    yield from _judged(login, is_certain=False)


def _judged(login: JudgedLogin, *, is_certain: bool) -> Iterator[Violation]:
    if not login.preset.people_log_in:
        return
    for index, scope in enumerate(login.scopes):
        found = login_scopes.refused(login.preset, login.oidc.issuer_url, scope)
        if found is not None and found.is_certain is is_certain:
            yield Violation(f"{SCOPES}[{index}]", f'"{scope}" {found.text}')


def _unrequested_groups(login: JudgedLogin) -> Iterator[Violation]:
    if not login.preset.people_log_in or not login.preset.unrequested_groups:
        return
    if login.oidc.groups_claim is not None and not login.scopes:
        yield Violation("groupsClaim", login.preset.unrequested_groups)


RULES: tuple[Rule[JudgedLogin], ...] = (
    Rule(
        "OIDC-26",
        "`extraScopes` holds only scopes that the provider accepts (Google, Okta, Entra, Dex, "
        "GitLab, OneLogin)",
        ERROR,
        _refused,
    ),
    Rule(
        "OIDC-26",
        "the same, where an administrator can add scopes (Okta's custom authorization servers, "
        "Amazon Cognito), and for two scopes in one entry",
        WARNING,
        _doubtful,
    ),
    Rule(
        "OIDC-26",
        "whether the groups need a scope that log-ins do not ask for (Okta's custom authorization "
        "servers)",
        INFORMATION,
        _unrequested_groups,
    ),
)
