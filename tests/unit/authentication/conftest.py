"""A certificate, for blocks with a `ca`."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from lab.authority import Authority


@pytest.fixture
def certificate(tmp_path: Path) -> str:
    """Base64 of a PEM text, as the API has it."""
    return base64.b64encode(Authority(tmp_path).certificate.read_bytes()).decode()
