"""Renews the stored tokens of one stack that near their end, and changes nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from cks_components.ci import preconditions
from cks_components.ci.update_job import ROTATION
from cks_components.project import engine_command, stack_config
from cks_components.project.engine_run import EngineRun, Step

TYPE_TOKEN = "pulumi-python:dynamic/cks:ServiceAccountToken"  # noqa: S105 - a type, not a secret
"""As in `service_account_token`, whose import brings the engine's SDK with it."""


@dataclass(frozen=True)
class Rotation:
    """What was found and done.

    Attributes:
        stack: the stack's name.
        reasons: why nothing was done, and what to do; plain text.
        planned: the preview of a whole update; None if it was not made.
        done: the update of the tokens that are due; None if none is, or the preview failed.
    """

    stack: str
    reasons: tuple[str, ...] = ()
    planned: EngineRun | None = None
    done: EngineRun | None = None

    @property
    def tokens(self) -> list[Step]:
        """The stored tokens of the state, as the preview has them."""
        steps = self.planned.steps if self.planned else []
        return [step for step in steps if step.type == TYPE_TOKEN and step.old]

    @property
    def due(self) -> list[Step]:
        """The tokens that have to be renewed."""
        return [step for step in self.tokens if step.is_change]

    @property
    def renewed(self) -> dict[str, Step]:
        """The tokens that were renewed, by their URNs: another one than before is stored."""
        steps = self.done.steps if self.done else []
        return {s.urn: s for s in steps if s.type == TYPE_TOKEN and "expires_at" in s.changed_keys}

    @property
    def failed(self) -> list[Step]:
        """The tokens that are due, and that the update did not come to or failed at."""
        done = {step.urn for step in self.done.steps} if self.done else set()
        return [step for step in self.due if step.urn not in done]

    @property
    def waiting(self) -> int:
        """How many other resources wait for an update, without those of the engine itself."""
        due = {step.urn for step in self.due}
        steps = self.planned.steps if self.planned else []
        others = {s.urn for s in steps if s.is_change and not s.type.startswith("pulumi:")}
        return len(others - due)


def rotate(stack: str) -> Rotation:
    """Renew the tokens of a stack of the project in this folder that are due.

    Args:
        stack: the stack's name, or the path of its file.

    Raises:
        SettingsError: the project's file cannot be read.
    """
    name = stack_config.place_of(stack).stack
    reasons = preconditions.unmet(changes=True)
    if reasons:
        return Rotation(name, tuple(reasons))
    planned = engine_command.preview(name)
    found = Rotation(name, planned=planned)
    if planned.code != 0 or not found.due:
        return found
    done = engine_command.update(name, ROTATION, targets=[step.urn for step in found.due])
    return Rotation(name, planned=planned, done=done)
