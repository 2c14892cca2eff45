"""What the rules say of names is what the real kube-apiserver does with the same tokens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from cks_components import rules
from cks_components.api.models import OidcConfig
from cks_components.kubernetes import subject_names
from cks_components.role_bindings import Binding
from lab.issuer import provider

if TYPE_CHECKING:
    from tests.lab.conftest import Lab

ALICE = "alice@example.com"
BASE: dict[str, Any] = {"issuerUrl": provider.URL, "clientId": provider.CLIENT}
EVERYBODY = "system:authenticated"


@dataclass(frozen=True)
class Settings:
    """One oidc block, the value of its user-name claim in alice's token, and the groups in it."""

    leaves: dict[str, str]
    user: str
    groups: list[str] = field(default_factory=list)

    @property
    def oidc(self) -> OidcConfig:
        return OidcConfig.model_validate(BASE | self.leaves)


SUB = {"usernameClaim": "sub"}
ML = ["ml", "platform"]
NAMED = {
    "nothing set": Settings({}, "u-1"),
    "the address": Settings({"usernameClaim": "email", "groupsClaim": "groups"}, ALICE, ML),
    "the address with a prefix": Settings(
        {"usernameClaim": "email", "usernamePrefix": "corp#", "groupsClaim": "groups"}, ALICE, ML
    ),
    "no prefix for users, a dash for groups": Settings(
        SUB | {"usernamePrefix": "-", "groupsClaim": "groups", "groupsPrefix": "-"}, "u-1", ML
    ),
    "prefixes for both": Settings(
        SUB | {"usernamePrefix": "okta:", "groupsClaim": "groups", "groupsPrefix": "okta:"},
        "u-1",
        ML,
    ),
}


@contextmanager
def trusting(lab: Lab, leaves: dict[str, str]) -> Iterator[None]:
    """Let the cluster trust the issuer with these leaves, until kube-apiserver knows its keys."""
    lab.configure(oidc=BASE | leaves)
    try:
        lab.eventually(lambda: "not initialized" not in reason(lab, lab.control.mint(ALICE)))
        yield
    finally:
        lab.configure(oidc=None)


def reason(lab: Lab, token: str) -> str:
    """Why a token is refused, which only an administrator learns; empty where it is not."""
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview"}
    path = "/apis/authentication.k8s.io/v1/tokenreviews"
    answer = lab.post(lab.host, path, lab.token, body | {"spec": {"token": token}})
    error: str = answer.json()["status"].get("error", "")
    return error


@pytest.mark.parametrize("settings", NAMED.values(), ids=list(NAMED))
def test_effective_names_are_those_of_kube_apiserver(lab: Lab, settings: Settings) -> None:
    with trusting(lab, settings.leaves):
        token = lab.control.mint(ALICE, claims={"sub": "u-1", "groups": ML})

        user = lab.who(token).json()["status"]["userInfo"]

    assert user["username"] == subject_names.user(settings.oidc, settings.user)
    wanted = [subject_names.group(settings.oidc, group) for group in settings.groups]
    assert [g for g in user["groups"] if g != EVERYBODY] == wanted


