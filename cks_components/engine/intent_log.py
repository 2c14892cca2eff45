"""The intents of each stack for a block, kept on this machine between runs.

The engine records nothing of an operation that is killed, nor of a delete that fails, after its
PATCH. With this note the next run knows what it may find on the cluster. A note belongs to one
stack (organisation, project and name, and the state's backend): it permits that stack alone, and
only one that has the resource now, by a rename or a move, deletes it. Best effort: where a file
cannot be written or read, and on another machine, the log of the run is the only record.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cks_components.api.environment import home, state_backend
from cks_components.api.models import B, Block
from cks_components.engine import properties
from cks_components.lifecycle.intent import Intent


@dataclass(frozen=True)
class Journal:
    """The notes on one cluster, as one stack sees them; an `intent.IntentLog`.

    They contain a block's secret values, so only the owner of the file can read them.

    Attributes:
        cluster_id: the cluster's UUID.
        project_stack: `project/name`.
        organization: empty if the state does not have it, as before 0.2.
        backend: where the state lies, so that two stacks of one name are kept apart.
        run: names the run of the engine that this process is part of; empty for none.
    """

    cluster_id: str
    project_stack: str = ""
    organization: str = ""
    backend: str = ""
    run: str = ""

    @classmethod
    def of(cls, cluster_id: str, props: Mapping[str, Any]) -> Journal:
        """The notes as the stack of a bag sees them."""
        scope, _, _ = (
            str(props.get(properties.URN) or "").removeprefix("urn:pulumi:").partition("$")
        )
        name, _, rest = scope.partition("::")
        return cls(
            cluster_id,
            f"{rest.partition('::')[0]}/{name}",
            str(props.get(properties.ORGANIZATION) or ""),
            state_backend(),
            _run(),
        )

    @property
    def stack(self) -> str:
        """The stack, as users name it."""
        return f"{self.organization}/{self.project_stack}".removeprefix("/")

    def own(self, kind: type[B]) -> Intent[B] | None:
        """Return this stack's last intent; None if there is none."""
        return next((i for p in self._paths(kind) if (i := _read(p, kind)) is not None), None)

    def is_followed(self, kind: type[Block], operation: str) -> bool:
        """Whether another resource of this stack was made for the block in this run of the engine.

        That may have happened in another provider process, which `block_ownership` does not see.
        """
        noted = self.own(kind)
        return (
            noted is not None
            and noted.verb == "create"
            and noted.is_done
            and noted.operation != operation
            and noted.run == self.run != ""
        )

    def others(self, kind: type[B]) -> list[Intent[B]]:
        """Return the last intents of other stacks that can be read."""
        return list(self._others(kind).values())

    def keep(self, intent: Intent[B]) -> None:
        """Keep this stack's intent in place of its last one, even if the stack had another name."""
        noted = {
            "operation": intent.operation,
            "based_on": intent.based_on,
            "verb": intent.verb,
            "stack": intent.stack,
            "previous": properties.stored(intent.previous),
            "wanted": [properties.stored(block) for block in intent.wanted],
            "is_done": intent.is_done,
            "run": self.run,
        }
        path = self._paths(type(intent.previous))[0]
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_suffix(f".{intent.operation or 'draft'}")
            draft.touch(
                mode=0o600
            )  # the block is as it is, with leaves that a program holds secret
            draft.write_text(json.dumps(noted), encoding="utf-8")
            draft.replace(
                path
            )  # a kill leaves the old note or the new one, never an incomplete one
            self._forget_former(intent)

    def unfinished_creates(self, kind: type[B]) -> dict[str, Intent[B]]:
        """Creates of this stack that were not recorded, by the clusters of these notes.

        A create that is killed leaves nothing in the state. With "*" as its cluster, the notes are
        those of every cluster.
        """
        paths = list[Path]()
        with contextlib.suppress(OSError):
            paths = [found for own in self._paths(kind) for found in self._folder.glob(own.name)]
        read = {path.name.partition(f"-{kind.field}-")[0]: _read(path, kind) for path in paths}
        return {
            cluster_id: intent
            for cluster_id, intent in sorted(read.items())
            if intent and intent.verb == "create" and not (intent.is_done or intent.based_on)
        }

    def drop(self, kind: type[Block]) -> None:
        """Forget this stack's intent."""
        for path in self._paths(kind):
            with contextlib.suppress(OSError):
                path.unlink()

    @property
    def _folder(self) -> Path:
        return home() / "intents"

    def _others(self, kind: type[B]) -> dict[Path, Intent[B]]:
        own, paths = self._paths(kind), list[Path]()
        with contextlib.suppress(OSError):
            paths = sorted(self._folder.glob(f"{self.cluster_id}-{kind.field}-*.json"))
        read = {path: _read(path, kind) for path in paths if path not in own}
        return {path: intent for path, intent in read.items() if intent is not None}

    def _forget_former(self, intent: Intent[B]) -> None:
        """Drop the note of the operation that this one follows, if another stack has it.

        The stack had that name, or the resource was moved from that stack. If the note stayed, a
        later destroy would not restore.
        """
        for path, noted in self._others(type(intent.previous)).items():
            if noted.operation and noted.operation == intent.based_on:
                path.unlink()

    def _paths(self, kind: type[Block]) -> list[Path]:
        """The path of this stack's note, and its path before 0.2."""
        names = dict.fromkeys([self.organization, ""])
        owners = [f"{self.backend}\n{name}\n{self.project_stack}" for name in names]
        digests = [hashlib.sha256(owner.encode()).hexdigest()[:16] for owner in owners]
        return [self._folder / f"{self.cluster_id}-{kind.field}-{d}.json" for d in digests]


def _run() -> str:
    """The address of the engine, which differs in each run."""
    address = sys.argv[-1]  # the engine passes it to every provider process as the last argument
    return address if re.fullmatch(r"[^:]+:\d+", address) else ""


def _read(path: Path, kind: type[B]) -> Intent[B] | None:
    try:
        noted = json.loads(path.read_text(encoding="utf-8"))
        return Intent(
            operation=str(noted["operation"]),
            based_on=str(noted["based_on"]),
            verb=noted["verb"],
            stack=str(noted["stack"]),
            previous=kind.read(noted["previous"]),
            wanted=tuple(map(kind.read, noted["wanted"])),
            is_done=noted["is_done"] is True,
            run=str(noted.get("run", "")),
        )
    except (OSError, ValueError, KeyError, TypeError, ValidationError):
        return None
