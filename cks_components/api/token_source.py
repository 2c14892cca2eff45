"""Where the CoreWeave token comes from: the first of several sources that the environment names.

A source is asked when a request is sent, so that a token which ends within a long run is replaced.
No token is ever stored.
"""

from __future__ import annotations

import base64
import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import NamedTuple, Protocol

from cks_components.api.errors import SettingsError

TOKEN = "COREWEAVE_API_TOKEN"  # noqa: S105 - the variable's name, not a token
TOKEN_FILE = "COREWEAVE_API_TOKEN_FILE"  # noqa: S105 - the variable's name, not a token
TOKEN_COMMAND = "COREWEAVE_TOKEN_COMMAND"  # noqa: S105 - the variable's name, not a token
SERVICE_ACCOUNT = "COREWEAVE_SERVICE_ACCOUNT_UID"
OTHER_SOURCES = (TOKEN_FILE, TOKEN_COMMAND, SERVICE_ACCOUNT)
"""Where the token comes from if there is none in the environment; the first that is set is used."""
_EARLY_SECONDS = 60.0
_EARLY_SHARE = 0.25
"""A token is replaced a minute before its end, or after three quarters of a short life."""


class TokenSource(Protocol):
    """Gives the token for each request."""

    def token(self, refused: str = "") -> str:
        """The token to send now.

        Args:
            refused: a token of this source that a server has just refused; it is not given again
                if the source can get another.

        Raises:
            CksError: there is no token; the message names the source and never a token.
        """


class Issued(NamedTuple):
    """A token, and the time of its end in seconds since 1970; None if it is not known."""

    token: str
    expires: float | None


def origin_of(values: Mapping[str, str]) -> str:
    """How messages name the token, by the variable that is used: "the token in …"."""
    names = () if values.get(TOKEN, "").strip() else OTHER_SOURCES
    used = next((name for name in names if values.get(name)), TOKEN)
    return {
        TOKEN: f"the token in {TOKEN}",
        TOKEN_FILE: f"the token in the file of {TOKEN_FILE}",
        TOKEN_COMMAND: f"the token that {TOKEN_COMMAND} printed",
        SERVICE_ACCOUNT: f"the token of the service account in {SERVICE_ACCOUNT}",
    }[used]


@dataclass(frozen=True)
class TokenFile:
    """A file that holds a token; it is read at each request, since another program may renew it.

    Attributes:
        path: of the file.
        variable: the one that names it, for messages.
    """

    path: Path
    variable: str

    def token(self, refused: str = "") -> str:  # noqa: ARG002 - the file is read anew anyway
        """As `TokenSource` says."""
        try:
            text = self.path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not text"
            message = (
                f"cannot read the token from {self.path}, which {self.variable} names: {reason}; "
                "write a token into it, or name another file"
            )
            raise SettingsError([message]) from error
        return checked(text, f"the file {self.path}, which {self.variable} names,")


class CachedSource:
    """Keeps a token until shortly before its end; one caller at a time gets a new one.

    Args:
        get: gets a new token.
        now: the time in seconds since 1970; replaced by tests.
    """

    def __init__(self, get: Callable[[], Issued], now: Callable[[], float] = time.time) -> None:
        self._get = get
        self._now = now
        self._lock = Lock()
        self._token = ""
        self._renew_at = 0.0

    def token(self, refused: str = "") -> str:
        """As `TokenSource` says."""
        with self._lock:
            if self._token in ("", refused) or self._now() >= self._renew_at:
                began = self._now()
                self._token, expires = self._get()
                self._renew_at = math.inf if expires is None else _renewal(began, expires)
            return self._token


def _renewal(began: float, expires: float) -> float:
    return expires - min(_EARLY_SECONDS, (expires - began) * _EARLY_SHARE)


def checked(text: str, where: str) -> str:
    """A token without the space around it.

    Raises:
        SettingsError: it is empty, or contains what no token contains.
    """
    token = text.strip()
    if not token:
        raise SettingsError([f"{where} is empty; it must hold a token"])
    wrong = problem(token)
    if wrong:
        raise SettingsError([f"{where} {wrong}"])
    return token


def problem(token: str) -> str:
    """What is wrong with the text of a token, as the end of a sentence; empty if nothing is."""
    if token.lower().startswith("bearer "):
        return 'begins with the word "Bearer"; pass only what follows it'
    if token.startswith(("'", '"')):
        return "begins with a quotation mark; pass what is between the quotes"
    if not is_token(token):
        return "contains spaces or characters that a token cannot have; copy it again"
    return ""


def is_token(text: str) -> bool:
    """Whether a text may be a bearer token: printable ASCII without spaces."""
    return bool(text) and text.isascii() and text.isprintable() and " " not in text


def expiry(token: str) -> datetime | None:
    """When a JWT expires by its own claim; None if it has none. Nothing is verified."""
    seconds = expiry_seconds(token)
    try:
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def expiry_seconds(token: str) -> float | None:
    """The same in seconds since 1970."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return float(claims["exp"])
    except (IndexError, KeyError, TypeError, ValueError):
        return None
