"""What a complete run leaves behind, so that the next one ends at once when nothing has changed.

Only looks at files; no program is started and nothing heavy is imported for it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from lab.tools.program import PINS, Program, pins, plugin_download
from lab.tools.workspace import Place

_PLUGIN = "pulumi-resource-kubernetes"


@dataclass
class Stamp:
    """The record of one `.tools/`.

    Attributes:
        surroundings: what the run depended on; empty after an incomplete run.
        files: what it left, with time and size.
        made: the pin that each program was made from.
    """

    surroundings: str = ""
    files: dict[str, list[int]] = field(default_factory=dict)
    made: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, place: Place) -> Stamp:
        """The last run's record; an empty one if there is none that can be read."""
        try:
            return cls(**json.loads(_file(place).read_text()))
        except (OSError, ValueError, TypeError):
            return cls()

    def is_current(self, place: Place, programs: list[Program]) -> bool:
        """Whether another run would change nothing."""
        return (
            bool(self.files)
            and self.surroundings == surroundings(place, programs)
            and all(_state(Path(file)) == state for file, state in self.files.items())
        )

    def complete(self, place: Place, programs: list[Program], files: list[Path]) -> None:
        """Record that everything is there."""
        self.surroundings = surroundings(place, programs)
        self.files = {str(file): _state(file) for file in files}
        self.write(place)

    def write(self, place: Place) -> None:
        """Replace the record on disk."""
        draft = place.tools / "draft-stamp"
        draft.write_text(json.dumps(asdict(self), indent=1))
        draft.replace(_file(place))


def surroundings(place: Place, programs: list[Program]) -> str:
    """A digest of all that decides where a program comes from: pins, PATH, the mirror folder."""
    version = pins()[_PLUGIN]["version"]
    archive = plugin_download(version, place.here).file
    names = {_PLUGIN, archive}
    for program in programs:
        names.update((*program.names, *program.aliases))
        if program.download:
            names.add(program.download.file)
    candidates = [folder / name for folder in (*place.path, *place.mirror) for name in names]
    candidates.append(place.user_plugins / f"resource-kubernetes-v{version}" / _PLUGIN)
    seen = sorted([str(file), *map(str, _state(file))] for file in candidates if file.is_file())
    facts = [PINS.read_text(), str(place.checkout), str(place.here), str(place.mirror), str(seen)]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()


def _state(file: Path) -> list[int]:
    try:
        found = file.stat()
    except OSError:
        return []
    return [found.st_mtime_ns, found.st_size]


def _file(place: Place) -> Path:
    return place.tools / "stamp.json"
