"""What a changed OIDC block means for the people who log in through it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from cks_components.api.models import ALGORITHM_PREFIX, OidcConfig
from cks_components.kubernetes import subject_names

_DEFAULT_ALGORITHM = f"{ALGORITHM_PREFIX}RS256"  # kube-apiserver's

_CONSEQUENCES = {
    "issuer_url": "everybody logs in at another issuer, and current logins stop working",
    "client_id": "everybody must log in again, and tokens of the previous client are refused",
    "username_claim": "users are named by another claim, so a bound name may now be another user's",
    "username_prefix": "every user gets another name",
    "groups_claim": "groups are read only from this claim; without a groups claim nobody has "
    "groups",
    "groups_prefix": "every group gets another name",
    "ca": "nobody can log in unless it signed the issuer's TLS certificate",
    "required_claim": "tokens must contain this claim; without a required claim every token for "
    "this client is accepted",
    "signing_algorithms": "tokens signed with another algorithm are refused",
}


@dataclass(frozen=True)
class LogInChange:
    """A leaf of the block that differs in effect.

    Attributes:
        leaf: its name in the stack file.
        before: None if unset.
        consequence: what the change means, as text.
    """

    leaf: str
    before: str | None
    after: str | None
    consequence: str


def changes(before: OidcConfig, after: OidcConfig) -> tuple[LogInChange, ...]:
    """The leaves that change how users log in, with kube-apiserver's defaults filled in.

    `adminGroupBinding` is not among them, because it is a grant.
    """
    old, new = _effective(before), _effective(after)
    leaves = OidcConfig.leaves()
    return tuple(
        LogInChange(leaves[name], old[name], new[name], consequence)
        for name, consequence in _CONSEQUENCES.items()
        if old[name] != new[name]
    )


def _effective(oidc: OidcConfig) -> Mapping[str, str | None]:
    algorithms = oidc.signing_algorithms or (_DEFAULT_ALGORITHM,)
    return {
        "issuer_url": oidc.issuer_url,
        "client_id": oidc.client_id,
        "username_claim": subject_names.username_claim(oidc),
        "username_prefix": subject_names.username_prefix(oidc) or None,
        "groups_claim": oidc.groups_claim,
        "groups_prefix": oidc.groups_prefix,
        "ca": oidc.ca and f"sha256:{hashlib.sha256(oidc.ca.encode()).hexdigest()[:12]}",
        "required_claim": oidc.required_claim,
        "signing_algorithms": ", ".join(a.removeprefix(ALGORITHM_PREFIX) for a in algorithms),
    }
