"""Certificates of authorities, as a block of the API and a stack file hold them."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography import x509


def canonical_ca(value: str) -> str:
    """Return base64 of the canonical PEM text of the certificates in `value`.

    `value` is PEM text or base64 of it. Certificates are sorted and named once, so that two texts
    with the same certificates become equal. Text without a certificate is returned as it is.
    """
    pems = sorted({pem_text(certificate) for certificate in read_certificates(value)})
    return base64.b64encode("".join(pems).encode()).decode() if pems else value


def read_certificates(value: str) -> list[x509.Certificate]:
    """Read the certificates of a PEM text or of base64 of one; none where there is none."""
    raw = value.encode()
    if b"-----BEGIN" not in raw:
        try:
            raw = base64.b64decode("".join(value.split()), validate=True)
        except (binascii.Error, ValueError):
            return []
        if not raw:
            return []
    from cryptography import x509  # most stacks name no authority

    try:
        return x509.load_pem_x509_certificates(raw)
    except ValueError:
        return []


def pem_text(certificate: x509.Certificate) -> str:
    """The PEM text of one certificate."""
    from cryptography.hazmat.primitives.serialization import Encoding  # as above

    return certificate.public_bytes(Encoding.PEM).decode()


def is_an_authority(certificate: x509.Certificate) -> bool:
    """Whether the certificate may sign others."""
    from cryptography import x509  # as above

    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False
