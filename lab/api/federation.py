"""The exchange of a job's OIDC token for a service account's, and the rule that decides on it.

As the vendor's provider uses it in its pull request 431; what the server refuses with is Connect's
form of errors. Signatures are not verified: nobody here is an issuer that CoreWeave trusts.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

PATH = "/coreweave.directory.v1alpha.InternalDirectoryService/ServiceAccountOidcAuth"


@dataclass
class Federation:
    """One trusted issuer and audience, and one service account with the claims that it trusts.

    Attributes:
        issuer: of the tokens that are trusted.
        audience: of these tokens.
        service_account: the UID that a job may ask for.
        claims: what a token must say besides.
        life_seconds: of the tokens that are issued.
        now: the time in seconds since 1970.
        issued: how many were.
    """

    issuer: str
    audience: str
    service_account: str
    now: Callable[[], float]
    claims: Mapping[str, str] = field(default_factory=dict)
    life_seconds: float = 3600.0
    issued: int = 0
    _ends: dict[str, float] = field(default_factory=dict)

    def exchange(self, body: bytes) -> tuple[int, dict[str, Any]]:
        """The status and the JSON object that an exchange is answered with."""
        try:
            asked = json.loads(body)
            claims = _claims(asked["oidcToken"])
        except (ValueError, KeyError, IndexError, AttributeError):
            return 400, {"code": "invalid_argument", "message": "oidcToken: not a JWT"}
        wanted = {"iss": self.issuer, "aud": self.audience, **self.claims}
        if any(claims.get(name) != value for name, value in wanted.items()):
            # A server that repeats what it was sent, which a client must not pass on.
            message = f"token {asked['oidcToken']} with {claims} is not trusted"
            return 401, {"code": "unauthenticated", "message": message}
        if asked.get("serviceAccountUid") != self.service_account:
            return 403, {"code": "permission_denied", "message": "no such service account"}
        token = "CW-SECRET-" + secrets.token_hex(16)
        end = self.now() + min(self.life_seconds, float(asked.get("durationSeconds", "3600")))
        self._ends[token] = end
        self.issued += 1
        stamp = datetime.fromtimestamp(end, UTC).isoformat().replace("+00:00", "Z")
        return 200, {"bearerToken": token, "expireTime": stamp}

    def accepts(self, token: str) -> bool:
        """Whether a token was issued and has not ended."""
        return self.now() < self._ends.get(token, 0.0)


def _claims(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    found = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return found if isinstance(found, dict) else {}
