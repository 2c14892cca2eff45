"""What was measured, kept in a file, so that one sitting can measure a part of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from pydantic import TypeAdapter

from bench.bare_programs import BareRow
from bench.fleet_simulation import Fleet, Outcome
from bench.operations import Row
from bench.start_up import StartUp


@dataclass
class Sitting:
    """When a part was measured.

    Attributes:
        others: the load average as it began: the processes that wanted to run beside it.
    """

    day: date
    others: float


@dataclass
class Results:
    """Everything that was measured.

    Attributes:
        sittings: of each part.
        rows: clusters that settle in a second, by their number.
        bare: programs that have nothing of this project.
        rbac: clusters with bindings and pipelines, by their number.
        plugin_is_the_labs: whether the official Kubernetes plugin was not there.
        settling: clusters that take 30 s to settle.
        distant: clusters whose API takes 100 ms to answer.
    """

    machine: str = ""
    sittings: dict[str, Sitting] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    bare: list[BareRow] = field(default_factory=list)
    rbac: list[Row] = field(default_factory=list)
    plugin_is_the_labs: bool = False
    settling: list[Row] = field(default_factory=list)
    distant: list[Row] = field(default_factory=list)
    imports: list[StartUp] = field(default_factory=list)
    verbs: list[StartUp] = field(default_factory=list)
    fleet: Fleet | None = None
    outcomes: list[Outcome] = field(default_factory=list)


_TYPE = TypeAdapter(Results)


def load(path: Path) -> Results:
    """What earlier sittings measured; nothing if there was none."""
    return _TYPE.validate_json(path.read_bytes()) if path.exists() else Results()


def save(results: Results, path: Path) -> None:
    """Keep it for the next sitting."""
    path.write_bytes(_TYPE.dump_json(results, indent=1) + b"\n")
