"""The intent of an operation: what it will write to a block, noted before its PATCH.

The engine records nothing of an operation that is killed. With its intent the next run
knows what it may find on the cluster.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, Literal, Protocol

from cks_components.api.models import B, Block

Verb = Literal["create", "update", "delete"]


@dataclass(frozen=True, kw_only=True)
class Intent(Generic[B]):
    """What one operation is about to write, noted before its first PATCH.

    Attributes:
        operation: names the operation; the state repeats it once the engine has its result.
        based_on: the operation that the state repeated before; empty where there was none.
        verb: what the operation is.
        stack: the stack that it belongs to, as users name it.
        previous: the block that was there before the stack, which a restore brings back.
        wanted: every block that may be on the cluster by now; the last one is the latest.
        is_done: whether the last one was confirmed on the cluster.
        run: names the engine's run that it was part of; empty where that is not known.
    """

    operation: str
    based_on: str
    verb: Verb
    stack: str
    previous: B
    wanted: tuple[B, ...]
    is_done: bool = False
    run: str = ""


class IntentLog(Protocol):
    """Keeps intents between runs: one for each stack and each block of a cluster."""

    @property
    def stack(self) -> str:
        """The stack that runs this operation, as users name it."""
        ...

    def own(self, kind: type[B]) -> Intent[B] | None:
        """Return this stack's last intent."""
        ...

    def others(self, kind: type[B]) -> list[Intent[B]]:
        """Return the last intents of other stacks; they allow no write here."""
        ...

    def keep(self, intent: Intent[B]) -> None:
        """Keep this stack's intent in place of its last one."""
        ...

    def drop(self, kind: type[Block]) -> None:
        """Forget this stack's intent, because it no longer owns the block."""
        ...
