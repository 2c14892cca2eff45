"""Why a token is refused: the check and a sentence that says what to change."""

from __future__ import annotations

from enum import StrEnum

from cks_components.stack_file.visible_text import visible

_LONG = 120


class Rule(StrEnum):
    """The checks that refuse a token, in kube-apiserver's order; the ids never change."""

    MALFORMED = "malformed"
    CONFIGURATION = "configuration"
    ISSUER = "issuer"
    NOT_INITIALIZED = "not-initialized"
    ALGORITHM = "algorithm"
    SIGNATURE = "signature"
    CLAIMS = "claims"
    CLAIM_SOURCE = "claim-source"
    AUDIENCE = "audience"
    EXPIRED = "expired"
    NOT_YET_VALID = "not-yet-valid"
    DISTRIBUTED_CLAIM = "distributed-claim"
    USERNAME_MISSING = "username-missing"
    USERNAME_TYPE = "username-type"
    EMAIL_UNVERIFIED = "email-unverified"
    EMAIL_VERIFIED_TYPE = "email-verified-type"
    GROUPS_TYPE = "groups-type"
    REQUIRED_MISSING = "required-missing"
    REQUIRED_TYPE = "required-type"
    REQUIRED_VALUE = "required-value"


class RefusalError(Exception):
    """The first check that a token fails.

    Attributes:
        rule: the check.
        reason: what is wrong and what to change, as clauses that continue a sentence; it holds
            values of claims, but never the token or its signature.
    """

    def __init__(self, rule: Rule, reason: str) -> None:
        super().__init__(f"{rule}: {reason}")
        self.rule = rule
        self.reason = reason


def quoted(value: str) -> str:
    """A value of a token or block for a sentence: on one line, and not too long."""
    shown = visible(value)
    return f'"{shown}"' if len(shown) <= _LONG else f'"{shown[:_LONG]}…"'
