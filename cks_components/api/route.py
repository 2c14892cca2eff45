"""How requests travel to a server, and what a person would change to lead them another way."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx

from cks_components.api.environment import ApiAccess, proxy_of
from cks_components.api.errors import SettingsError

_SCHEMES = ("http", "https")
"""Of proxies; for SOCKS the HTTP library wants another package, which nobody else here needs."""


@dataclass(frozen=True)
class Route:
    """The way to one server; as text it names addresses and where they come from, no password.

    Attributes:
        address: the server's.
        proxy: empty where none is used.
        way: the proxy, or why there is none, as the end of a sentence; empty where it is not known.
    """

    address: str
    proxy: str = field(default="", repr=False)
    way: str = ""

    def __str__(self) -> str:
        """The line that people read."""
        return f"{self.address} {self.way}".rstrip()

    @property
    def options(self) -> dict[str, Any]:
        """What makes an HTTP client go this way and no other."""
        trust = ssl.create_default_context()  # the system's roots, or SSL_CERT_FILE
        proxy = None
        if self.proxy:
            is_secure = urlsplit(self.proxy).scheme == "https"
            proxy = httpx.Proxy(self.proxy, ssl_context=trust if is_secure else None)
        return {"verify": trust, "proxy": proxy, "trust_env": False}


def route(access: ApiAccess) -> Route:
    """Find the way to a server in the environment.

    Raises:
        SettingsError: the proxy is of a kind that is not known here.
    """
    proxy = proxy_of(access.endpoint)
    address = f"{shown(access.endpoint)} ({access.origin})"
    if not proxy.url:
        return Route(address, way=f"without a proxy ({proxy.origin})")
    if urlsplit(proxy.url).scheme not in _SCHEMES:
        message = (
            f"{proxy.origin} names the proxy {shown(proxy.url)}; only http and https proxies are "
            "known here: name one of those, or exempt the host with NO_PROXY"
        )
        raise SettingsError([message])
    return Route(address, proxy.url, f"through the proxy {shown(proxy.url)} ({proxy.origin})")


def shown(url: str) -> str:
    """A URL as a message may have it: without user, password, query and fragment."""
    scheme, mark, rest = url.partition("://") if "://" in url else ("", "", url)
    return f"{scheme}{mark}{rest.rpartition('@')[2].partition('?')[0].partition('#')[0]}"
