"""How an API server is recognised, and how we are: TLS settings of one kubeconfig."""

from __future__ import annotations

import os
import ssl
import tempfile
from pathlib import Path
from typing import Any

from lab.kubernetes_plugin.errors import KubeconfigError


class _Named(ssl.SSLContext):
    name: str = ""

    def wrap_socket(self, *args: Any, **more: Any) -> ssl.SSLSocket:
        """Begin TLS; the certificate has to be for the name."""
        named = {"server_hostname": self.name} if self.name else {}
        return super().wrap_socket(*args, **more | named)


def context(
    ca: str | None, certificate: str | None = None, key: str | None = None, *, server_name: str = ""
) -> ssl.SSLContext:
    """A verifying context: the given roots alone, else the system's or those of SSL_CERT_FILE.

    With `server_name` the certificate has to be for that name, whatever the address.

    Raises:
        KubeconfigError: a PEM cannot be read.
    """
    try:
        made = _Named(ssl.PROTOCOL_TLS_CLIENT)
        made.name = server_name
        if ca:
            made.load_verify_locations(cadata=ca)
        else:
            made.load_default_certs()
        if certificate and key:
            _load_client(made, certificate, key)
    except (ssl.SSLError, ValueError) as error:
        message = f"a certificate or key of the kubeconfig is not PEM: {type(error).__name__}"
        raise KubeconfigError(message) from None
    return made


def _load_client(made: ssl.SSLContext, certificate: str, key: str) -> None:
    # The ssl module reads client certificates from files only.
    descriptor, name = tempfile.mkstemp()
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(f"{certificate}\n{key}\n")
        made.load_cert_chain(name)
    finally:
        Path(name).unlink()
