"""Rules that an OIDC block must keep before it is sent; the API itself checks next to nothing.

Pure functions of values; nothing here touches a network.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from cks_components.api.models import ALGORITHM_PREFIX, OidcConfig, read_certificates

LEAVES = OidcConfig.leaves()
SUPPORTED_ALGORITHMS = (f"{ALGORITHM_PREFIX}RS256",)


def findings(oidc: OidcConfig) -> list[str]:
    """Return every broken rule as `leaf: what is wrong, what to write`; empty where all is well."""
    if oidc.is_unset:
        return []
    return [
        *_half_a_block(oidc),
        *_issuer(oidc.issuer_url),
        *_ca(oidc.ca),
        *_required_claim(oidc.required_claim),
        *_algorithms(oidc),
        *_system_names(oidc),
    ]


def _half_a_block(oidc: OidcConfig) -> Iterator[str]:
    for name in ("issuer_url", "client_id"):
        value = getattr(oidc, name)
        if value is None:
            yield (
                f"{LEAVES[name]}: is missing; the API accepts half a block, kube-apiserver does "
                "not: write the issuer and the client id, both"
            )
        elif value != value.strip():
            yield f"{LEAVES[name]}: has a space in front or behind; remove it"


def _issuer(url: str | None) -> Iterator[str]:
    if url is None:
        return
    leaf = LEAVES["issuer_url"]
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        yield f'{leaf}: "{url}" is not a URL; copy "issuer" from the discovery document'
        return
    if parts.scheme != "https":
        shown = url if not parts.username else f"{parts.scheme}://…"
        yield (
            f'{leaf}: "{shown}" is not https; kube-apiserver refuses it. Write the value of '
            '"issuer" from the provider\'s discovery document'
        )
    elif not host or parts.username or parts.query or parts.fragment or any(map(str.isspace, url)):
        yield (
            f"{leaf}: must have a host and no user, query, fragment or white space; copy "
            '"issuer" from the discovery document'
        )
    elif "/.well-known/" in url:
        yield f'{leaf}: ends in the discovery path; write what stands before "/.well-known/"'


def _ca(ca: str | None) -> Iterator[str]:
    if ca is not None and not read_certificates(ca):
        yield (
            f"{LEAVES['ca']}: holds no certificate; paste the PEM text of the authority that "
            "signed the issuer's TLS certificate"
        )


def _required_claim(claim: str | None) -> Iterator[str]:
    if claim is not None:
        key, equals, _value = claim.partition("=")
        if not equals or not key.strip():
            yield f'{LEAVES["required_claim"]}: "{claim}" is not key=value; write one such pair'


def _algorithms(oidc: OidcConfig) -> Iterator[str]:
    for name in oidc.signing_algorithms or ():
        if name not in SUPPORTED_ALGORITHMS:
            yield (
                f"{LEAVES['signing_algorithms']}: {name.removeprefix(ALGORITHM_PREFIX)} cannot be "
                "set on CKS; let the provider sign with RS256"
            )


def _system_names(oidc: OidcConfig) -> Iterator[str]:
    for name in ("username_prefix", "groups_prefix"):
        if (getattr(oidc, name) or "").startswith("system:"):
            yield (
                f'{LEAVES[name]}: makes names that begin with "system:", which Kubernetes gives '
                'power of its own; write another prefix, such as "okta:"'
            )
