"""What a program may lean on: the names that the package gives out, and the PATH of a clone."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import cks_components

ROOT = Path(__file__).resolve().parents[2]
NAMES = [
    "Address",
    "Addresses",
    "ArgumentError",
    "AuthenticationWebhook",
    "AuthorizationWebhook",
    "AutomationAccess",
    "Binding",
    "CksError",
    "ClusterAccess",
    "ClusterAccessArgs",
    "ClusterAuthenticationWebhook",
    "ClusterAuthenticationWebhookArgs",
    "ClusterAuthorizationWebhook",
    "ClusterAuthorizationWebhookArgs",
    "ClusterOidc",
    "ClusterOidcArgs",
    "Context",
    "CustomRole",
    "CustomRoles",
    "Hook",
    "Identity",
    "Login",
    "Naming",
    "OidcConfig",
    "Pipeline",
    "Place",
    "RoleBindings",
    "RoleRule",
    "ServiceAccountToken",
    "ServiceAccountTokenArgs",
    "TokenTerms",
    "admin_credential",
    "build_kubeconfig",
    "managed_server",
    "person_credential",
    "unmanaged_server",
]


def test_the_public_names_are_those_that_were_promised() -> None:
    assert cks_components.__all__ == NAMES
    assert all(getattr(cks_components, name).__doc__ for name in NAMES)


def test_make_env_puts_our_python_and_our_programs_first() -> None:
    line = subprocess.run(
        ["make", "--silent", "env"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout

    path = subprocess.run(
        ["sh", "-c", f'{line}printf %s "$PATH"'],
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    folders = path.split(os.pathsep)
    assert folders[:2] == [str(ROOT / ".venv" / "bin"), str(ROOT / ".tools" / "bin")]
    assert folders[2:] == os.environ["PATH"].split(os.pathsep)
