"""What a create found before it wrote, kept on this machine until the engine has it in its state.

The engine records nothing of a create that fails or is killed after its PATCH. Without this note
the next create would find its own block and take it for somebody else's. Best effort: where the
file cannot be written or read, the log of the run is the only record.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from cks_components.api.environment import home
from cks_components.api.models import B, Block
from cks_components.engine import bag
from cks_components.lifecycle import Unfinished


@dataclass(frozen=True)
class Journal:
    """The note of one cluster; a `lifecycle.Memory`. It holds no secret."""

    cluster_id: str

    def recall(self, kind: type[B]) -> Unfinished[B] | None:
        """Return what unfinished creates noted; None where there is nothing to read."""
        try:
            noted = json.loads(self._path(kind).read_text(encoding="utf-8"))
            previous = kind.model_validate(noted["previous"])
            return Unfinished(previous, tuple(map(kind.model_validate, noted["wanted"])))
        except (OSError, ValueError, KeyError, TypeError, ValidationError):
            return None

    def remember(self, unfinished: Unfinished[B]) -> None:
        """Note what is about to be replaced, and by what."""
        noted = {
            "previous": bag.stored(unfinished.previous),
            "wanted": [bag.stored(block) for block in unfinished.wanted],
        }
        path = self._path(type(unfinished.previous))
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(noted), encoding="utf-8")

    def forget(self, kind: type[Block]) -> None:
        """The engine has it: drop the note."""
        with contextlib.suppress(OSError):
            self._path(kind).unlink()

    def _path(self, kind: type[Block]) -> Path:
        return home() / "unfinished" / f"{self.cluster_id}-{kind.field}.json"
