"""The identity providers: which preset applies to what is configured.

The rules, the kubeconfigs and the documentation take what they know of a provider from here and do
not repeat it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from cks_components.api.models import OidcConfig
from cks_components.api.urls import host_of, path_of
from cks_components.identity import hosted_providers, pipeline_issuers, self_hosted_providers
from cks_components.identity.preset import CLAIMS_OF_JOBS, CLAIMS_OF_PEOPLE, Preset, Provider

_SERVICE_ACCOUNT_ISSUER = "https://oidc.cks.coreweave.com/id/"
_GITHUB_JOBS = re.compile(r"https://(token\.actions\.[^/]+(/[^/]+)?|[^/]+/_services/token)/?")
_APPLICATION_ID = re.compile(r"[0-9a-f]{64}")
"""The id of an application at GitLab; jobs have an audience that somebody chose."""
_JOB_CLAIMS = (
    *CLAIMS_OF_JOBS,
    "ref",
    "ref_type",
    "environment",
    "job_workflow_ref",
    "ci_config_ref_uri",
    "pipeline_source",
    "user_login",  # who started the pipeline, at GitLab
    "user_email",
    "user_id",
)
_USER_CLAIMS = (*CLAIMS_OF_PEOPLE, "name", "nickname")
_GROUPS_CLAIM = re.compile(r"groups(_direct)?|https://gitlab\.org/claims/groups/.+")

_ALL: tuple[Preset, ...] = (
    hosted_providers.GOOGLE,
    hosted_providers.OKTA,
    hosted_providers.ENTRA,
    self_hosted_providers.KEYCLOAK,
    hosted_providers.AUTH0,
    self_hosted_providers.DEX,
    *pipeline_issuers.PRESETS,
    hosted_providers.COGNITO,
    hosted_providers.JUMPCLOUD,
    hosted_providers.ONELOGIN,
    self_hosted_providers.PINGFEDERATE,
    self_hosted_providers.AUTHENTIK,
    self_hosted_providers.ZITADEL,
    self_hosted_providers.GENERIC,
)

PRESETS: Mapping[Provider, Preset] = {p.provider: p for p in _ALL}
"""The preset of each provider, in the order of the documentation."""


class Variant(NamedTuple):
    """Another preset of a provider, for identities that are configured in another way."""

    preset: Preset
    applies: Callable[[OidcConfig], bool]


def preset(provider: Provider, oidc: OidcConfig) -> Preset:
    """The preset of an identity: its provider by the issuer's host, else by its name.

    What else is configured then decides between the presets of one provider: people or jobs at
    GitLab, the kind of server at Okta, the version of the tokens at Entra.
    """
    home = next((p for p in PRESETS.values() if p.is_home_of(oidc.issuer_url)), None)
    found = home or PRESETS[provider]
    if found.provider == "github" and home is None and _is_broker_of_people(oidc):
        return PRESETS["generic"]
    variants = (
        v.preset for v in VARIANTS if v.preset.provider == found.provider and v.applies(oidc)
    )
    return next(variants, found)


def every_preset() -> list[Preset]:
    """All presets, each provider's variants after its first."""
    return [
        each
        for first in PRESETS.values()
        for each in (first, *(v.preset for v in VARIANTS if v.preset.provider == first.provider))
    ]


def _is_broker_of_people(oidc: OidcConfig) -> bool:
    """Whether an identity that names GitHub is really a broker, where people log in with GitHub."""
    is_github = bool(_GITHUB_JOBS.fullmatch(oidc.issuer_url or ""))
    return not is_github and oidc.issuer_url is not None and _names_people(oidc)


def service_account_issuer(cluster_id: str) -> str:
    """The issuer of a cluster's own service accounts (the API does not return it)."""
    return f"{_SERVICE_ACCOUNT_ISSUER}{cluster_id}"


def _names_jobs(oidc: OidcConfig) -> bool:
    required = (oidc.required_claim or "").partition("=")[0].strip()
    return oidc.username_claim in _JOB_CLAIMS or required in _JOB_CLAIMS


def _names_people(oidc: OidcConfig) -> bool:
    is_of_people = _GROUPS_CLAIM.fullmatch(oidc.groups_claim or "")
    return not _names_jobs(oidc) and (
        oidc.username_claim in _USER_CLAIMS or is_of_people is not None
    )


def _is_application(oidc: OidcConfig) -> bool:
    is_id = _APPLICATION_ID.fullmatch(oidc.client_id or "")
    return _names_people(oidc) or (is_id is not None and not _names_jobs(oidc))


def _is_custom_server(oidc: OidcConfig) -> bool:
    return "/oauth2/" in path_of(oidc.issuer_url)


def _is_v1(oidc: OidcConfig) -> bool:
    return host_of(oidc.issuer_url) == hosted_providers.ENTRA_V1_HOST


VARIANTS: tuple[Variant, ...] = (
    Variant(hosted_providers.OKTA_CUSTOM, _is_custom_server),
    Variant(hosted_providers.ENTRA_V1, _is_v1),
    Variant(self_hosted_providers.GITLAB, _is_application),
)
"""The presets of a provider that has several; the first that applies is taken."""
