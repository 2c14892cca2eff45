"""The provider's endpoints: discovery, keys, log-in and tokens."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import secrets
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import jwt
from aiohttp import web
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

HOST = "idp.cks-lab.example"
URL = f"https://{HOST}"
CLIENT = "cks-lab"
_KEY_ID = "lab-1"
_LIFE_SECONDS = 600
_LOOPBACK = ("localhost", "127.0.0.1")


@dataclass(frozen=True)
class Person:
    """Somebody who can log in."""

    email: str
    name: str
    groups: tuple[str, ...]


PEOPLE = {
    person.email: person
    for person in (
        Person("alice@example.com", "Alice", ("ml-engineers",)),
        Person("bob@example.com", "Bob", ("platform-admins",)),
        Person("carol@example.com", "Carol", ()),
    )
}


@dataclass(frozen=True)
class _Login:
    email: str
    redirect: str
    challenge: str
    nonce: str | None


class Issuer:
    """Signs tokens with a key of its own, made anew for each lab."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._codes: dict[str, _Login] = {}
        self._refresh: dict[str, str] = {}

    def mint(
        self,
        email: str,
        *,
        claims: Mapping[str, Any] | None = None,
        without: Collection[str] = (),
        header: Mapping[str, Any] | None = None,
    ) -> str:
        """Make an ID token for a person, as odd as wished: nothing of it is checked.

        Args:
            email: the person, one of `PEOPLE`.
            claims: more claims and other values; None is the value `null`.
            without: names of claims to leave out.
            header: the whole header instead of the usual one. The signature is RS256 with the
                published key, whatever it says.
        """
        person = PEOPLE[email]
        now = int(time.time())
        payload = {
            "iss": URL,
            "aud": CLIENT,
            "sub": f"lab|{person.name.lower()}",
            "email": person.email,
            "email_verified": True,
            "name": person.name,
            "groups": list(person.groups),
            "iat": now,
            "exp": now + _LIFE_SECONDS,
        } | dict(claims or {})
        usual = {"alg": "RS256", "typ": "JWT", "kid": _KEY_ID}
        kept = {name: value for name, value in payload.items() if name not in without}
        signed = f"{_part(usual if header is None else header)}.{_part(kept)}"
        signature = self._key.sign(signed.encode(), PKCS1v15(), hashes.SHA256())
        return f"{signed}.{_base64url(signature)}"

    def application(self) -> web.Application:
        """The provider as an application of its own."""
        app = web.Application()
        app.router.add_get("/.well-known/openid-configuration", self._discovery)
        app.router.add_get("/keys", self._keys)
        app.router.add_get("/authorize", self._authorize)
        app.router.add_post("/token", self._token)
        return app

    async def _discovery(self, _request: web.Request) -> web.Response:
        return web.json_response(
            {
                "issuer": URL,
                "authorization_endpoint": f"{URL}/authorize",
                "token_endpoint": f"{URL}/token",
                "jwks_uri": f"{URL}/keys",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "code_challenge_methods_supported": ["S256"],
                "scopes_supported": ["openid", "email", "groups", "offline_access"],
                "token_endpoint_auth_methods_supported": ["none"],
            }
        )

    async def _keys(self, _request: web.Request) -> web.Response:
        key = jwt.algorithms.RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        return web.json_response({"keys": [{**key, "kid": _KEY_ID, "use": "sig", "alg": "RS256"}]})

    async def _authorize(self, request: web.Request) -> web.Response:
        query = request.query
        redirect = query.get("redirect_uri", "")
        wrong = (
            query.get("client_id") != CLIENT
            or urlsplit(redirect).hostname not in _LOOPBACK
            or query.get("response_type") != "code"
            or query.get("code_challenge_method") != "S256"
        )
        if wrong:
            raise web.HTTPBadRequest(text="only client cks-lab, loopback redirects, code and S256")
        email = query.get("login_hint")
        if email not in PEOPLE:
            return _form(request)
        code = secrets.token_urlsafe(24)
        self._codes[code] = _Login(email, redirect, query["code_challenge"], query.get("nonce"))
        answer = urlencode({"code": code, "state": query.get("state", "")})
        onward = f"{redirect}?{answer}"
        raise web.HTTPFound(onward)

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        grant = form.get("grant_type")
        if grant == "refresh_token" and (
            email := self._refresh.pop(str(form.get("refresh_token")), "")
        ):
            return self._answer(email, None)
        login = self._codes.pop(str(form.get("code")), None)
        if grant != "authorization_code" or login is None:
            return web.json_response({"error": "invalid_grant"}, status=400)
        digest = hashlib.sha256(str(form.get("code_verifier")).encode()).digest()
        if _base64url(digest) != login.challenge or form.get("redirect_uri") != login.redirect:
            return web.json_response({"error": "invalid_grant"}, status=400)
        return self._answer(login.email, login.nonce)

    def _answer(self, email: str, nonce: str | None) -> web.Response:
        token = self.mint(email, claims={"nonce": nonce} if nonce else None)
        refresh = secrets.token_urlsafe(24)
        self._refresh[refresh] = email
        return web.json_response(
            {
                "id_token": token,
                "access_token": secrets.token_urlsafe(24),
                "refresh_token": refresh,
                "token_type": "Bearer",
                "expires_in": _LIFE_SECONDS,
            }
        )


def _part(content: Mapping[str, Any]) -> str:
    return _base64url(json.dumps(content, separators=(",", ":")).encode())


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _form(request: web.Request) -> web.Response:
    kept = "".join(
        f'<input type="hidden" name="{html.escape(k)}" value="{html.escape(v)}">'
        for k, v in request.query.items()
        if k != "login_hint"
    )
    people = "".join(
        f'<button name="login_hint" value="{p.email}"><b>{p.name}</b><br>{p.email}<br>'
        f"<small>{', '.join(p.groups) or 'no groups'}</small></button>"
        for p in PEOPLE.values()
    )
    page = f"""<!doctype html><html lang="en"><meta charset="utf-8"><title>Lab log-in</title>
<style>body{{font:16px system-ui;max-width:28em;margin:15vh auto}}
button{{display:block;width:100%;margin:.6em 0;padding:.8em;text-align:left;border:1px solid #bbb;
border-radius:8px;background:#fff;font:inherit;cursor:pointer}}button:hover{{border-color:#36c}}</style>
<h1>Who are you today?</h1><form method="get" action="/authorize">{kept}{people}</form></html>"""
    return web.Response(text=page, content_type="text/html")
