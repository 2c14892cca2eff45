"""The parts of a URL that somebody wrote, which need not be one."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit


def parts_of(url: str | None) -> SplitResult | None:
    """The parts of a URL, of which the port can be read; None if it is not a URL."""
    try:
        parts = urlsplit(url or "")
        _ = parts.port
    except ValueError:
        return None
    return parts


def host_of(url: str | None) -> str:
    """The host of a URL in lower case; empty where there is none."""
    parts = parts_of(url)
    return (parts.hostname or "") if parts else ""


def path_of(url: str | None) -> str:
    """The path of a URL without a slash at its end."""
    parts = parts_of(url)
    return parts.path.rstrip("/") if parts else ""
