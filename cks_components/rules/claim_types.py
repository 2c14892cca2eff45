"""Rules for the types of claims: kube-apiserver refuses a token whose claim has another type."""

from __future__ import annotations

from collections.abc import Iterator

from cks_components.api.models import OidcConfig
from cks_components.identity.claim_types import KnownType, type_of
from cks_components.identity.preset import ClaimType, Preset
from cks_components.rules.judged_block import JudgedBlock, at
from cks_components.rules.required_claim import required_pair
from cks_components.rules.rule import ERROR, WARNING, Rule, Violation

_NOUN: dict[ClaimType, str] = {
    "text": "text",
    "number": "a number",
    "boolean": "a boolean",
    "list": "a list",
    "object": "an object",
    "list of objects": "a list of objects",
}
_INSTEAD = {
    "email_verified": "unverified addresses are refused anyway",
    "aud": "clientId is checked against it anyway",
    "groups": "bind the groups that should have access",
    "amr": "let the provider require the second factor",
}
_OF_A_LIST = "bind the groups that should have access"
_OF_ANOTHER = "let the provider add a claim that holds text, and require that"
_WANTED = {
    "username_claim": "but kube-apiserver takes user names from text only, so nobody could log in; "
    'write a claim that holds text, such as "email" or "sub"',
    "groups_claim": "but kube-apiserver reads groups from text or from a list of texts only and "
    "refuses every token that has this claim; let the provider map the groups to a top-level "
    'list, such as "groups"',
}
_LOOK = "look at a token of the provider (kubectl oidc-login setup shows one)"


def type_of_required(preset: Preset, oidc: OidcConfig) -> KnownType | None:
    """The type of the required claim; None if there is none, or nothing points to its type."""
    key, _value = required_pair(oidc)
    if not key:
        return None
    known = type_of(preset, key)
    if known is None and key == oidc.groups_claim:
        return KnownType("list", False)
    return known


def _required_is_no_text(judged: JudgedBlock) -> Iterator[Violation]:
    key, _value = required_pair(judged.oidc)
    for type_ in _required(judged, is_certain=True):
        usual = _OF_A_LIST if type_ == "list" else _OF_ANOTHER
        yield at(
            "required_claim",
            f'"{judged.oidc.required_claim}" compares text with {_NOUN[type_]}, so nobody could log '
            f"in. Remove it; {_INSTEAD.get(key, usual)}",
        )


def _required_is_hardly_text(judged: JudgedBlock) -> Iterator[Violation]:
    for type_ in _required(judged, is_certain=False):
        yield at(
            "required_claim",
            f'"{judged.oidc.required_claim}" compares text with what is probably {_NOUN[type_]}, '
            f"and then nobody could log in; {_LOOK}, and remove it, or waive OIDC-12 if the claim "
            "is text",
        )


def _required(judged: JudgedBlock, *, is_certain: bool) -> Iterator[ClaimType]:
    """The type of the required claim, if that is not text."""
    known = type_of_required(judged.preset, judged.oidc)
    if known and known.type != "text" and known.is_certain is is_certain:
        yield known.type


def _names_have_types(judged: JudgedBlock) -> Iterator[Violation]:
    for leaf, claim, type_ in _names(judged, is_certain=True):
        yield at(leaf, f'"{claim}" holds {_NOUN[type_]}, {_WANTED[leaf]}')


def _names_have_doubtful_types(judged: JudgedBlock) -> Iterator[Violation]:
    for leaf, claim, type_ in _names(judged, is_certain=False):
        yield at(
            leaf,
            f'"{claim}" probably holds {_NOUN[type_]}, {_WANTED[leaf]}; {_LOOK}, or waive OIDC-09 '
            "if the claim has the right type",
        )


def _names(judged: JudgedBlock, *, is_certain: bool) -> Iterator[tuple[str, str, ClaimType]]:
    """The claims of users and groups whose type kube-apiserver does not read."""
    for leaf, claim, fitting in (
        ("username_claim", judged.oidc.username_claim, ("text",)),
        ("groups_claim", judged.oidc.groups_claim, ("text", "list")),
    ):
        known = type_of(judged.preset, claim) if claim else None
        if claim and known and known.type not in fitting and known.is_certain is is_certain:
            yield leaf, claim, known.type


RULES: tuple[Rule[JudgedBlock], ...] = (
    Rule(
        "OIDC-09",
        "`usernameClaim` holds text, and `groupsClaim` text or a list of texts (not Keycloak's "
        "`realm_access`, Zitadel's roles)",
        ERROR,
        _names_have_types,
    ),
    Rule(
        "OIDC-09",
        "the same, where only the name of the claim speaks against it",
        WARNING,
        _names_have_doubtful_types,
    ),
    Rule(
        "OIDC-12",
        "`requiredClaim` names a claim that holds text, and no boolean, number, list or object "
        "(`email_verified`, `aud`, `groups`, `amr`, Entra's `roles`, Keycloak's `realm_access`), "
        "which never match",
        ERROR,
        _required_is_no_text,
    ),
    Rule(
        "OIDC-12",
        "the same, where only the name of the claim speaks against it (`roles`, `is_admin`), or it "
        "is the stack's own `groupsClaim`",
        WARNING,
        _required_is_hardly_text,
    ),
)
