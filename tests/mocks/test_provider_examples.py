"""Every example and stack file runs, and breaks no rule but those that it explains."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from cks_components.identity.discovery_document import Published
from cks_components.identity.providers import every_preset, preset
from cks_components.rules import RULES
from cks_components.stack import deploy
from cks_components.stack_file.settings import IdentitySettings

if TYPE_CHECKING:
    from tests.mocks.conftest import RecordingEngine

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "examples" / "providers"
PRESETS = {known.name: known for known in every_preset()}
RULE = re.compile("|".join(sorted({rule.id for rule in RULES})))
EFFECTIVE_NAMES = "OIDC-19"


def config(text: str) -> dict[str, Any]:
    """A stack file's values as the engine hands them over."""
    values = yaml.safe_load(text)["config"]
    return {k: v if isinstance(v, str) else json.dumps(v) for k, v in values.items()}


def good(issuer_url: str, **_more: object) -> Published:
    return Published(
        issuer=issuer_url,
        jwks_uri="https://keys.example.com",
        algorithms=("RS256",),
        pkce_methods=("S256",),
        keys=({"kty": "RSA"},),
    )


def runs_and_explains(text: str, engine: RecordingEngine, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    engine.deploy(lambda: deploy(config(text), good), preview=True)

    said = {rule for record in caplog.records for rule in RULE.findall(record.getMessage())}
    assert said - {EFFECTIVE_NAMES} == set(RULE.findall(text))
    assert engine.typed(":ClusterOidc")
    assert engine.typed("Binding")


@pytest.mark.parametrize("stack", ["development", "staging", "production"])
def test_the_stack_file_of_an_environment_runs_and_explains_what_it_breaks(
    stack: str, engine: RecordingEngine, caplog: pytest.LogCaptureFixture
) -> None:
    text = (ROOT / "stacks" / f"Pulumi.{stack}.yaml").read_text()

    runs_and_explains(text, engine, caplog)

    assert config(text)["cks-access:environment"] == stack


def test_every_preset_has_an_example() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {f"Pulumi.{name}.yaml" for name in PRESETS}


@pytest.mark.parametrize("name", list(PRESETS))
def test_an_example_runs_and_explains_what_it_breaks(
    name: str, engine: RecordingEngine, caplog: pytest.LogCaptureFixture
) -> None:
    text = (FOLDER / f"Pulumi.{name}.yaml").read_text()

    runs_and_explains(text, engine, caplog)

    identity = IdentitySettings.model_validate_json(config(text)["cks-access:identity"])
    assert preset(identity.provider, identity.oidc) is PRESETS[name]
