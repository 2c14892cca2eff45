"""Walks kube-apiserver's checks of a bearer token in their order; the first that fails decides."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from cks_components.api.models import OidcConfig
from cks_components.authentication import (
    compact_jws,
    id_token,
    identity_claims,
    remarks,
    service_account,
    signature,
    token_checks,
)
from cks_components.authentication.compact_jws import CompactJws
from cks_components.authentication.go_json import WrongTypeError
from cks_components.authentication.go_text import trimmed
from cks_components.authentication.oidc_settings import (
    OidcSettings,
    UnusableBlockError,
    settings,
)
from cks_components.authentication.refusal import RefusalError, Rule
from cks_components.authentication.signature import Signature
from cks_components.identity.discovery_document import Published
from cks_components.kubernetes.user import User


@dataclass(frozen=True)
class Verdict:
    """What kube-apiserver makes of a token.

    Attributes:
        user: who the bearer becomes; None if the token is refused.
        rule: the check that refuses it; None if none does.
        reason: what is wrong and what to change; empty if the token is accepted.
        signature: "unchecked" where an earlier check refuses the token, or where the issuer's keys
            are not known.
        remarks: what is worth knowing of a token that is accepted.
        is_service_account: whether the user is an account of the cluster, as the token says: only
            the cluster has the key to its signature, and knows whether the account still exists.
    """

    user: User | None
    rule: Rule | None = None
    reason: str = ""
    signature: Signature = "unchecked"
    remarks: tuple[str, ...] = ()
    is_service_account: bool = False


def judge(
    token: str,
    block: OidcConfig,
    *,
    now: float,
    published: Published | None = None,
    service_account_issuers: Collection[str] = (),
) -> Verdict:
    """Judge a token by a cluster's block.

    Args:
        token: the text of a header after "Bearer", or of a TokenReview.
        block: as the API has it.
        now: in seconds since 1970.
        published: what the issuer publishes; without its keys the signature is not judged.
        service_account_issuers: the cluster's own, or of each cluster with this block, as far as
            they are known.
    """
    checked: Signature = "unchecked"
    try:
        jws = compact_jws.parse(trimmed(token).partition(" ")[0])
        issuer = _issuer(jws)
        if issuer in service_account_issuers:
            header = compact_jws.header(jws)
            service_account.check_algorithm(header)
            signature.check(jws, header, published=None)
            return Verdict(service_account.user(jws, issuer, now), is_service_account=True)
        found = _settings(block, service_account_issuers)
        token_checks.check_issuer(jws, found)
        token_checks.check_discovery(found, published)
        header = compact_jws.header(jws)
        token_checks.check_algorithm(found, header)
        checked = signature.check(jws, header, published)
        verified = id_token.read(jws.claims)
        token_checks.check_sources(verified)
        token_checks.check_audience(found, verified)
        token_checks.check_times(verified, now)
        user = identity_claims.user(found, jws.claims)
        known = remarks.remarks(found, verified, user, now)
        return Verdict(user, signature=checked, remarks=known)
    except RefusalError as refusal:
        is_failed = refusal.rule is Rule.SIGNATURE
        return Verdict(None, refusal.rule, refusal.reason, "failed" if is_failed else checked)


def _issuer(jws: CompactJws) -> str:
    try:
        return id_token.issuer(jws.claims)
    except WrongTypeError:
        return ""


def _settings(block: OidcConfig, service_account_issuers: Collection[str]) -> OidcSettings:
    try:
        found = settings(block, service_account_issuers)
    except UnusableBlockError as error:
        reason = f"kube-apiserver does not start with this block: {error}"
        raise RefusalError(Rule.CONFIGURATION, reason) from None
    if found is None:
        reason = (
            "the cluster has no OIDC block, so it accepts no token of an identity provider; set "
            "identity in the stack file"
        )
        raise RefusalError(Rule.ISSUER, reason)
    return found
