"""Where a server of a cluster is, for those whom the machine's own settings do not lead there."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Address:
    """One server and the way to it; an empty text leaves a thing to the machine's own settings.

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
