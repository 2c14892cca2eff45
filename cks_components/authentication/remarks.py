"""What is worth knowing of a token that is accepted, because it hurts later or somebody else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from cks_components.authentication.id_token import IdToken, is_in_milliseconds
from cks_components.authentication.oidc_settings import OidcSettings
from cks_components.authentication.refusal import quoted
from cks_components.kubernetes.subject_names import KUBERNETES_OWN
from cks_components.kubernetes.user import AUTHENTICATED, User

_LONG = timedelta(hours=24)
_SHORT = timedelta(minutes=5)
"""A client that refreshes a minute before the end is then busy with logins."""
_PULL_REQUEST = ":pull_request"


def remarks(found: OidcSettings, token: IdToken, user: User, now: float) -> tuple[str, ...]:
    """Say what is remarkable of a user, each in a sentence without a full stop."""
    return tuple(_remarks(found, token, user, now))


def _remarks(found: OidcSettings, token: IdToken, user: User, now: float) -> Iterator[str]:
    groups = [group for group in user.groups if group != AUTHENTICATED]
    if user.name == found.username_prefix:
        yield (
            f"the claim {quoted(found.username_claim)} is empty, so the user has no name of its own, "
            "and rights through groups only"
        )
    for name in (user.name, *groups):
        if name.startswith(KUBERNETES_OWN):
            yield (
                f"{quoted(name)} is one of Kubernetes' own names, which may have great rights; write "
                "prefixes that begin with another text"
            )
    if found.groups_claim is not None and not groups:
        yield (
            f"the token has no groups, although the block reads them from {quoted(found.groups_claim)}; "
            "ask for the scope that adds them, or correct groupsClaim"
        )
    if found.groups_prefix in groups:
        yield "one of the groups is empty at the identity provider, and its name is only the prefix"
    if user.name.endswith(_PULL_REQUEST):
        yield "the token is that of a pull request's job: whoever may open one has these rights"
    if token.expires is not None and is_in_milliseconds(token.expires):
        yield (
            'its "exp" is in milliseconds, and kube-apiserver reads seconds, so the token is valid for '
            "thousands of years, and cannot be revoked; correct it at the identity provider"
        )
    elif token.expires is not None and token.expires - now > _LONG.total_seconds():
        yield "the token is valid for more than 24 hours, and cannot be revoked before it expires"
    if token.expires is not None and token.issued is not None:
        yield from _short(token.expires - token.issued)


def _short(seconds: int) -> Iterator[str]:
    if seconds < _SHORT.total_seconds():
        yield (
            f"the token is valid for {seconds} seconds only, so kubectl needs another one all the "
            "time, and without a refresh token each in a new browser tab; let the provider issue "
            "tokens for five minutes or more, and ask for the scope offline_access"
        )
