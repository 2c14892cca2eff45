"""The program that the page shows is one that the library takes."""

from __future__ import annotations

import ast
import inspect

import cks_components
from docs.site import ROOT
from tests.documentation import blocks

PAGE = ROOT / "docs" / "library.md"


def test_the_program_of_the_page_uses_public_names_and_arguments_that_there_are() -> None:
    (shown,) = blocks(PAGE, "python")
    tree = ast.parse(shown)
    calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)]

    assert {call.func.id for call in calls} <= set(cks_components.__all__)  # type: ignore[attr-defined] # looked at above
    for call in calls:
        taken = inspect.signature(getattr(cks_components, call.func.id)).parameters  # type: ignore[attr-defined] # as above
        assert {keyword.arg for keyword in call.keywords} <= set(taken)
