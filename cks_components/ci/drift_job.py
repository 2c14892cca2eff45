"""Looks at one stack for what was changed beside it, and for rights that have ended; changes nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from cks_components.access import matrix, page, report
from cks_components.api.errors import SettingsError
from cks_components.ci import preconditions
from cks_components.project import ended_rights, engine_command, stack_config, stack_version
from cks_components.project.ended_rights import EndedRight
from cks_components.project.engine_run import EngineRun, Step
from cks_components.project.stack_config import StackConfig

_EMPTY = (
    "nothing was compared: the state of this stack is empty; was the stack ever updated, and is "
    "PULUMI_BACKEND_URL that of its state?"
)


@dataclass(frozen=True)
class Drift:
    """What was found.

    Attributes:
        stack: the stack's name.
        run: the comparison with what is there; None if it was not made.
        ended: entries of the stack file whose rights have ended.
        problems: why something could not be looked at, and what to do; plain text.
        page: who has which role where, by the stack file, as HTML; empty if that is not known.
    """

    stack: str
    run: EngineRun | None
    ended: tuple[EndedRight, ...] = ()
    problems: tuple[str, ...] = ()
    page: str = ""

    @property
    def is_known(self) -> bool:
        """Whether everything could be looked at."""
        return self.is_complete and not self.problems

    @property
    def is_complete(self) -> bool:
        """Whether the state was compared with what is there, to its end."""
        return self.run is not None and self.run.code == 0

    @property
    def compared(self) -> list[Step]:
        """The resources of the state, without components and those of the engine itself."""
        steps = self.run.steps if self.run else []
        return [step for step in steps if step.old and not step.type.startswith("pulumi:")]

    @property
    def changed(self) -> list[Step]:
        """The resources that are no longer what the state says."""
        return [step for step in self.run.steps if step.is_change] if self.run else []

    @property
    def clusters(self) -> dict[str, str]:
        """The names of the clusters, by the last part of their ids, which resources' names begin with."""
        outputs = [step.old for step in self.run.steps] if self.run else []
        return {
            str(found["cluster_id"]).rpartition("-")[2]: str(found["cluster_name"])
            for found in outputs
            if found.get("cluster_id") and found.get("cluster_name")
        }


def look(stack: str) -> Drift:
    """Look at a stack of the project in this folder.

    Args:
        stack: the stack's name, or the path of its file.

    Raises:
        SettingsError: the project's file cannot be read.
    """
    name = stack_config.place_of(stack).stack
    ended: tuple[EndedRight, ...] = ()
    shown = ""
    problems: list[str] = []
    try:
        file = stack_config.find(stack)
        ended = tuple(ended_rights.of_file(file, datetime.now(UTC)))
        shown = _page(file)
    except SettingsError as error:
        problems += error.findings
    reasons = preconditions.unmet(changes=False)
    run = None if reasons else engine_command.preview_of_refresh(name)
    found = Drift(name, run, ended, (*problems, *reasons), shown)
    if found.is_complete and not found.compared and not found.changed:
        return replace(found, problems=(*problems, _EMPTY))
    return found


def _page(file: StackConfig) -> str:
    now = stack_version.read(file)
    table = report.of_access(file.stack, now.access, now.doubts)
    return page.of_report(table, matrix.of_access(now.access))
