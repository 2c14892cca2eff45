"""Who the bearer of a verified token becomes: the claims that name the user and the groups."""

from __future__ import annotations

from cks_components.authentication import go_json
from cks_components.authentication.go_json import Object, Value, WrongTypeError
from cks_components.authentication.oidc_settings import OidcSettings
from cks_components.authentication.refusal import RefusalError, Rule, quoted
from cks_components.kubernetes.subject_names import EMAIL
from cks_components.kubernetes.user import User, logged_in

_AT_PROVIDER = "at the identity provider"


def user(found: OidcSettings, payload: Object) -> User:
    """Read user and groups from the claims, with their prefixes, and check the required claim.

    Raises:
        RefusalError: the id is that of the first check that fails.
    """
    claims = payload.last()
    _check_distributed(found, claims)
    name = found.username_prefix + _username(found, claims)
    groups = tuple(found.groups_prefix + group for group in _groups(found, claims))
    _check_required(found, claims)
    return logged_in(name, groups)


def _check_distributed(found: OidcSettings, claims: dict[str, Value]) -> None:
    """Refuse groups that would have to be fetched, which go-oidc answers with an error at first."""
    if found.groups_claim is None or found.groups_claim in claims or "_claim_names" not in claims:
        return
    if "_claim_sources" not in claims:
        reason = f"_claim_names is in the token without _claim_sources; correct it {_AT_PROVIDER}"
        raise RefusalError(Rule.DISTRIBUTED_CLAIM, reason)
    sources = go_json.object_of(claims["_claim_sources"])
    try:
        endpoints = {name: _endpoint(source) for name, source in sources.members}
    except WrongTypeError as error:
        reason = (
            f"a source in _claim_sources holds {error} instead of text; correct it {_AT_PROVIDER}"
        )
        raise RefusalError(Rule.DISTRIBUTED_CLAIM, reason) from None
    name = go_json.object_of(claims["_claim_names"]).last().get(found.groups_claim)
    if name is None:
        return
    if endpoints.get(go_json.text(name), "-"):
        reason = (
            f"the token holds a reference instead of the claim {quoted(found.groups_claim)}, which "
            "Entra does above 200 groups, and kube-apiserver cannot follow it; send only the groups "
            "assigned to the application, or app roles"
        )
        raise RefusalError(Rule.DISTRIBUTED_CLAIM, reason)


def _endpoint(source: Value) -> str:
    found = {"endpoint": "", "access_token": "", "JWT": ""}
    for name, value in go_json.object_of(source).fields(*found):
        found[name] = go_json.text(value, found[name])
    return found["endpoint"]


def _username(found: OidcSettings, claims: dict[str, Value]) -> str:
    claim = found.username_claim
    if claim not in claims:
        hint = ' (kubelogin: "--oidc-extra-scope=email")' if claim == EMAIL else ""
        reason = (
            f"the claim {quoted(claim)}, which names the user, is not in the token; ask for the scope "
            f"that adds it{hint}, or set usernameClaim to a claim that is there"
        )
        raise RefusalError(Rule.USERNAME_MISSING, reason)
    try:
        name = go_json.text(claims[claim])
    except WrongTypeError as error:
        reason = (
            f"the claim {quoted(claim)}, which names the user, is {error} and has to be text; set "
            "usernameClaim to another claim"
        )
        raise RefusalError(Rule.USERNAME_TYPE, reason) from None
    if claim == EMAIL and "email_verified" in claims:
        _check_verified(name, claims["email_verified"])
    return name


def _check_verified(name: str, verified: Value) -> None:
    try:
        if go_json.boolean(verified):
            return
    except WrongTypeError as error:
        reason = f'the claim "email_verified" is {error} and has to be a boolean'
        raise RefusalError(
            Rule.EMAIL_VERIFIED_TYPE, f"{reason}; correct it {_AT_PROVIDER}"
        ) from None
    reason = (
        f'the address {quoted(name)} is not verified ("email_verified" is not true); verify it '
        f"{_AT_PROVIDER}, or set usernameClaim to another claim and a usernamePrefix"
    )
    raise RefusalError(Rule.EMAIL_UNVERIFIED, reason)


def _groups(found: OidcSettings, claims: dict[str, Value]) -> list[str]:
    value = claims.get(found.groups_claim) if found.groups_claim is not None else None
    if isinstance(value, str):
        return [value]
    try:
        return go_json.texts(value)
    except WrongTypeError as error:
        reason = (
            f"the claim {quoted(str(found.groups_claim))}, which lists the groups, is {error} and "
            f"has to be text or an array of texts; map it to one {_AT_PROVIDER}"
        )
        raise RefusalError(Rule.GROUPS_TYPE, reason) from None


def _check_required(found: OidcSettings, claims: dict[str, Value]) -> None:
    if found.required_claim is None:
        return
    claim, wanted = found.required_claim
    shown = f"the required claim {quoted(claim)}"
    if claim not in claims:
        reason = f"{shown} is not in the token; let the identity provider add it, or change requiredClaim"
        raise RefusalError(Rule.REQUIRED_MISSING, reason)
    try:
        value = go_json.text(claims[claim])
    except WrongTypeError as error:
        reason = f"{shown} is {error}, and kube-apiserver compares text only; change requiredClaim"
        raise RefusalError(Rule.REQUIRED_TYPE, reason) from None
    if value != wanted:
        reason = (
            f"{shown} is {quoted(value)} and has to be {quoted(wanted)}; log in with an account that "
            "has it, or change requiredClaim"
        )
        raise RefusalError(Rule.REQUIRED_VALUE, reason)
