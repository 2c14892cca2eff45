"""What kube-apiserver makes of a token, row by row of what was observed."""

from __future__ import annotations

import time

import pytest

from cks_components.api.models import OidcConfig
from cks_components.authentication import judge
from cks_components.identity.discovery_document import Published
from tests.tokens import published_keys
from tests.verified_tokens import CONFIGURATIONS, WITH_A_SLASH, WITHOUT_KEYS, Configuration, Row


def published(issuer: str) -> Published:
    """What the issuers of the table publish."""
    named = f"{issuer}/" if issuer == WITH_A_SLASH else issuer
    keys = "" if issuer == WITHOUT_KEYS else f"{issuer}/keys"
    return Published(issuer=named, jwks_uri=keys, keys=tuple(published_keys()))


@pytest.mark.parametrize(
    ("configuration", "row"),
    [
        pytest.param(configuration, row, id=f"{configuration.name}: {row.name}")
        for configuration in CONFIGURATIONS
        for row in configuration.rows
    ],
)
def test_a_token_is_judged_as_kube_apiserver_judged_it(
    configuration: Configuration, row: Row
) -> None:
    block = OidcConfig.model_validate(configuration.block)

    verdict = judge(
        row.token.signed(),
        block,
        now=time.time(),
        published=published(str(block.issuer_url)),
    )

    assert (verdict.user or str(verdict.rule)) == row.outcome
