"""The blocks that the fault table is about, as the API spells them."""

from __future__ import annotations

import base64
from typing import Any

from cks_components.api.certificates import canonical_ca

_ONE = """\
-----BEGIN CERTIFICATE-----
MIHHMHugAwIBAgIBATAFBgMrZXAwDjEMMAoGA1UEAwwDb25lMB4XDTI2MDEwMTAw
MDAwMFoXDTI3MDEwMTAwMDAwMFowDjEMMAoGA1UEAwwDb25lMCowBQYDK2VwAyEA
81Y1QI63n7oA5M2sW/RxmA6qMQT2qaAGWeGn3/umBGQwBQYDK2VwA0EAjjFrYzOx
hl8J4KXZqF6IQ1AwoS0Rw+w3TsYGC6nZltywTmiR/J0fhCNsc1le3OZ78rE/xbKQ
FYyGwtEa8v/ZAA==
-----END CERTIFICATE-----
"""
_TWO = """\
-----BEGIN CERTIFICATE-----
MIHHMHugAwIBAgIBATAFBgMrZXAwDjEMMAoGA1UEAwwDdHdvMB4XDTI2MDEwMTAw
MDAwMFoXDTI3MDEwMTAwMDAwMFowDjEMMAoGA1UEAwwDdHdvMCowBQYDK2VwAyEA
6yi16Zjk8nn03zHGckpxnOUaBaVmgsOyoOOG/OFeLs0wBQYDK2VwA0EAC+LqjlVS
6lQwj4LOCls+BrHxHCZdj4MWHyJuapkxsrPFVMf0UvH1Y9qbZ12e/rhgb6mrrbUR
6MFJqjr0xCGJDg==
-----END CERTIFICATE-----
"""
CA = canonical_ca(_ONE + _TWO)
RESPELLED_CA = base64.b64encode(f"# our roots\n{_TWO}{_ONE}".encode()).decode()
"""The same certificates in another text and another order."""
ALGORITHMS = ["SIGNING_ALGORITHM_RS256"]

BEFORE: dict[str, Any] = {
    "issuerUrl": "https://sso.before.example",
    "clientId": "k8s",
    "ca": CA,
    "signingAlgorithms": ALGORITHMS,
}
"""What update, refresh and delete found before they owned the block: a delete brings it back."""

OLD: dict[str, Any] = {
    "issuerUrl": "https://idp.example.com",
    "clientId": "cks",
    "groupsClaim": "groups",
    "groupsPrefix": "old:",
    "usernamePrefix": "-",
}
"""What the state says, and what the cluster has before an update, a refresh or a delete."""

NEW: dict[str, Any] = {
    "issuerUrl": "https://login.example.com",
    "clientId": "cks",
    "groupsClaim": "groups",
    "groupsPrefix": "new:",
    "usernamePrefix": "-",
    "ca": CA,
    "signingAlgorithms": ALGORITHMS,
}
"""What a create and an update want."""

THEIRS = OLD | {"clientId": "theirs"}
"""What somebody else makes of the block."""
