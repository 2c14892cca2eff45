"""A browser without a window: follows a log-in of kubelogin as one of the issuer's people."""

from __future__ import annotations

import ssl
import sys
from pathlib import Path

import httpx

from lab.issuer import provider
from lab.state import CHECKOUT


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
    """Go where a browser would go from this URL, choosing the person at the issuer's form."""
    with httpx.Client(verify=ssl.create_default_context(), timeout=20) as http:
        answer = http.get(url)
        while answer.next_request is not None:
            onward = answer.next_request.url
            if onward.host == provider.HOST:
                onward = onward.copy_merge_params({"login_hint": email})
            answer = http.get(onward)
        answer.raise_for_status()


if __name__ == "__main__":
    log_in(sys.argv[2], sys.argv[1])
