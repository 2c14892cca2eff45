"""What kube-apiserver's `--oidc-*` flags make of a block: the settings that tokens are judged by."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv6Address

from cks_components.api.certificates import read_certificates
from cks_components.api.models import ALGORITHM_PREFIX, OidcConfig
from cks_components.authentication.go_text import trimmed
from cks_components.authentication.refusal import quoted
from cks_components.identity.discovery_document import DOCUMENT_PATH
from cks_components.kubernetes import subject_names

ALGORITHMS = ("RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512")
DEFAULT_ALGORITHMS = ("RS256",)
_HTTPS = re.compile(r"https:", re.IGNORECASE)
_HOST = re.compile(
    r"""(\[(?P<address>[^\[\]]*)\]
        |([A-Za-z0-9\-._~!$&'()*+,;=<>"\]\u0080-\U0010ffff]|%25|%[89A-Fa-f][0-9A-Fa-f])*)
        (:[0-9]*)?""",
    re.VERBOSE,
)
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


class UnusableBlockError(ValueError):
    """A block with which kube-apiserver does not start; the text says why and what to write."""


@dataclass(frozen=True)
class OidcSettings:
    """The flags' values, with kube-apiserver's defaults.

    Attributes:
        username_prefix: what is really put in front; empty for none.
        groups_claim: None where nobody has groups.
        required_claim: a claim and the text that it must hold.
        has_discovery: whether the issuer can have a discovery document at all.
    """

    issuer: str
    client_id: str
    username_claim: str
    username_prefix: str
    groups_claim: str | None
    groups_prefix: str
    required_claim: tuple[str, str] | None
    algorithms: tuple[str, ...]
    has_discovery: bool


def settings(
    block: OidcConfig, service_account_issuers: Collection[str] = ()
) -> OidcSettings | None:
    """Read a block as kube-apiserver's flags do; None if it switches OIDC off.

    Args:
        block: as the API has it.
        service_account_issuers: the cluster's own, if they are known.

    Raises:
        UnusableBlockError: kube-apiserver does not start with it.
    """
    if block.model_copy(update={"admin_group_binding": None}).is_unset:
        return None
    if block.issuer_url is None or block.client_id is None:
        leaf = "issuerUrl" if block.issuer_url is None else "clientId"
        message = f"{leaf} is missing; write both issuerUrl and clientId"
        raise UnusableBlockError(message)
    _check_issuer(block.issuer_url, service_account_issuers)
    _check_ca(block.ca)
    return OidcSettings(
        issuer=block.issuer_url,
        client_id=block.client_id,
        username_claim=subject_names.username_claim(block),
        username_prefix=subject_names.username_prefix(block),
        groups_claim=block.groups_claim,
        groups_prefix=subject_names.groups_prefix(block),
        required_claim=_required_claim(block.required_claim),
        algorithms=_algorithms(block.signing_algorithms),
        has_discovery=bool(_authority(block.issuer_url))
        and not block.issuer_url.endswith(DOCUMENT_PATH),
    )


def _check_issuer(url: str, service_account_issuers: Collection[str]) -> None:
    """Report what Go's url.Parse and kube-apiserver's validation refuse."""
    wrong = f"issuerUrl {quoted(url)}"
    beyond_scheme, _, fragment = url.partition("#")
    address, _, query = beyond_scheme.partition("?")
    authority = _authority(url)
    if any(c < " " or c == "\x7f" for c in url):
        message = f"{wrong} holds a control character; remove it"
    elif not _HTTPS.match(url):
        message = f"{wrong} does not begin with https://, which kube-apiserver insists on"
    elif query or fragment or "@" in authority:
        message = f"{wrong} has a user, a query or a fragment; remove it"
    elif not _is_host(authority) or _BAD_ESCAPE.search(address):
        message = f'{wrong} is not a URL; copy "issuer" from the discovery document'
    elif url in service_account_issuers:
        message = f"{wrong} is the cluster's own issuer of service-account tokens; write the identity provider's"
    else:
        return
    raise UnusableBlockError(message)


def _authority(url: str) -> str:
    """User, host and port, as Go's url.Parse cuts them out."""
    rest = url.partition(":")[2].partition("#")[0].partition("?")[0]
    return rest[2:].partition("/")[0] if rest.startswith("//") else ""


def _is_host(authority: str) -> bool:
    match = _HOST.fullmatch(authority)
    if match is None or match["address"] is None:
        return match is not None
    try:
        IPv6Address(match["address"].replace("%25", "%", 1))
    except ValueError:
        return False
    return True


def _check_ca(ca: str | None) -> None:
    if ca is not None and not read_certificates(ca):
        message = "ca holds no certificate; write base64 of the PEM text of the issuer's CA"
        raise UnusableBlockError(message)


def _required_claim(pair: str | None) -> tuple[str, str] | None:
    if pair is None:
        return None
    claim, equals, value = pair.partition("=")
    if not equals or not trimmed(claim):
        message = f"requiredClaim {quoted(pair)} is not key=value; write a claim, = and its text"
        raise UnusableBlockError(message)
    return trimmed(claim), trimmed(value)


def _algorithms(names: tuple[str, ...] | None) -> tuple[str, ...]:
    if names is None:
        return DEFAULT_ALGORITHMS
    bare = tuple(name.removeprefix(ALGORITHM_PREFIX) for name in names)
    for name in bare:
        if name not in ALGORITHMS:
            message = f"signingAlgorithms names {quoted(name)}, which kube-apiserver does not know"
            raise UnusableBlockError(message)
    return bare
