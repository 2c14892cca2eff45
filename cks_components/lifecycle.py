"""Adopt, change, verify and restore one block of an existing cluster. It knows no engine.

Every write is read, compare, write, verify: a fresh GET, no PATCH where nothing differs, a mask of
only the changed leaves, then a wait for RUNNING and equal values. Every operation may be run again
after any failure and continues where the last one stopped.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, Literal, Protocol

from cks_components.api.absence import Seen, read_surely
from cks_components.api.client import Client
from cks_components.api.errors import (
    CksError,
    GoneError,
    NotFoundError,
    RefusedError,
    UnexpectedAnswerError,
)
from cks_components.api.models import B, Block, Cluster
from cks_components.api.outcome import Outcome, outcome
from cks_components.api.retry import asks_to_wait, delay_seconds
from cks_components.api.update_mask import differences, patch_body
from cks_components.api.waiting import RUNNING, Report, Wait

OnDrift = Literal["refuse", "overwrite"]
OnDelete = Literal["restore", "clear", "retain"]

_MOST_ATTEMPTS = 5
"""Writes that a ready cluster may turn down before we stop; with the backoff, about 8 seconds."""


@dataclass(frozen=True)
class Unfinished(Generic[B]):
    """A create that has written, or was about to: what it found, and what it wanted."""

    previous: B
    desired: B


class Memory(Protocol):
    """Where a create notes what it found, until whoever records its result has done so."""

    def recall(self, kind: type[B]) -> Unfinished[B] | None:
        """Return what an unfinished create noted."""
        ...

    def remember(self, unfinished: Unfinished[B]) -> None:
        """Note it, before the first write."""
        ...

    def forget(self, kind: type[Block]) -> None:
        """Drop the note: the result is recorded."""
        ...


@dataclass(frozen=True)
class Owner(Generic[B]):
    """One cluster's block, owned through one client, with one time limit per operation.

    Attributes:
        kind: which block.
        seen: the cluster as it was seen last, to tell a deleted one from one made anew.
    """

    client: Client
    cluster_id: str
    kind: type[B]
    timeout_seconds: float
    report: Report
    memory: Memory
    seen: Seen = field(default_factory=Seen)

    def create(self, desired: B, *, adopt: bool) -> tuple[B, Cluster]:
        """Set the block on a cluster that has none.

        A cluster that has exactly the desired block is left alone. A block that an unfinished
        create of ours made is not somebody else's.

        Returns:
            The block that was there before, and the cluster as it is now.

        Raises:
            RefusedError: the cluster has another block and `adopt` is False, or somebody changes
                it at the same time.
        """
        earlier = self.memory.recall(self.kind)
        found: list[B] = []

        def guard(cluster: Cluster) -> None:
            live = cluster.block(self.kind)
            own = earlier is not None and live == earlier.desired
            if not (adopt or own or live.is_unset):
                raise _foreign(cluster, live, desired)
            if not found:
                found.append(live)
                self.memory.remember(Unfinished(_before(live, earlier), desired))
                self._keep_in_the_log("was there before, and is what a restore brings back", live)
            if live != found[0]:
                raise _drifted(cluster, found[0], live, "set", "run the command again")

        live, cluster = self._put(desired, guard)
        previous = _before(live, earlier)
        if live == previous == desired:
            self.report.note(
                f"{self.kind.title} on cluster {cluster.label} was already as wanted: nothing was "
                "sent, and a restore leaves it so"
            )
        return previous, cluster

    def update(self, known: B, desired: B, *, on_drift: OnDrift) -> Cluster:
        """Change the block from what is known to what is desired; return the cluster.

        Raises:
            RefusedError: the live block is not the known one, so somebody else changed it, and
                `on_drift` is "refuse".
        """
        self.memory.forget(self.kind)

        def guard(cluster: Cluster) -> None:
            live = cluster.block(self.kind)
            if live == known:
                return
            if on_drift == "refuse":
                way_out = 'run "pulumi refresh" to take note of it, or set "onDrift: overwrite"'
                raise _drifted(cluster, known, live, "change", way_out)
            self._keep_in_the_log("was changed outside this stack and is overwritten", live)

        return self._put(desired, guard)[1]

    def delete(self, known: B, previous: B, *, on_delete: OnDelete) -> None:
        """Leave the cluster as `on_delete` says; a cluster that is gone is already left.

        Raises:
            RefusedError: somebody else changed the block meanwhile; their work stays.
        """
        self.memory.forget(self.kind)
        if on_delete == "retain":
            return

        def guard(cluster: Cluster) -> None:
            live = cluster.block(self.kind)
            if live != known:
                way_out = (
                    'run "pulumi refresh" and destroy again to give that change up, or '
                    '"pulumi state delete" to leave it on the cluster'
                )
                raise _drifted(cluster, known, live, on_delete, way_out)

        try:
            self._put(previous if on_delete == "restore" else self.kind(), guard)
        except GoneError as gone:
            self.report.note(str(gone))

    def read(self) -> Cluster | None:
        """Read the cluster as it is; None once it is confirmed to be gone."""
        self.memory.forget(self.kind)
        try:
            return read_surely(self.client, self.cluster_id, self.seen)
        except GoneError as gone:
            self.report.note(str(gone))
            return None

    def _put(self, desired: B, guard: Callable[[Cluster], None]) -> tuple[B, Cluster]:
        """Make the live block the desired one; return the block found at first, and the cluster.

        `guard` is asked with every fresh read that a PATCH would be built from; equal values need
        no permission.
        """
        wait = Wait(
            self.client,
            self.cluster_id,
            title=self.kind.title,
            seen=self.seen,
            timeout_seconds=self.timeout_seconds,
            report=self.report,
        )
        cluster = wait.until_ready()
        found = cluster.block(self.kind)
        attempt = 0
        while (body := patch_body(cluster, desired)) is not None:
            guard(cluster)
            _require_version(cluster)
            try:
                self.client.patch_cluster(cluster, body)
            except CksError as error:
                if outcome(error) is Outcome.BUSY and wait.read().status != RUNNING:
                    cluster = wait.until_ready()  # its state refused us: no attempt is counted
                    continue
                attempt += 1
                cluster = self._after(error, attempt, cluster, desired, wait)
            else:
                return found, wait.until_equal(desired, cluster)
        if attempt:  # the answer was lost, but the change arrived
            cluster = wait.until_equal(desired, cluster)
        return found, cluster

    def _after(
        self, error: CksError, attempt: int, sent: Cluster, desired: B, wait: Wait
    ) -> Cluster:
        """Read the cluster anew after a failed write.

        Raises:
            CksError: the given error, where it is final or has come too often.
        """
        meaning = outcome(error)
        if isinstance(error, NotFoundError):
            wait.read()  # confirms that the cluster is gone
        if meaning is Outcome.FINAL or attempt >= _MOST_ATTEMPTS:
            raise error
        self.report.progress(f"no yes came back: reading the cluster again ({meaning.value})")
        if meaning is Outcome.INVALID:
            # Somebody may have upgraded the cluster between our read and our write.
            cluster = wait.until_ready()
            if cluster.version == sent.version:
                raise error
            return cluster
        if meaning is Outcome.DOUBTFUL:
            if asks_to_wait(error):
                wait.pause(delay_seconds(error, attempt))
            return wait.until_decided(desired)
        wait.pause(delay_seconds(error, attempt))
        return wait.until_ready()

    def _keep_in_the_log(self, what: str, block: B) -> None:
        """Nothing that a person made may be lost, even if we are ended before it is recorded."""
        if not block.is_unset:
            self.report.note(
                f"{self.kind.title} on cluster {self.seen.name or self.cluster_id}: this {what}: "
                f"{json.dumps(block.wire(), sort_keys=True)}"
            )


def _before(live: B, earlier: Unfinished[B] | None) -> B:
    """The block that was there before us: the live one, unless an unfinished create made it."""
    return earlier.previous if earlier is not None and live == earlier.desired else live


def _foreign(cluster: Cluster, live: Block, desired: Block) -> RefusedError:
    found = differences(live, desired)
    return RefusedError(
        f"cannot set {live.title} on cluster {cluster.label}: it already has a configuration that "
        f'somebody else made ({"; ".join(found)}); set "adopt: true" to take it over (it is '
        "recorded and restored on destroy), or take it into the state as it is with "
        '"cks-access import-file"',
        differences=found,
    )


def _drifted(cluster: Cluster, known: Block, live: Block, verb: str, way_out: str) -> RefusedError:
    found = differences(live, known, wanted="in the state")
    return RefusedError(
        f"cannot {verb} {live.title} on cluster {cluster.label}: it was changed outside this stack "
        f"({'; '.join(found)}); {way_out}",
        differences=found,
    )


def _require_version(cluster: Cluster) -> None:
    if not cluster.version:
        message = (
            f"cannot change cluster {cluster.label}: the API shows no version for it, and "
            "every change must repeat it; look at the cluster in the console"
        )
        raise UnexpectedAnswerError(message, status=200)
