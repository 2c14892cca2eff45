"""A CA is its certificates, whatever text holds them."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from cks_components.api.certificates import read_certificates
from cks_components.api.models import OidcConfig


def certificate(name: str) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(
        subject, subject, key.public_key(), 1, now, now + timedelta(days=1)
    ).sign(key, hashes.SHA256())
    return made.public_bytes(Encoding.PEM).decode()


ONE, TWO = certificate("one"), certificate("two")


def ca(text: str) -> str | None:
    return OidcConfig(ca=text).ca


@pytest.mark.parametrize(
    "text",
    [
        TWO + ONE,
        f"# a comment\n{ONE}\n\n{TWO}{ONE}",
        base64.b64encode((ONE + TWO).encode()).decode(),
        base64.encodebytes((TWO + ONE).encode()).decode(),
    ],
    ids=["another order", "comments and doubles", "base64", "base64 in lines"],
)
def test_the_same_certificates_are_the_same_ca(text: str) -> None:
    assert ca(text) == ca(ONE + TWO)


def test_it_is_sent_as_base64_of_pem_in_one_layer() -> None:
    sent = OidcConfig(ca=ONE).wire()["ca"]

    assert base64.b64decode(sent).decode() == ONE


def test_another_certificate_is_another_ca() -> None:
    assert ca(ONE) != ca(TWO)


def test_text_without_a_certificate_is_kept_for_the_message() -> None:
    broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"

    assert ca(broken) == broken
    assert read_certificates(broken) == []
