"""What the rules of `cks_components.rules.addresses` accept and refuse."""

from __future__ import annotations

from base64 import b64encode

from tests.unit.rules.subjects import (
    ROOT,
    Case,
    addresses,
    certificate,
)

CASES: list[Case] = [
    (
        "NET-01.1",
        addresses(
            {"servers.managed": "http://127.0.0.1:1", "servers.unmanaged": "https://a.ts.net:8443"}
        ),
        addresses({"servers.managed": "http://a.ts.net"}),
        "servers.managed",
        "must be an https URL with a host and no user (plain http is accepted for loopback "
        "addresses only), because tokens are sent there; write one such as "
        "https://train.tailnet.example",
    ),
    (
        "NET-02.1",
        addresses({"proxyUrl.managed": "http://p:3128", "proxyUrl.unmanaged": "socks5://p:1080"}),
        addresses({"proxyUrl": "socks5://p:1080"}),
        "proxyUrl",
        "must be the URL of a proxy (http, https); write one such as http://proxy.example:3128",
    ),
    (
        "NET-03.1",
        addresses({"tlsServerName": "a-1.example.com"}),
        addresses({"tlsServerName": "https://a.example.com"}),
        "tlsServerName",
        "must be a host name without a scheme or a port, exactly as in the certificate",
    ),
    (
        "NET-04.1",
        addresses({"certificateAuthority.managed": ROOT}),
        addresses({"certificateAuthority.managed": b64encode(ROOT.encode()).decode()}),
        "certificateAuthority.managed",
        "contains no certificate; paste the PEM text of the authority that signed the server's TLS "
        "certificate",
    ),
    (
        "NET-04.2",
        addresses({"certificateAuthority": ROOT}),
        addresses({"certificateAuthority": certificate("soon", days=29)}),
        "certificateAuthority",
        'the certificate "CN=soon" expires on 2026-06-30, and the cluster cannot be reached with '
        "it after that; add its successor next to it",
    ),
    (
        "NET-05.1",
        addresses({"servers.managed": "http://127.0.0.1", "tlsServerName.unmanaged": "a"}),
        addresses({"servers.managed": "http://127.0.0.1", "tlsServerName.managed": "a"}),
        "tlsServerName.managed",
        "has no effect, because the server is http; remove it",
    ),
    (
        "NET-06.1",
        addresses({"endpoint": "https://cw1234-4efb7af2.k8s.us-east-04a.coreweave.com:443/"}),
        addresses({"endpoint": "cw1234 4efb7af2"}),
        "endpoint",
        "must be the cluster's apiServerEndpoint, a host name without a path, such as "
        "cw1234-4efb7af2.k8s.us-east-04a.coreweave.com; leave it out, and it is read from the "
        "cluster",
    ),
]
