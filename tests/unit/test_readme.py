"""What the README shows is what the program takes."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import yaml

from cks_components.rules import examine

README = Path(__file__).resolve().parents[2] / "README.md"


def test_the_stack_file_of_the_readme_is_a_good_one() -> None:
    (shown,) = re.findall(r"```yaml\n(.*?)```", README.read_text(), re.DOTALL)
    config = yaml.safe_load(textwrap.dedent("   " + shown.strip()))["config"]

    settings = examine({k.removeprefix("cks-access:"): v for k, v in config.items()}).accepted()

    assert settings.clusters[0].name == "train-east"
    assert len(settings.bindings) == 2
