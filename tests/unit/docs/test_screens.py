"""The screens in the pages are what the commands print."""

from __future__ import annotations

import pytest

from docs import screens
from docs.generate import FOLDER


@pytest.mark.parametrize("name", screens.PAGES)
def test_the_screens_of_a_page_are_what_its_commands_print(name: str) -> None:
    assert (FOLDER / name).read_text() == screens.page(name), 'run "make docs"'