EMAIL = {"usernameClaim": "email"}
# A block that a rule speaks of, the claims of a token, and what becomes of the login: the text of
# the refusal, or the groups with which it succeeds.
SPOKEN_OF: dict[str, tuple[str, dict[str, str], dict[str, Any], str | list[str]]] = {
    "a required claim that is a boolean": (
        "OIDC-12",
        EMAIL | {"requiredClaim": "email_verified=true"},
        {"email_verified": True},
        "oidc: parse claim email_verified",
    ),
    "a required claim that is a list": (
        "OIDC-12",
        EMAIL | {"requiredClaim": "groups=ml"},
        {"groups": ["ml"]},
        "oidc: parse claim groups",
    ),
    "a required claim that is an object": (
        "OIDC-12",
        EMAIL | {"requiredClaim": "realm_access=admin"},
        {"realm_access": {"roles": ["admin"]}},
        "oidc: parse claim realm_access",
    ),
    "a required claim that is the stack's own groups claim": (
        "OIDC-12",
        EMAIL | {"groupsClaim": "department", "requiredClaim": "department=ml"},
        {"department": ["ml"]},
        "oidc: parse claim department",
    ),
    "a groups claim that is an object": (
        "OIDC-09",
        EMAIL | {"groupsClaim": "realm_access", "groupsPrefix": "kc:"},
        {"realm_access": {"roles": ["admin"]}},
        'oidc: parse groups claim "realm_access"',
    ),
    "a groups claim that is a list of objects": (
        "OIDC-09",
        EMAIL | {"groupsClaim": "identities", "groupsPrefix": "aws:"},
        {"identities": [{"providerName": "Google"}]},
        'oidc: parse groups claim "identities"',
    ),
    "a user-name claim that is a list": (
        "OIDC-09",
        {"usernameClaim": "groups", "usernamePrefix": "x:"},
        {"groups": ["ml"]},
        'oidc: parse username claims "groups"',
    ),
    "a groups claim that is a path": (
        "OIDC-09",
        EMAIL | {"groupsClaim": "realm_access.roles", "groupsPrefix": "kc:"},
        {"realm_access": {"roles": ["admin"]}},
        [],
    ),
    "a dash for groups, which is plain text": (
        "OIDC-08",
        EMAIL | {"groupsClaim": "groups", "groupsPrefix": "-"},
        {"groups": ["ml"]},
        ["-ml"],
    ),
    "no prefix for groups, so that the provider may name Kubernetes' own": (
        "OIDC-08",
        EMAIL | {"groupsClaim": "groups"},
        {"groups": ["system:masters"]},
        ["system:masters"],
    ),
}


@pytest.mark.parametrize(
    ("rule", "leaves", "claims", "outcome"), SPOKEN_OF.values(), ids=list(SPOKEN_OF)
)
def test_a_rule_finds_what_kube_apiserver_makes_of_the_block(
    lab: Lab, rule: str, leaves: dict[str, str], claims: dict[str, Any], outcome: str | list[str]
) -> None:
    found = rules.block_findings(OidcConfig.model_validate(BASE | leaves))
    assert rule in {finding.rule for finding in found}

    with trusting(lab, leaves):
        token = lab.control.mint(ALICE, claims=claims)
        refused = reason(lab, token)
        answer = lab.who(token)

    if isinstance(outcome, str):
        assert outcome in refused
        assert answer.status_code == 401
    else:
        groups = answer.json()["status"]["userInfo"]["groups"]
        assert [group for group in groups if group != EVERYBODY] == outcome


def test_an_unverified_address_is_refused_and_warned_of(lab: Lab) -> None:
    found = rules.block_findings(
        OidcConfig.model_validate(BASE | EMAIL), rules.Context(provider="keycloak")
    )
    assert "OIDC-07" in {finding.rule for finding in found}

    with trusting(lab, EMAIL):
        refused = reason(lab, lab.control.mint(ALICE, claims={"email_verified": False}))

    assert "oidc: email not verified" in refused


def test_a_bound_name_that_can_never_match_matches_nothing(lab: Lab) -> None:
    """A wildcard, a prefix written twice: RBAC compares byte for byte."""
    leaves = EMAIL | {"groupsClaim": "groups", "groupsPrefix": "okta:"}
    oidc = OidcConfig.model_validate(BASE | leaves)

    with trusting(lab, leaves):
        token = lab.control.mint(ALICE, claims={"groups": ["ml"]})
        allowed = {
            group: can_list(lab, token, subject_names.group(oidc, group))
            for group in ("ml", "m*", "okta:ml", "ML")
        }

    assert allowed == {"ml": True, "m*": False, "okta:ml": False, "ML": False}
    refused = {
        group
        for group in allowed
        for finding in rules.binding_findings(
            Binding(cluster_role="view", groups=[group]).settings, oidc
        )
        if finding.refuses
    }
    assert refused == {"m*", "okta:ml"}  # "ML" may be a group of its own


def can_list(lab: Lab, token: str, group: str) -> bool:
    """Whether the bearer may list ConfigMaps while the group is bound to `view`."""
    path = "/api/v1/namespaces/default/configmaps"
    with lab.role(group, "view", kind="Group"):
        return lab.get(f"api.{lab.host}", path, token).status_code == 200
