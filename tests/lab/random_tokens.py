"""OIDC blocks and tokens at random; most are valid, or wrong in one or two details."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import strategies as st

from tests.tokens import ABSENT, ALICE, CLIENT, ISSUER, In, Token
from tests.verified_tokens import SOURCE

_TEXT = st.sampled_from(
    [
        "",
        "a",
        "ml",
        ALICE,
        "system:masters",
        "system:anonymous",
        "x=y",
        "é",
        "\ud800",
        "😀",
        "true",
        "5",
    ]
)
_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.just(1.5) | _TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_TEXT, inner, max_size=2),
    max_leaves=3,
)
_GROUPS = st.lists(st.sampled_from(["ml", "platform", "", None, "system:masters"]), max_size=3)
_TYPICAL: dict[str, st.SearchStrategy[Any]] = {
    "iss": st.sampled_from([ISSUER, f"{ISSUER}/", "accounts.google.com"]),
    "aud": st.sampled_from([CLIENT, [CLIENT], ["other", CLIENT], "other", [], [CLIENT, None]]),
    "exp": st.sampled_from(
        [In(600), In(-60), In(600.5), In(600, as_text=True), 1e18, 1e19, "1e10", "x"]
    ),
    "nbf": st.sampled_from([In(-60), In(30), In(120), In(120, as_text=True), None, "soon", 1e19]),
    "iat": st.sampled_from([In(0), In(3600), "yesterday", "5", None]),
    "sub": st.sampled_from(["u-1", "", "system:admin", None, 5]),
    "email": st.sampled_from([ALICE, "", None]),
    "email_verified": st.sampled_from([True, True, False, None, "true"]),
    "groups": _GROUPS | st.just("ml"),
    "roles": _GROUPS | st.just("ml"),
    "hd": st.sampled_from(["example.com", "example.com", "gmail.com", "", None, True]),
    "nonce": st.sampled_from(["x", 5]),
    "jti": st.sampled_from(["x", 5]),
    "_claim_names": st.sampled_from(
        [{"groups": "src1"}, {"groups": ""}, {"wids": "src1"}, {}, None]
    ),
    "_claim_sources": st.sampled_from(
        [SOURCE, {"src1": {}}, {"src1": {"JWT": "x"}}, {"src1": None}, {}, []]
    ),
}
_NAMES = st.sampled_from(list(_TYPICAL))
_SPELLINGS: st.SearchStrategy[Callable[[str], str]] = st.sampled_from(
    [str.upper, str.capitalize, lambda name: name.replace("s", "\u017f"), str]
)
_HEADERS: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [
        {"alg": "HS256"}, {"alg": "none"}, {"alg": 5}, {"kid": ABSENT}, {"kid": "new"}, {"kid": 5},
        {"typ": 5}, {"crit": ["x"]}, {"crit": []}, {"crit": None}, {"nonce": 5}, {"x5c": ["AAAA"]},
        {"jwk": {"kty": "oct", "k": "AA"}}, {"jwk": None}, {"zip": {}},
    ]
)  # fmt: skip
_TEXTS = st.sampled_from(
    [
        "{token} junk",
        "{token}\n",
        "{token}=",
        "{token}.",
        "{header}.{payload}",
        "{header}.{payload}.",
        "{payload}",
    ]
)


@st.composite
def tokens(draw: st.DrawFn) -> Token:
    """Draw a token."""
    changes = draw(st.lists(_members(), max_size=3))
    before, after = (
        draw(st.lists(_odd_members(), max_size=1)),
        draw(st.lists(_odd_members(), max_size=1)),
    )
    return Token(
        claims=dict(changes),
        header=draw(_HEADERS) if draw(st.integers(0, 4)) == 0 else {},
        payload="{{"
        + "".join(f"{m}," for m in before)
        + "{claims}"
        + "".join(f",{m}" for m in after)
        + "}}",
        key=draw(st.sampled_from(["rsa"] * 9 + ["foreign"])),
        text=draw(st.sampled_from(["{token}"] * 9) | _TEXTS),
    )


@st.composite
def _members(draw: st.DrawFn) -> tuple[str, Any]:
    name = draw(_NAMES)
    return name, draw(_TYPICAL[name] | _TYPICAL[name] | _VALUES | st.just(ABSENT))


@st.composite
def _odd_members(draw: st.DrawFn) -> str:
    """Draw a member beside the usual ones: the same name once more, or in another spelling."""
    name = draw(_NAMES)
    value = draw(_VALUES | _TYPICAL[name].filter(lambda v: not isinstance(v, In)))
    member = f"{json.dumps(draw(_SPELLINGS)(name))}:{json.dumps(value)}"
    return member.replace("{", "{{").replace("}", "}}")


def blocks() -> Iterator[dict[str, Any]]:
    """Every combination of what a block usually varies in."""
    prefixes = itertools.cycle(["okta:", "-", "system:", None])
    for user, group, required in itertools.product(
        ("sub", "email", "hd"), ("groups", "roles", None, "aud"), ("hd=example.com", None)
    ):
        leaves = {
            "usernameClaim": user,
            "usernamePrefix": next(prefixes),
            "groupsClaim": group,
            "groupsPrefix": next(prefixes),
            "requiredClaim": required,
        }
        yield {"clientId": CLIENT} | {k: v for k, v in leaves.items() if v is not None}
