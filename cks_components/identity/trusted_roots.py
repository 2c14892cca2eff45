"""Whose certificates are trusted, as kube-apiserver trusts them."""

from __future__ import annotations

import ssl

from cryptography.hazmat.primitives.serialization import Encoding

from cks_components.api.models import read_certificates


def roots(ca: str | None) -> ssl.SSLContext:
    """Trust the certificates of `ca` alone, a leaf among them included; without any the system's.

    Args:
        ca: PEM text, or base64 of it.
    """
    pem = "".join(c.public_bytes(Encoding.PEM).decode() for c in read_certificates(ca or ""))
    context = ssl.create_default_context(cadata=pem or None)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # Python 3.13 would ask for more
    return context
