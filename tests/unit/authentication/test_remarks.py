"""What is worth knowing of a token that is accepted."""

from __future__ import annotations

import time
from typing import Any

import pytest

from cks_components.api.models import OidcConfig
from cks_components.authentication import judge
from tests.tokens import ABSENT, BLOCK, In, Token, claims


def remarks(token: Token, **leaves: Any) -> tuple[str, ...]:
    block = OidcConfig.model_validate({**BLOCK, **leaves})
    return judge(token.signed(), block, now=time.time()).remarks


def test_nothing_is_remarkable_of_a_usual_token() -> None:
    assert remarks(claims(groups=["ml"])) == ()


@pytest.mark.parametrize(
    ("token", "leaves", "told"),
    [
        (claims(email=None, groups=["ml"]), {}, 'the claim "email" is empty'),
        (claims(sub="", groups=["ml"]), {"usernameClaim": "sub", "usernamePrefix": "okta:"}, "is empty"),
        (claims(email="system:admin", groups=["ml"]), {}, '"system:admin" is one of Kubernetes\' own'),
        (claims(groups=["masters"]), {"groupsPrefix": "system:"}, '"system:masters" is one of'),
        (claims(), {}, 'no groups, although the block reads them from "groups"'),
        (claims(groups=[""]), {}, "its name is only the prefix"),
        (
            claims(sub="repo:acme/infra:pull_request", groups=["ml"]),
            {"usernameClaim": "sub", "usernamePrefix": "github:"},
            "a pull request's job",
        ),
        (claims(groups=["ml"], exp=In(90_000)), {}, "more than 24 hours"),
        (claims(groups=["ml"], exp=1_800_000_000_000), {}, '"exp" is in milliseconds'),
        (claims(groups=["ml"], exp=In(60)), {}, "valid for 60 seconds only"),
    ],
)  # fmt: skip
def test_what_hurts_later_is_remarked(token: Token, leaves: dict[str, Any], told: str) -> None:
    (found,) = remarks(token, **leaves)

    assert told in found


def test_nobody_misses_groups_that_no_block_reads() -> None:
    assert remarks(claims(), groupsClaim=None) == ()


def test_a_life_that_is_not_known_is_not_called_short() -> None:
    assert remarks(claims(groups=["ml"], exp=In(60), iat=ABSENT)) == ()


def test_a_refused_token_has_no_remarks() -> None:
    assert remarks(claims(aud="other")) == ()
