"""Rules for the issuer URL: if one character differs, logins are refused without a reason."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import SplitResult, urlsplit

from cks_components.identity.providers import host_of, service_account_issuer
from cks_components.rules.judged_block import JudgedBlock, at
from cks_components.rules.rule import ERROR, Rule, Violation

GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DISCOVERY = "/.well-known/"
_V1_HOST = "sts.windows.net"


def _form(judged: JudgedBlock) -> Iterator[Violation]:
    url = judged.oidc.issuer_url
    if url is None:
        return
    parts = _split(url)
    if parts is None:
        yield _violation(f'"{url}" is not a URL; copy "issuer" from the discovery document')
    elif parts.scheme != "https":
        shown = url if "@" not in parts.netloc else f"{parts.scheme}://…"
        yield _violation(
            f'"{shown}" is not https, so kube-apiserver refuses it; write the value of "issuer" '
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
            f"401 and no reason; write {url}/"
        )
    elif wanted == "never" and url.endswith("/"):
        yield _violation(
            f'{judged.preset.title} issuers do not end in "/"; with it every login fails '
            f"with 401 and no reason; write {url.rstrip('/')}"
        )


def _tenant(judged: JudgedBlock) -> Iterator[Violation]:
    url = judged.oidc.issuer_url
    if url is None or _DISCOVERY in url:
        return
    if judged.preset.provider != "entra" or not judged.preset.is_home_of(url):
        return
    host = host_of(url)
    version = [] if host == _V1_HOST else ["v2.0"]
    tenant, *rest = urlsplit(url).path.strip("/").split("/")
    if not GUID.fullmatch(tenant):
        yield _violation(
            f'"{tenant}" never appears in a token; use the tenant\'s GUID, in lower case'
        )
    if rest != version:
        form = f"https://{host}/<tenant GUID>/{version[0] if version else ''}"
        yield _violation(f"is not an issuer of Entra; write {form}")


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


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


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
        "OIDC-03",
        "an Entra issuer names the tenant's GUID and the version of the tokens",
        ERROR,
        _tenant,
    ),
    Rule(
        "OIDC-04",
        "the issuer is not that of the cluster's own service accounts, with or without a slash",
        ERROR,
        _own,
    ),
    Rule("OIDC-17", "a cluster trusts one issuer", ERROR, _one),
)
