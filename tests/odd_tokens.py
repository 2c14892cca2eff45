"""Tokens that no issuer makes, and what kube-apiserver makes of them with the usual block.

The unit tests judge each without the issuer's keys; a test of the lab asks kube-apiserver.
"""

from __future__ import annotations

import json
from typing import Any

from tests.tokens import Token, claims, header, part

RSA: dict[str, Any] = {"kty": "RSA", "n": "AQAB", "e": "AQAB"}
EC: dict[str, Any] = {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}
ACCEPTED = {
    "a line end in the payload": Token(text="{header}.{payload}\n.{signature}"),
    "a tab in the header": Token(text="\t{token}"),
    "white space at the end": Token(text="{token}\n"),
    "junk after a space": Token(text="{token} junk"),
    "iss with another s": Token(payload='{{{claims},"i\u017f\u017f":"https://idp.example.com"}}'),
    "null after a value": Token(payload='{{{claims},"SUB":null,"NBF":null}}'),
    "a time beyond 64 bits of Go": claims(nbf=9223372036854775807),
    "a time in the year 32 billion": claims(exp=1e18),
    "a small number": Token(payload='{{{claims},"iat":5e-400}}'),
    "names twice, the last one empty": Token(
        payload='{{"_claim_names":{{"x":"y"}},{claims},"_claim_names":null}}', claims={"groups": []}
    ),
    "a claim twice": Token(payload='{{"email":5,{claims}}}'),
    "a source without address": claims(
        _claim_names={"groups": "s"}, _claim_sources={"s": {"Endpoint": None}}
    ),
    "an unknown source of another claim": claims(_claim_sources={}, _claim_names={}),
    "critical b64": header(crit=["b64"], b64=True),
    "a critical null": header(crit=None),
    "a parameter of many nested objects": header(x=json.loads('{"y":' * 600 + "1" + "}" * 600)),
    "any value of an unknown parameter": header(typ=5, zip=[{}, "x", 1.5], cty=None),
    "an RSA key in the header": header(jwk=RSA),
    "an Edwards key in the header": header(jwk={"kty": "OKP", "crv": "Ed25519", "x": "A" * 43}),
}
"""Those whose bearer gets in."""
REFUSED = {
    "a control character that is no white space to Go": (Token(text="\x1c{token}"), "malformed"),
    "a signature in the other alphabet": (Token(text="{header}.{payload}.+w"), "malformed"),
    "a signature cut off": (Token(text="{header}.{payload}.abcde"), "malformed"),
    "no signature": (Token(text="{header}.{payload}."), "signature"),
    "quotes around it": (Token(text='"{token}"'), "malformed"),
    "four parts": (Token(text="{token}.x"), "malformed"),
    "the word Bearer": (Token(text="Bearer {token}"), "malformed"),
    "an array": (Token(payload="[]"), "malformed"),
    "a constant of JavaScript": (Token(payload='{{{claims},"x":NaN}}'), "malformed"),
    "deeper than can be read": (Token(payload='{{{claims},"x":' + "[" * 100_000), "malformed"),
    "a header that is no JSON": (Token(text=f"{part(b'x')}.{{payload}}.AA"), "malformed"),
    "a header that is an array": (Token(text=f"{part(b'[]')}.{{payload}}.AA"), "malformed"),
    "a header that is not base64url": (Token(text="=.{payload}.AA"), "malformed"),
    "an empty header": (Token(text=".{payload}.AA"), "algorithm"),
    "a parameter twice": (
        Token(text=part(b'{"alg":"RS256","alg":"RS256"}') + ".{payload}.AA"),
        "malformed",
    ),
    "a name twice inside a parameter": (
        Token(text=part(b'{"alg":"RS256","x":[{"a":1,"a":2}]}') + ".{payload}.AA"),
        "malformed",
    ),
    "a number too large in the header": (
        Token(text=part(b'{"alg":"RS256","x":{"a":[1e400]}}') + ".{payload}.AA"),
        "malformed",
    ),
    "alg that is no text": (header(alg=5), "malformed"),
    "kid that is no text": (header(kid=5), "malformed"),
    "a certificate that is none": (header(x5c=["AAAA"]), "malformed"),
    "certificates that are no texts": (header(x5c=5), "malformed"),
    "a symmetric key in the header": (header(jwk={"kty": "oct", "k": "AA"}), "malformed"),
    "a private key in the header": (header(jwk={**RSA, "d": "AA"}), "malformed"),
    "a key off its curve in the header": (header(jwk=EC), "malformed"),
    "a key of an unknown curve": (header(jwk={**EC, "crv": "P-1"}), "malformed"),
    "a key without numbers": (header(jwk={"kty": "RSA"}), "malformed"),
    "a key with numbers that are no base64url": (header(jwk={**RSA, "n": "="}), "malformed"),
    "a key of an unknown type": (header(jwk={"kty": "AKP"}), "malformed"),
    "text for a key": (header(jwk="x"), "malformed"),
    "critical parameters that are no texts": (header(crit=[5]), "signature"),
    "iss and then an iss of another type": (Token(payload='{{{claims},"ISS":5}}'), "issuer"),
    "a time too large to be converted": (claims(exp=1e19), "expired"),
    "a time beyond a float": (Token(payload='{{{claims},"exp":1e400}}'), "claims"),
    "a time of many digits": (Token(payload='{{{claims},"exp":1' + "0" * 50 + "}}"), "expired"),
    "a time that Go reads anew from the other end": (claims(exp=9223372036854775807), "expired"),
    "a number in a source": (
        claims(_claim_names={}, _claim_sources={"s": {"endpoint": 5}}),
        "claims",
    ),
    "a number as a source": (claims(_claim_sources={"s": 5}), "claims"),
    "a JWT of another type in a source": (
        claims(_claim_names={}, _claim_sources={"s": {"JWT": 5}}),
        "distributed-claim",
    ),
    "a source in another spelling": (
        claims(_claim_names={"groups": "s"}, _claim_sources={}, _Claim_Sources={"s": {}}),
        "distributed-claim",
    ),
}
"""The others, each with the rule that refuses it."""
