"""The address of a cluster's server, where the machine's own network settings are not enough."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Address:
    """One server and the route to it; the machine's own settings apply where a text is empty.

    Attributes:
        server: its https URL.
        proxy_url: takes the place of HTTPS_PROXY and NO_PROXY.
        tls_server_name: the name that the certificate is for, where it is not the URL's host.
        certificate_authority: PEM text; takes the place of the system's roots.
    """

    server: str
    proxy_url: str = ""
    tls_server_name: str = ""
    certificate_authority: str = field(default="", repr=False)
