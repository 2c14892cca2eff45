"""A browser without a window: follows a log-in of kubelogin as one of the issuer's people."""

from __future__ import annotations

import ssl
import sys
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import httpx

from lab.issuer import provider, realm
from lab.state import CHECKOUT


class LogInError(Exception):
    """The issuer did not let the person in."""


@dataclass
class Form:
    """What a form of a page would send, and where to."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)


def install(folder: Path, email: str) -> Path:
    """Make an `xdg-open` in the folder, to be put first on PATH, that logs this person in."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "xdg-open"
    program.write_text(
        f'#!/bin/sh\ncd {CHECKOUT} && exec {sys.executable} -m lab.browser {email} "$1"\n'
    )
    program.chmod(0o755)
    return program


def log_in(url: str, email: str) -> None:
    """Go where a browser would go from this URL, as the person at the issuer's form.

    Raises:
        LogInError: the form comes back.
    """
    with httpx.Client(verify=ssl.create_default_context(), timeout=20) as http:
        answer = _follow(http, http.get(url), email)
        form = password_form(answer.text)
        if form is not None:
            name = realm.username(email)
            filled = form.fields | {"username": name, "password": name}
            answer = _follow(http, http.post(answer.url.join(form.action), data=filled), email)
            if password_form(answer.text):
                message = f"{answer.url.host} does not let {email} in"
                raise LogInError(message)
        answer.raise_for_status()


def password_form(page: str) -> Form | None:
    """The form of a page that asks for a password, with all that it sends unseen."""
    reader = _Forms()
    reader.feed(page)
    return reader.found


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: Form | None = None
        self._open = Form("")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = Form(given.get("action", ""))
        elif tag == "input" and given.get("type") == "hidden":
            self._open.fields[given.get("name", "")] = given.get("value", "")
        elif tag == "input" and given.get("type") == "password":
            self.found = self._open


def _follow(http: httpx.Client, answer: httpx.Response, email: str) -> httpx.Response:
    while answer.next_request is not None:
        onward = answer.next_request.url
        if onward.host == provider.HOST:
            onward = onward.copy_merge_params({"login_hint": email})
        answer = http.get(onward)
    return answer


if __name__ == "__main__":
    log_in(sys.argv[2], sys.argv[1])
