"""The types of claims: kube-apiserver reads a user name and a required claim from text only.

Source: OpenID Connect Core 1.0 (sections 2 and 5.1) and RFC 7519, and the presets for the claims
that a provider adds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import NamedTuple

from cks_components.identity.preset import ClaimType, Preset
from cks_components.identity.providers import every_preset

_STANDARD: Mapping[str, ClaimType] = {
    "aud": "list",
    "amr": "list",
    "groups": "list",
    "email_verified": "boolean",
    "phone_number_verified": "boolean",
    "address": "object",
    "exp": "number",
    "iat": "number",
    "nbf": "number",
    "auth_time": "number",
    "updated_at": "number",
    "act": "object",
    "cnf": "object",
    "_claim_names": "object",
    "_claim_sources": "object",
}
_LISTS = re.compile(
    r"(groups|roles|teams|permissions|entitlements|memberships|member_?of|privileges|scopes|"
    r"authorities|organi[sz]ations|tenants|policies|projects)$",
    re.IGNORECASE,
)
_BOOLEANS = re.compile(r"_verified$|^(is|has)_|^hasgroups$", re.IGNORECASE)
_OBJECTS = re.compile(r"(realm|resource)_access$", re.IGNORECASE)


class KnownType(NamedTuple):
    """The type of a claim.

    Attributes:
        is_certain: False if it follows from the name, or from what another provider sends.
    """

    type: ClaimType
    is_certain: bool


def type_of(preset: Preset, claim: str) -> KnownType | None:
    """The type of a claim in the tokens of a provider; None if nothing points to one."""
    own = [type_ for name, type_ in preset.claim_types.items() if fnmatchcase(claim, name)]
    if own:
        return KnownType(own[0], True) if own[0] else _likely(claim)
    if claim in _STANDARD:
        return KnownType(_STANDARD[claim], True)
    if preset.sends_text:
        return KnownType("text", True)
    return _likely(claim)


def _likely(claim: str) -> KnownType | None:
    by_name: tuple[tuple[re.Pattern[str], ClaimType], ...] = (
        (_OBJECTS, "object"),
        (_BOOLEANS, "boolean"),
        (_LISTS, "list"),
    )
    for pattern, type_ in by_name:
        if pattern.search(claim):
            return KnownType(type_, False)
    elsewhere = (each.claim_types.get(claim) for each in every_preset())
    found = next((type_ for type_ in elsewhere if type_), None)
    return KnownType(found, False) if found else None
