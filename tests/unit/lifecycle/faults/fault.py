"""One row of the fault table: what happens, and what each operation makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from cks_components.api.errors import CksError
from lab.api import fleet

Operation = Literal["create", "update", "refresh", "delete"]
OPERATIONS: tuple[Operation, ...] = ("create", "update", "refresh", "delete")

Live = Literal["as before", "as wanted", "theirs", "gone"]
WayOut = Literal["again", "refresh", "adopt", "new id", "nothing"]

LIMIT_SECONDS = 300.0
"""The time limit of each operation (`update_timeout_seconds`)."""
REQUEST_SECONDS = 30.0
"""The time-out of one request (COREWEAVE_HTTP_TIMEOUT)."""
AT_THE_LIMIT = (LIMIT_SECONDS - 0.01, LIMIT_SECONDS + 0.01)
UPDATE_SECONDS = 5.0
"""How long a cluster is UPDATING after a PATCH."""
NEW_ID = "71b8dafa-e678-41ce-b676-22a2c7b79968"
"""The id of a cluster that was made anew under its old name."""


@dataclass(frozen=True)
class Put:
    """One fault as `lab.api.faults.add` puts it before the emulator."""

    kind: str
    options: Mapping[str, Any]


@dataclass(frozen=True)
class NoConnection:
    """So many requests of a method (empty: any) find no connection; None is for ever."""

    reason: str
    method: str = ""
    times: int | None = None


@dataclass(frozen=True)
class Cell:
    """What one operation makes of a fault.

    Attributes:
        end: the error that it ends with; None where it does what was asked.
        sent: PATCHes that reached the API.
        accepted: those of them that the API took.
        live: the cluster's block once everything has settled.
        but: leaves in which the block differs from that, with what they are instead.
        says: a part of the error's message, or of what a success leaves in the log.
        seconds: the least and the most time that it takes.
        then: what a person does once the fault is over, so that the wish comes true.
        faults: how this operation meets the fault, where it is otherwise than the row says.
    """

    end: type[CksError] | None = None
    sent: int = 0
    accepted: int = 0
    live: Live = "as before"
    but: Mapping[str, Any] = field(default_factory=dict)
    says: str = ""
    seconds: tuple[float, float] | None = None
    then: WayOut = "again"
    faults: tuple[Put | NoConnection, ...] | None = None


@dataclass(frozen=True)
class Fault:
    """One fault, or one variant of it.

    Attributes:
        id: its number in cks-api section 10.
        title: what happens, in words.
        must: what a client must do.
        faults: how it is put before the operation; the last one stands in front.
        clear: a delete that leaves no block at all, where it ends otherwise than one that brings
            a block back.
        endpoint: COREWEAVE_API_ENDPOINT, where the fault lies in it.
        cluster: whom the operation is about.
    """

    id: str
    title: str
    must: str
    faults: tuple[Put | NoConnection, ...]
    create: Cell
    update: Cell
    refresh: Cell
    delete: Cell
    clear: Cell | None = None
    endpoint: str = ""
    cluster: str = fleet.CONTROL_PLANE

    def cell(self, operation: Operation) -> Cell:
        """What the operation makes of it."""
        cell: Cell = getattr(self, operation)
        return cell

    def faults_of(self, cell: Cell) -> tuple[Put | NoConnection, ...]:
        """What is put before the operation of one cell."""
        return self.faults if cell.faults is None else cell.faults


@dataclass(frozen=True)
class Lookup:
    """A cluster that a stack file names, and a list that does not say which one it is.

    Attributes:
        wanted: the `name` or the `id`, as in the stack file.
        says: a part of the error's message; empty where the cluster is found.
    """

    id: str
    title: str
    wanted: Mapping[str, str]
    faults: tuple[Put, ...]
    end: type[CksError] | None = None
    says: str = ""


def put(kind: str, **options: Any) -> Put:
    """A fault with its options, as `lab.api.faults.add` takes them."""
    return Put(kind, options)


def outside(method: str = "GET", *, skip: int = 0, **act: Any) -> Put:
    """Somebody else acts just before a request; by default before the operation's first one."""
    return put("outside", method=method, target=fleet.CONTROL_PLANE, skip=skip, **act)


def becomes(status: str, method: str = "GET", *, skip: int = 0, **more: Any) -> Put:
    """The cluster gets a status by itself."""
    return outside(method, skip=skip, change={"status": f"STATUS_{status}", **more})


def done(
    sent: int = 1,
    *,
    accepted: int = 1,
    live: Live = "as wanted",
    seconds: tuple[float, float] = (0, 1.1 * UPDATE_SECONDS + 1.5),
    **more: Any,
) -> Cell:
    """What was asked is done, and the end was noticed soon."""
    return Cell(None, sent, accepted, live, seconds=seconds, **more)


def stops(end: type[CksError], says: str, *, sent: int = 0, accepted: int = 0, **more: Any) -> Cell:
    """The operation ends with an error."""
    return Cell(end, sent, accepted, says=says, **more)


def shown(*, seconds: tuple[float, float] = (0, 2), **more: Any) -> Cell:
    """A refresh shows the cluster as it is."""
    return Cell(seconds=seconds, **more)


def fault(
    number: int,
    title: str,
    must: str,
    *faults: Put | NoConnection,
    writes: Cell | None = None,
    refresh: Cell | None = None,
    **special: Any,
) -> Fault:
    """One row; the operations that write share a cell unless one has its own.

    Args:
        number: the number in cks-api section 10.
        title: what happens, in words.
        must: what a client must do.
        faults: how it is put before the operation.
        writes: the cell of create, update and delete.
        refresh: the cell of refresh; by default the cluster is shown as it is.
        special: cells of single operations, and what else a row may have.
    """
    usual: dict[str, Any] = {
        "create": writes or done(),
        "update": writes or done(),
        "refresh": refresh or shown(),
        "delete": writes or done(),
    }
    return Fault(f"F{number}", title, must, faults, **(usual | special))
