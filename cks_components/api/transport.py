"""The route of requests to a server: proxy, TLS name and certificate authority."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from cks_components.api.environment import ApiAccess, Proxy, proxy_of, shown
from cks_components.api.errors import SettingsError
from cks_components.api.http_library import httpx

_SCHEMES = ("http", "https")
"""Supported proxies; SOCKS would need another package for the HTTP library."""


@dataclass(frozen=True)
class Route:
    """The route to one server; as text it names addresses and their origin, but no password.

    Attributes:
        address: the server's.
        proxy: empty if none is used.
        way: the proxy, or why there is none, as the end of a sentence; empty where it is not known.
        tls_server_name: what the server's certificate is for; empty for the address's host.
        certificate_authority: PEM text; empty for the system's roots.
    """

    address: str
    proxy: str = field(default="", repr=False)
    way: str = ""
    tls_server_name: str = ""
    certificate_authority: str = field(default="", repr=False)

    def __str__(self) -> str:
        """The line that people read."""
        return f"{self.address} {self.way}".rstrip()

    @property
    def options(self) -> dict[str, Any]:
        """The options that make an HTTP client use this route.

        Raises:
            SettingsError: the certificate authority is not PEM text.
        """
        proxy = None
        if self.proxy:
            is_secure = urlsplit(self.proxy).scheme == "https"
            proxy = httpx.Proxy(
                self.proxy, ssl_context=ssl.create_default_context() if is_secure else None
            )
        # The system's roots, or SSL_CERT_FILE, where no authority is named.
        trust = _Named(ssl.PROTOCOL_TLS_CLIENT)
        trust.name = self.tls_server_name
        if self.certificate_authority:
            try:
                trust.load_verify_locations(cadata=self.certificate_authority)
            except (ssl.SSLError, ValueError):
                message = f"the certificate authority for {self.address} is not PEM text"
                raise SettingsError([message]) from None
        else:
            trust.load_default_certs()
        return {"verify": trust, "proxy": proxy, "trust_env": False}


class _Named(ssl.SSLContext):
    """Verifies the certificate for a given name instead of the address, with or without a proxy."""

    name: str = ""

    def wrap_socket(self, *args: Any, **more: Any) -> ssl.SSLSocket:
        """Begin TLS on a connection."""
        return super().wrap_socket(*args, **more | self._named)

    def wrap_bio(self, *args: Any, **more: Any) -> ssl.SSLObject:
        """Begin TLS inside another TLS connection, as through an https proxy."""
        return super().wrap_bio(*args, **more | self._named)

    @property
    def _named(self) -> dict[str, str]:
        return {"server_hostname": self.name} if self.name else {}


def route(access: ApiAccess) -> Route:
    """Find the route to a server from the environment.

    Raises:
        SettingsError: the kind of proxy is not supported.
    """
    own = Proxy(access.proxy_url, "proxyUrl") if access.proxy_url else None
    proxy = own or proxy_of(access.endpoint)
    trust = (access.tls_server_name, access.certificate_authority)
    address = f"{shown(access.endpoint)} ({access.origin})"
    if not proxy.url:
        return Route(address, "", f"without a proxy ({proxy.origin})", *trust)
    if urlsplit(proxy.url).scheme not in _SCHEMES:
        message = (
            f"{proxy.origin} names the proxy {shown(proxy.url)}; only http and https proxies are "
            "supported: use one of those, or exempt the host with NO_PROXY"
        )
        raise SettingsError([message])
    way = f"through the proxy {shown(proxy.url)} ({proxy.origin})"
    return Route(address, proxy.url, way, *trust)
