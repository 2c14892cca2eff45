"""A token is judged as the real kube-apiserver judges it: each of the tables, and some at random."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cks_components.api.models import OidcConfig
from cks_components.authentication import judge
from cks_components.identity.discovery_document import Published
from cks_components.kubernetes.user import User
from tests.lab.random_tokens import blocks, tokens
from tests.lab.token_reviews import Cluster, running_cluster, structured
from tests.odd_tokens import ACCEPTED, REFUSED
from tests.tokens import BLOCK, ISSUER, Token, published_keys
from tests.verified_tokens import (
    CONFIGURATIONS,
    WITH_A_SLASH,
    WITHOUT_KEYS,
    Configuration,
    Row,
)

GENERATED = 400
RANDOM = [{"issuerUrl": f"{ISSUER}/random/{n}", **block} for n, block in enumerate(blocks())]
WORDS = {
    "malformed": "invalid bearer token|malformed jwt",
    "issuer": "invalid bearer token",
    "not-initialized": "authenticator not initialized",
    "algorithm": "unsupported algorithm",
    "signature": "failed to verify signature",
    "claims": "failed to unmarshal claims",
    "claim-source": "failed to obtain source|source does not exist",
    "audience": "expected audience",
    "expired": "token is expired",
    "not-yet-valid": "before the nbf",
    "distributed-claim": "could not expand distributed claims",
    "username-missing": "claim not present",
    "username-type": "parse username claims",
    "email-unverified": "email not verified",
    "email-verified-type": "parse 'email_verified' claim",
    "groups-type": "parse groups claim",
    "required-missing": "not present in ID token",
    "required-type": "parse claim",
    "required-value": "value does not match",
}
"""What kube-apiserver's own reason holds where a rule of ours refuses a token."""


def own_issuers() -> Iterator[Configuration]:
    """The configurations that need no flags, so changed that no two have the same issuer."""
    seen: set[str] = set()
    for number, configuration in enumerate(c for c in CONFIGURATIONS if not c.is_about_flags):
        issuer = configuration.block["issuerUrl"]
        if issuer in seen or issuer == ISSUER:
            yield _moved(configuration, issuer, f"{issuer}/{number}")
        else:
            yield configuration
        seen.add(issuer)


def _moved(configuration: Configuration, old: str, new: str) -> Configuration:
    def moved(value: Any) -> Any:
        if isinstance(value, dict):
            return {moved(k): moved(v) for k, v in value.items()}
        if isinstance(value, list):
            return [moved(v) for v in value]
        return value.replace(old, new) if isinstance(value, str) else value

    rows = []
    for row in configuration.rows:
        claims = {"iss": new, **moved(dict(row.token.claims))}
        found = row.outcome
        outcome = User(moved(found.name), found.groups) if isinstance(found, User) else found
        rows.append(Row(row.name, replace(row.token, claims=claims), outcome))
    return Configuration(moved(configuration.block), rows)


BY_FLAGS = [c for c in CONFIGURATIONS if c.is_about_flags]
STRUCTURED = list(own_issuers())


@pytest.fixture(scope="module")
def cluster_of_flags(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """One whose kube-apiserver starts anew, with a block's flags."""
    with running_cluster(tmp_path_factory.mktemp("flags")) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def cluster_of_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """One that trusts the issuers of every other block at the same time."""
    found = [c.block for c in STRUCTURED] + RANDOM
    with running_cluster(tmp_path_factory.mktemp("structured"), structured) as cluster:
        cluster.follow({"oidc": found}, [str(block["issuerUrl"]) for block in found])
        yield cluster


@pytest.mark.parametrize("configuration", BY_FLAGS, ids=[c.name for c in BY_FLAGS])
def test_verified_tokens_are_judged_alike(
    cluster_of_flags: Cluster, configuration: Configuration
) -> None:
    block = configuration.block
    cluster_of_flags.follow({"oidc": block} if block else {}, [ISSUER] if block else [])

    assert differences(cluster_of_flags, configuration) == []


def test_odd_tokens_are_judged_alike(cluster_of_flags: Cluster) -> None:
    cluster_of_flags.follow({"oidc": BLOCK}, [ISSUER])
    odd = {**ACCEPTED, **{name: token for name, (token, _) in REFUSED.items()}}

    found = {name: difference(cluster_of_flags, BLOCK, one.signed()) for name, one in odd.items()}

    assert {name: told for name, told in found.items() if told} == {}


@pytest.mark.parametrize("configuration", STRUCTURED, ids=[c.name for c in STRUCTURED])
def test_verified_tokens_of_many_issuers_are_judged_alike(
    cluster_of_all: Cluster, configuration: Configuration
) -> None:
    assert differences(cluster_of_all, configuration) == []


@settings(
    max_examples=GENERATED,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(block=st.sampled_from(RANDOM), token=tokens())
def test_tokens_at_random_are_judged_alike(
    cluster_of_all: Cluster, block: dict[str, Any], token: Token
) -> None:
    assert difference(cluster_of_all, block, token.signed(block["issuerUrl"])) == ""


def differences(cluster: Cluster, configuration: Configuration) -> list[str]:
    """Where kube-apiserver, the table and we do not agree on a configuration's tokens."""
    found = []
    for row in configuration.rows:
        token = row.token.signed()
        user, reason = cluster.review(token)
        is_expected = user == row.outcome if user else isinstance(row.outcome, str)
        told = difference(cluster, configuration.block, token)
        if told or not is_expected:
            found.append(f"{row.name}: {user or reason}, table: {row.outcome}, {told}")
    return found


def difference(cluster: Cluster, block: dict[str, Any], token: str) -> str:
    """Where kube-apiserver and we do not agree on a token; empty if we do."""
    user, reason = cluster.review(token)
    issuer = str(block.get("issuerUrl", ""))
    published = Published(
        issuer=f"{issuer}/" if issuer == WITH_A_SLASH else issuer,
        jwks_uri="" if issuer == WITHOUT_KEYS else f"{issuer}/keys",
        keys=tuple(published_keys()),
    )
    config = OidcConfig.model_validate(block)
    for known in (published, None):
        verdict = judge(token, config, now=time.time(), published=known)
        needs_network = ("signature", "not-initialized") if known is None else ()
        if user is None and any(WORDS[rule] in reason for rule in needs_network):
            continue
        words = WORDS[verdict.rule].split("|") if verdict.rule else [""]
        if verdict.user != user or not any(word in reason for word in words):
            return f"kube-apiserver says {user or reason}, we say {verdict}"
    return ""
