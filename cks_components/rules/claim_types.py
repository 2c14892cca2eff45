"""Rules for the types of claims: kube-apiserver refuses a token whose claim has another type."""

from __future__ import annotations

from collections.abc import Iterator

from cks_components.api.models import OidcConfig
from cks_components.identity.claim_kinds import KnownKind, kind_of
from cks_components.identity.preset import Kind
from cks_components.rules.judged_block import JudgedBlock, at
from cks_components.rules.required_claim import required_pair
from cks_components.rules.rule import ERROR, WARNING, Rule, Violation

_NOUN: dict[Kind, str] = {
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
_LOOK = "look at a token of the provider (kubectl oidc-login setup shows one)"
_GROUPS_OF: tuple[Kind, ...] = ("text", "list")


def _required_is_no_text(judged: JudgedBlock) -> Iterator[Violation]:
    claim = judged.oidc.required_claim
    for key, kind in _required(judged, is_certain=True):
        usual = _OF_A_LIST if kind == "list" else _OF_ANOTHER
        yield at(
            "required_claim",
            f'"{claim}" compares text with {_NOUN[kind]}, so nobody could log in. Remove it; '
            f"{_INSTEAD.get(key, usual)}",
        )


def _required_is_hardly_text(judged: JudgedBlock) -> Iterator[Violation]:
    claim = judged.oidc.required_claim
    for _key, kind in _required(judged, is_certain=False):
        yield at(
            "required_claim",
            f'"{claim}" compares text with what is probably {_NOUN[kind]}, and then nobody could '
            f"log in; {_LOOK}, and remove it, or waive OIDC-12 if the claim is text",
        )


def _required(judged: JudgedBlock, *, is_certain: bool) -> Iterator[tuple[str, Kind]]:
    """The required claim and its type, if that is not text."""
    oidc = judged.oidc
    key, _value = required_pair(oidc)
    if not key:
        return
    known = kind_of(judged.preset, key)
    if known is None and key == oidc.groups_claim:
        known = KnownKind("list", False)
    if known and known.kind != "text" and known.is_certain is is_certain:
        yield key, known.kind


def _names_have_types(judged: JudgedBlock) -> Iterator[Violation]:
    for leaf, claim, kind in _names(judged, is_certain=True):
        yield at(leaf, f'"{claim}" holds {_NOUN[kind]}, {_WANTED[leaf]}')


def _names_have_doubtful_types(judged: JudgedBlock) -> Iterator[Violation]:
    for leaf, claim, kind in _names(judged, is_certain=False):
        yield at(
            leaf,
            f'"{claim}" probably holds {_NOUN[kind]}, {_WANTED[leaf]}; {_LOOK}, or waive OIDC-09 '
            "if the claim has the right type",
        )


_WANTED = {
    "username_claim": "but kube-apiserver takes user names from text only, so nobody could log in; "
    'write a claim that holds text, such as "email" or "sub"',
    "groups_claim": "but kube-apiserver reads groups from text or from a list of texts only and "
    "refuses every token that has this claim; let the provider map the groups to a top-level "
    'list, such as "groups"',
}


def _names(judged: JudgedBlock, *, is_certain: bool) -> Iterator[tuple[str, str, Kind]]:
    """The claims of users and groups whose type kube-apiserver does not read."""
    oidc: OidcConfig = judged.oidc
    for leaf, claim, fitting in (
        ("username_claim", oidc.username_claim, ("text",)),
        ("groups_claim", oidc.groups_claim, _GROUPS_OF),
    ):
        known = kind_of(judged.preset, claim) if claim else None
        if claim and known and known.kind not in fitting and known.is_certain is is_certain:
            yield leaf, claim, known.kind


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
