"""Signatures, and the keys that an issuer publishes."""

from __future__ import annotations

import base64
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import RSAKey
from joserfc.jws import JWSRegistry

from cks_components.api.models import OidcConfig
from cks_components.authentication import Verdict, judge
from cks_components.identity.discovery_document import Published
from lab.authority import Authority
from tests.tokens import BLOCK, ISSUER, Token, header, part, published_keys, sign

RSA, EC = published_keys()
GOOD = Published(issuer=ISSUER, jwks_uri=f"{ISSUER}/keys", keys=(RSA, EC))


def verdict(token: Token, *keys: object, published: Published = GOOD, **leaves: Any) -> Verdict:
    block = OidcConfig.model_validate({**BLOCK, **leaves})
    known = replace(published, keys=keys) if keys else published
    return judge(token.signed(), block, now=time.time(), published=known)


def test_a_signature_of_a_published_key_is_verified() -> None:
    assert verdict(Token()).signature == "verified"


@pytest.mark.parametrize("published", [GOOD, Published(problem="no route")])
def test_a_token_without_a_signature_is_refused_without_any_key(published: Published) -> None:
    found = verdict(Token(text="{header}.{payload}."), published=published)

    assert (found.rule, found.signature) == ("signature", "failed")
    assert "the token has no signature" in found.reason


@pytest.mark.parametrize(
    "published",
    [Published(problem="no route"), replace(GOOD, keys=None, keys_problem="answered 500")],
)
def test_a_signature_is_unchecked_where_the_keys_could_not_be_read(published: Published) -> None:
    found = verdict(Token(key="foreign"), published=published)

    assert (found.rule, found.signature) == (None, "unchecked")


def test_a_foreign_signature_fails() -> None:
    found = verdict(Token(key="foreign"))

    assert (found.rule, found.signature) == ("signature", "failed")
    assert "the token was changed, or another issuer signed it" in found.reason


def test_bits_after_the_last_byte_of_a_signature_are_ignored_as_go_does() -> None:
    signed = Token().signed()
    assert signed[-1] in "AQgw"  # 256 bytes leave four bits

    assert verdict(Token(text=signed[:-1] + chr(ord(signed[-1]) + 1))).signature == "verified"


def test_an_unknown_kid_is_named() -> None:
    assert (
        'the key "new" ("kid"), which the issuer does not publish'
        in verdict(header(kid="new")).reason
    )


def test_a_check_before_the_signature_leaves_it_unchecked() -> None:
    assert verdict(header(alg="none")).signature == "unchecked"


def test_a_check_after_the_signature_keeps_it_verified() -> None:
    found = verdict(Token(claims={"aud": "other"}))

    assert (found.rule, found.signature) == ("audience", "verified")


def test_what_a_key_says_of_its_use_is_ignored() -> None:
    assert verdict(Token(), {**RSA, "use": "enc", "alg": "RS512", "key_ops": ["sign"]}).rule is None


def test_a_key_without_kid_fits_a_token_without_kid_only() -> None:
    bare = {k: v for k, v in RSA.items() if k != "kid"}

    assert verdict(header(kid=""), bare).rule is None
    assert verdict(Token(), bare).rule == "signature"


@pytest.mark.parametrize(
    "other",
    [
        {"kty": "oct", "k": "AA", "kid": "rsa"},
        {**RSA, "d": "AA"},
        {**EC, "kid": "rsa"},
        {"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "rsa"},
    ],
    ids=["symmetric", "private", "of another type", "of bad numbers"],
)
def test_a_key_that_cannot_verify_does_no_harm_to_the_others(other: dict[str, Any]) -> None:
    assert verdict(Token(), other).rule == "signature"
    assert verdict(Token(), other, RSA).rule is None


@pytest.mark.parametrize(
    "other",
    [{"kty": "AKP"}, {**EC, "x": EC["y"]}, {**RSA, "n": 5}, {**RSA, "kid": 5}, "text", None],
    ids=["of a new type", "off its curve", "of a number", "with a number for kid", "text", "null"],
)
def test_a_key_that_go_jose_cannot_read_spoils_the_whole_set(other: object) -> None:
    found = verdict(Token(), RSA, other)

    assert (found.rule, found.signature) == ("signature", "failed")
    assert "so it reads none of them" in found.reason


def test_a_short_key_verifies_without_a_warning() -> None:
    key = _short_key()
    token = Token(text="{header}.{payload}.SIGNATURE").signed()
    signed = token.rpartition(".")[0]
    signature = part(JWSRegistry().get_alg("RS256").sign(signed.encode(), key))

    found = judge(
        f"{signed}.{signature}",
        OidcConfig.model_validate(BLOCK),
        now=time.time(),
        published=replace(GOOD, keys=({**key.as_dict(private=False), "kid": "rsa"},)),
    )

    assert found.signature == "verified"


def _short_key() -> RSAKey:
    with pytest.warns(match="2048"):
        return RSAKey.generate_key(1024)


def test_a_payload_that_was_signed_as_it_is_is_verified_so() -> None:
    token = header(b64=False, crit=["b64"]).signed()
    head, payload, _ = token.split(".")
    content = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    signature = part(sign(head.encode() + b"." + content, "rsa"))

    found = judge(
        f"{head}.{payload}.{signature}",
        OidcConfig.model_validate(BLOCK),
        now=time.time(),
        published=GOOD,
    )

    assert found.signature == "verified"


def test_a_certificate_in_the_header_is_no_key(tmp_path: Path) -> None:
    pem = Authority(tmp_path).certificate.read_text()
    der = "".join(line for line in pem.splitlines() if "-----" not in line)

    assert verdict(header(x5c=[der])).signature == "verified"
