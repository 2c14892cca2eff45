"""What the README shows is what the program takes."""

from __future__ import annotations

import yaml

from cks_components.rules import examine
from docs.site import ROOT
from tests.documentation import blocks


def test_the_stack_file_of_the_readme_is_a_good_one() -> None:
    (shown,) = blocks(ROOT / "README.md", "yaml")
    config = yaml.safe_load(shown)["config"]

    settings = examine({k.removeprefix("cks-access:"): v for k, v in config.items()}).accepted()

    assert settings.clusters[0].name == "train-east"
    assert len(settings.bindings) == 2
