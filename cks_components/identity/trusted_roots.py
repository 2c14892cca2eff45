"""The TLS trust that kube-apiserver uses, for checks from this machine."""

from __future__ import annotations

import ssl

from cks_components.api.certificates import pem_text, read_certificates


def roots(ca: str | None) -> ssl.SSLContext:
    """Trust only the certificates in `ca`, leaf certificates included; without any, the system's.

    Args:
        ca: PEM text, or base64 of it.
    """
    pem = "".join(pem_text(c) for c in read_certificates(ca or ""))
    context = ssl.create_default_context(cadata=pem or None)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # set by default since Python 3.13
    return context
