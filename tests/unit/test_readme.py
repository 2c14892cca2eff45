"""What the README shows is what the program takes."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from pathlib import Path

import yaml

import cks_components
from cks_components.rules import examine

README = Path(__file__).resolve().parents[2] / "README.md"


def test_the_stack_file_of_the_readme_is_a_good_one() -> None:
    (shown,) = re.findall(r"```yaml\n(.*?)```", README.read_text(), re.DOTALL)
    config = yaml.safe_load(textwrap.dedent("   " + shown.strip()))["config"]

    settings = examine({k.removeprefix("cks-access:"): v for k, v in config.items()}).accepted()

    assert settings.clusters[0].name == "train-east"
    assert len(settings.bindings) == 2


def test_the_program_of_the_readme_uses_public_names_and_arguments_that_there_are() -> None:
    (shown,) = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    tree = ast.parse(shown)
    calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)]

    assert {call.func.id for call in calls} <= set(cks_components.__all__)  # type: ignore[attr-defined] # looked at above
    for call in calls:
        taken = inspect.signature(getattr(cks_components, call.func.id)).parameters  # type: ignore[attr-defined] # as above
        assert {keyword.arg for keyword in call.keywords} <= set(taken)
