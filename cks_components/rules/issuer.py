"""Rules for the issuer URL: if one character differs, logins are refused without a reason."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cks_components.api.environment import shown
from cks_components.api.urls import host_of, parts_of, path_of
from cks_components.identity.hosted_providers import ENTRA_V1_HOST
from cks_components.identity.preset import GUID
from cks_components.identity.providers import service_account_issuer
from cks_components.rules.judged_block import JudgedBlock, at
from cks_components.rules.rule import ERROR, WARNING, Rule, Violation

_DISCOVERY = "/.well-known/"


def _form(judged: JudgedBlock) -> Iterator[Violation]:
    url = judged.oidc.issuer_url
    if url is None:
        return
    parts = parts_of(url)
    if parts is None:
        yield _violation(f'"{url}" is not a URL; copy "issuer" from the discovery document')
    elif parts.scheme != "https":
        yield _violation(
            f'"{shown(url)}" is not https, so kube-apiserver refuses it; write the value of "issuer" '
            "from the provider's discovery document"
        )
    elif not parts.hostname or any(c in "?#" or c.isspace() for c in url) or "@" in parts.netloc:
        yield _violation(
            'must have a host and no user, query, fragment or white space; copy "issuer" from the '
            "discovery document"
        )
    elif _DISCOVERY in url:
        yield _violation(f'contains the discovery path; write only the part before "{_DISCOVERY}"')


def _slash(judged: JudgedBlock) -> Iterator[Violation]:
    url = judged.oidc.issuer_url
    if url is None or _DISCOVERY in url:
        return
    wanted = judged.preset.slash_of(url)
    if wanted == "always" and not url.endswith("/"):
        yield _violation(
            f'{judged.preset.title} issuers end in "/"; without it every login fails with '
            f"401 and no reason; write {shown(url)}/"
        )
    elif wanted == "never" and url.endswith("/"):
        yield _violation(
            f'{judged.preset.title} issuers do not end in "/"; with it every login fails '
            f"with 401 and no reason; write {shown(url).rstrip('/')}"
        )


def _spelling(judged: JudgedBlock) -> Iterator[Violation]:
    parts = parts_of(judged.oidc.issuer_url)
    if parts is None or parts.scheme != "https" or "@" in parts.netloc:
        return
    usual = parts.netloc.lower().removesuffix(":443")
    if usual and usual != parts.netloc:
        yield _violation(
            f'has "{parts.netloc}", but it is compared byte for byte with the token\'s "iss", where '
            f'providers write "{usual}"; copy "issuer" from the discovery document'
        )


def _tenant(judged: JudgedBlock) -> Iterator[Violation]:
    url = judged.oidc.issuer_url
    if url is None or _DISCOVERY in url:
        return
    if judged.preset.provider != "entra" or not judged.preset.is_home_of(url):
        return
    host = host_of(url)
    version = [] if host == ENTRA_V1_HOST else ["v2.0"]
    tenant, *rest = path_of(url).strip("/").split("/")
    if not GUID.fullmatch(tenant):
        yield _violation(
            f'"{tenant}" never appears in a token; use the tenant\'s GUID, in lower case'
        )
    if rest != version:
        form = f"https://{host}/<tenant GUID>/{version[0] if version else ''}"
        yield _violation(f"is not an issuer of Entra; write {form}")


def _own_form(judged: JudgedBlock) -> Iterator[Violation]:
    text = _no_issuer(judged)
    if text:
        yield _violation(text)
    elif judged.preset.is_home_of(judged.oidc.issuer_url):
        yield from _wrong_path(judged)


def _usual_form(judged: JudgedBlock) -> Iterator[Violation]:
    is_reported_already = _no_issuer(judged) or judged.preset.is_home_of(judged.oidc.issuer_url)
    if not is_reported_already:
        yield from _wrong_path(judged)


def _no_issuer(judged: JudgedBlock) -> str:
    """Why a host is no issuer, and what to write instead; empty if nothing is known against it."""
    host = host_of(judged.oidc.issuer_url)
    return next((text for form, text in _NO_ISSUERS.items() if re.fullmatch(form, host)), "")


def _wrong_path(judged: JudgedBlock) -> Iterator[Violation]:
    url, preset = judged.oidc.issuer_url, judged.preset
    is_reported_already = url is None or _DISCOVERY in url or url.count("://") != 1
    if is_reported_already or preset.issuer_path is None:
        return
    if not preset.issuer_path.fullmatch(path_of(url)):
        form = preset.issuer.replace("`", "")
        yield _violation(f"is not an issuer of {preset.title}; write {form}")


def _own(judged: JudgedBlock) -> Iterator[Violation]:
    issuer = (judged.oidc.issuer_url or "").rstrip("/")
    if any(issuer == service_account_issuer(cluster.lower()) for cluster in judged.cluster_ids):
        yield _violation(
            "is the cluster's own issuer, and service accounts log in without it; write the issuer "
            "of your identity provider"
        )


def _one(judged: JudgedBlock) -> Iterator[Violation]:
    if (judged.oidc.issuer_url or "").count("://") > 1:
        yield _violation(ONE_ISSUER)


def _violation(text: str) -> Violation:
    return at("issuer_url", text)


_NO_ISSUERS = {
    r"github\.com": "is GitHub's web site, and GitHub issues no ID tokens to people; use a broker "
    "(Dex, Keycloak) that people log in to with GitHub, or for jobs write "
    "https://token.actions.githubusercontent.com",
    r"login\.windows\.net|login\.microsoft\.com": "is another name of Entra's log-in page, and no "
    "token has it; write https://login.microsoftonline.com/<tenant GUID>/v2.0",
    r".+-admin\.okta\.com": "is the console of Okta's administrators; write the same without "
    '"-admin"',
    r".+\.auth\.[^.]+\.amazoncognito\.com": "is the log-in page of an Amazon Cognito user pool, and "
    "its tokens name the pool; write https://cognito-idp.<region>.amazonaws.com/<user pool id>",
    r"cognito-identity\..+": "is an identity pool of Amazon Cognito, whose tokens are signed with "
    "RS512; use a user pool, https://cognito-idp.<region>.amazonaws.com/<user pool id>",
    r".+\.awsapps\.com|.+\.portal\.[^.]+\.app\.aws|oidc\.[^.]+\.amazonaws\.com|"
    r"portal\.sso\.[^.]+\.amazonaws\.com|identitycenter\.amazonaws\.com": "is AWS IAM Identity "
    "Center, which issues no ID tokens; add it as a SAML provider to a broker (Amazon Cognito, "
    "Dex, Keycloak), and write the broker's issuer",
}
"""Hosts that are taken for an issuer and are none, with what to write instead."""
ONE_ISSUER = (
    "a cluster trusts one issuer; use a broker (Dex, Keycloak), the authentication webhook, or "
    "service-account tokens for pipelines"
)
RULES: tuple[Rule[JudgedBlock], ...] = (
    Rule(
        "OIDC-01",
        "`issuerUrl` is an absolute `https` URL with a host, without user, query, fragment, white "
        "space or `/.well-known/`",
        ERROR,
        _form,
        is_waivable=False,
    ),
    Rule(
        "OIDC-02",
        "the issuer of a known provider ends in a slash or not, exactly as in its tokens",
        ERROR,
        _slash,
    ),
    Rule(
        "OIDC-02",
        "the issuer's host is in lower case and without the port 443, as in almost all tokens",
        WARNING,
        _spelling,
    ),
    Rule(
        "OIDC-03",
        "an Entra issuer names the tenant's GUID and the version of the tokens",
        ERROR,
        _tenant,
    ),
    Rule(
        "OIDC-03",
        "the issuer of a known provider has the path of its issuers, and its host issues ID tokens "
        "(not GitHub's web site, Cognito's log-in page, AWS IAM Identity Center)",
        ERROR,
        _own_form,
    ),
    Rule(
        "OIDC-03",
        "the same for a provider on another host, where the path can be set up (Keycloak, "
        "authentik, Zitadel, Auth0, Okta, Teleport)",
        WARNING,
        _usual_form,
    ),
    Rule(
        "OIDC-04",
        "the issuer is not that of the cluster's own service accounts, with or without a slash",
        ERROR,
        _own,
    ),
    Rule("OIDC-17", "a cluster trusts one issuer", ERROR, _one),
)
