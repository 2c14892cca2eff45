"""Promises of a stack file (`expect`, `verify`) that a change no longer makes."""

from __future__ import annotations

from collections.abc import Iterator

from cks_components.access.difference import Difference
from cks_components.access.quoted_text import Name, Phrase


def dropped_promises(difference: Difference) -> Iterator[tuple[str, Phrase]]:
    """The promises about clusters that stay, each with its cluster; a changed one is dropped too."""
    for old, new in difference.clusters.kept:
        made = {text for key, text in difference.after.promises if key == new.key}
        for key, text in dict.fromkeys(difference.before.promises):
            if key == old.key and text not in made:
                yield new.key, ("no longer promised in expect: ", Name(text))


def is_verification_dropped(difference: Difference) -> bool:
    """Whether updates ended with the tests of access, and no longer do."""
    return difference.before.is_verified and not difference.after.is_verified
