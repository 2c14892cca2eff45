"""Every part of a stack file that a page shows is one that the schema accepts."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from cks_components.stack_file.reading import PROJECT
from docs.generate import pages
from docs.site import ROOT
from tests.documentation import PAGES, blocks

SCHEMA = json.loads(pages()["stack-file.schema.json"])
KEYS = SCHEMA["properties"]["config"]["properties"]
PARTIAL = {"environments.md": {"identity"}}  # the rest of it is in another block of the page


def settings(block: str) -> dict[str, Any]:
    """The keys of ours in a block, whatever of a stack file it shows."""
    content = json.loads(json.dumps(yaml.safe_load(textwrap.dedent(block)), default=str))
    shown = content.get("config", content) if isinstance(content, dict) else {}
    ours = {key: value for key, value in shown.items() if key.startswith(f"{PROJECT}:")}
    return {key.removeprefix(f"{PROJECT}:"): value for key, value in ours.items()}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_part_of_a_stack_file_fits_the_schema(page: Path) -> None:
    for block in blocks(page, "yaml", "yml"):
        for key, value in settings(block).items():
            if "." in key or key in PARTIAL.get(page.name, ()):
                continue
            schema = {"definitions": SCHEMA["definitions"], **KEYS[f"{PROJECT}:{key}"]}
            assert [str(error) for error in Draft7Validator(schema).iter_errors(value)] == []
