"""Adopt, change, verify and restore one block of an existing cluster, independently of Pulumi.

Every write is read, compare, write, verify: a fresh GET, no PATCH where nothing differs, a mask of
only the changed leaves, then a wait for RUNNING and equal values. Every operation may be run again
after any failure and continues where the last one stopped: what is about to be written is noted
before the PATCH (`Intent`), so that the next run knows of it even if the engine recorded nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic

from cks_components.api.client import Client
from cks_components.api.cluster_lookup import same_host, wrong_endpoint
from cks_components.api.errors import (
    CksError,
    GoneError,
    NotFoundError,
    RateLimitedError,
    RefusedError,
    UnexpectedAnswerError,
)
from cks_components.api.models import B, Block, Cluster
from cks_components.api.retry import asks_to_wait, delay_seconds
from cks_components.api.update_mask import differences, patch_body, readable
from cks_components.api.write_outcome import WriteOutcome, write_outcome
from cks_components.lifecycle.intent import Intent, IntentLog, Verb
from cks_components.lifecycle.missing_cluster import LastKnownCluster, read_existing_cluster
from cks_components.lifecycle.policies import OnDelete, OnDrift
from cks_components.lifecycle.waiting import RUNNING, Report, Wait

_MOST_ATTEMPTS = 5
"""Writes that a ready cluster may refuse before we stop; with the backoff, about 8 seconds."""
_LOOK = 'run "pulumi refresh" to record the change in the state, then this command again, or '
_NEXT_STEP: dict[Verb, str] = {
    "create": 'run "pulumi up" again: it continues from there ("pulumi destroy" reverts it)',
    "update": 'run "pulumi up" again: it continues from there; before you revert the stack file on '
    'another machine, run "pulumi refresh"',
    "delete": "run the same command again: it continues from there; to keep the configuration "
    'instead, run "pulumi refresh" first and then "pulumi up"',
}


@dataclass(frozen=True)
class Recorded(Generic[B]):
    """What the stack's state says of the block.

    Attributes:
        operation: the last operation that the engine recorded; empty for none, and before 0.2.
        block: the block that it set; None where the state has no such resource.
        previous: the block that was there before the stack.
        unconfirmed: blocks that may be live instead, because that operation was not confirmed.
    """

    operation: str = ""
    block: B | None = None
    previous: B | None = None
    unconfirmed: tuple[B, ...] = ()


@dataclass
class Attempt(Generic[B]):
    """How far an operation came, for the caller that records its failure.

    Attributes:
        may_have_landed: whether a PATCH was sent that the API may have accepted.
        previous: the block that was there before the stack; None until it is known.
        found: the block that was live before the first PATCH.
    """

    may_have_landed: bool = False
    previous: B | None = None
    found: B | None = None


@dataclass(frozen=True)
class BlockLifecycle(Generic[B]):
    """One cluster's block, owned through one client, with one time limit per operation.

    Attributes:
        kind: which block.
        seen: the cluster as it was seen last, to tell a deleted one from a recreated one.
        operation: names this operation in the intent and in the state.
        recorded: what the state says of the block.
        successor: another resource of this stack that holds the block now; empty for none.
        endpoint: the `apiServerEndpoint` that the stack file pins; empty for none.
        attempt: filled in while the operation runs.
    """

    client: Client
    cluster_id: str
    kind: type[B]
    timeout_seconds: float
    report: Report
    intents: IntentLog
    seen: LastKnownCluster = field(default_factory=LastKnownCluster)
    operation: str = ""
    recorded: Recorded[B] = field(default_factory=Recorded)
    successor: str = ""
    endpoint: str = ""
    attempt: Attempt[B] = field(default_factory=Attempt)

    def create(self, desired: B, *, adopt: bool) -> tuple[B, Cluster]:
        """Set the block on a cluster that has none.

        A cluster that has exactly the desired block is left alone. A block that this stack has
        set already, by an unfinished create or by a resource that this one replaces, is
        not foreign, and a restore still puts back what was there before that one.

        Returns:
            The block that was there before, and the cluster as it is now.

        Raises:
            RefusedError: the cluster has another block and `adopt` is False, or another client
                changes it at the same time.
        """
        ours = self._written_by_this_stack()
        last = self.intents.own(self.kind)
        was_there = self.recorded.previous or (last.previous if last else None)

        def before(live: B) -> B:
            return was_there if was_there is not None and live in ours else live

        def guard(cluster: Cluster) -> None:
            live = cluster.block(self.kind)
            if not (adopt or live in ours or live.is_unset):
                raise _foreign(cluster, live, desired, self.intents.others(self.kind))
            if self.attempt.found is None:
                self.attempt.found, self.attempt.previous = live, before(live)
                self._note("create", before(live), (*ours, desired))
                if live not in ours:
                    self._keep_in_the_log("was there before, and a restore puts it back", live)
            if live != self.attempt.found:
                raise _drifted(cluster, self.attempt.found, live, "set", "run the command again")

        live, cluster = self._put("create", desired, guard)
        previous = before(live)
        if live == desired and live not in ours:
            self.report.warn(_equal_but_not_ours(cluster, live, self.intents.others(self.kind)))
        self._note("create", previous, (desired,), is_done=True)
        return previous, cluster

    def update(self, known: B, desired: B, *, on_drift: OnDrift) -> Cluster:
        """Change the block from what is known to what is desired; return the cluster.

        Raises:
            RefusedError: the live block is not one that this stack has set, so it was
                changed outside, and `on_drift` is "refuse".
        """
        ours = (known, *self._written_by_this_stack())
        previous = self.recorded.previous or self.kind()
        self.attempt.previous = previous

        def guard(cluster: Cluster) -> None:
            live = cluster.block(self.kind)
            if self.attempt.found is None:
                self.attempt.found = live
                self._note("update", previous, (*ours, desired))
                if (other := self._other_owner(live)) is not None:
                    self.report.warn(
                        f"{self._what} is changed here, but the stack {other.stack} has set the same "
                        "values from this machine: that stack owns the configuration as well, and "
                        "will report this as a change from outside"
                    )
            if live in ours:
                return
            if on_drift == "refuse":
                raise _drifted(cluster, known, live, "change", _LOOK + 'set "onDrift: overwrite"')
            self._keep_in_the_log("was set outside this stack and is overwritten", live)

        cluster = self._put("update", desired, guard)[1]
        self._note("update", previous, (desired,), is_done=True)
        return cluster

    def delete(self, known: B, previous: B, *, on_delete: OnDelete) -> B | None:
        """Leave the cluster as `on_delete` says; a cluster that is gone is a success.

        A block that another resource of this stack, or another stack on this machine, owns now
        is left alone.

        Returns:
            The block that was written in its place; None if nothing was written.

        Raises:
            RefusedError: the block was changed outside meanwhile; that change is kept.
        """
        if self.successor:
            self.report.note(f"{self._what} is left alone, because {self.successor} owns it now")
            return None
        self.report.note(
            f'onDelete is "{on_delete}", as the last "pulumi up" recorded it: {self._what} '
            f"{_left_behind(previous, on_delete)}"
        )
        if on_delete == "retain":
            self.intents.drop(self.kind)
            return None
        left = self._left_by(previous, on_delete)
        ours = (known, *self._written_by_this_stack())

        def guard(cluster: Cluster) -> None:
            live = cluster.block(self.kind)
            if (heir := self._other_owner(live)) is not None:
                raise _HeldElsewhereError(heir.stack)
            if live not in ours:
                way_out = '"pulumi state delete" to leave it on the cluster'
                raise _drifted(cluster, known, live, on_delete, _LOOK + way_out)
            if self.attempt.found is None:
                self.attempt.found = live
                self._note("delete", previous, (*ours, left))

        written = None
        try:
            self._put("delete", left, guard)
            written = left if self.attempt.found is not None else None
        except GoneError as gone:
            self.report.note(str(gone))
        except _HeldElsewhereError as held:
            self.report.warn(
                f"{self._what} is left alone, because the stack {held.stack} set the same values "
                "from this machine and would lose them"
            )
        self.intents.drop(self.kind)
        return written

    def read(self) -> Cluster | None:
        """Read the cluster as it is; None once it is confirmed to be gone.

        The resources of one cluster share one request (`RecentReads`).

        A block that differs from the recorded one, and that this stack did not write, is logged: a
        refresh records it in the state, and the next write overwrites it, in the same run for
        `up --refresh`.
        """
        try:
            cluster = self.client.recent.get(
                self.cluster_id,
                lambda: read_existing_cluster(self.client, self.cluster_id, self.seen),
            )
        except GoneError as gone:
            self.report.note(str(gone))
            return None
        live = cluster.block(self.kind)
        block = self.recorded.block
        if block is not None and live not in (block, *self._written_by_this_stack()):
            self._keep_in_the_log(
                "is not the one that this stack set, and the refresh records it in the state", live
            )
        if self.endpoint and not same_host(self.endpoint, cluster.api_server_endpoint):
            self.report.warn(f"the pinned endpoint {wrong_endpoint(cluster, self.endpoint)}")
        return cluster

    @property
    def unfinished(self) -> Intent[B] | None:
        """The intent of an operation of this stack whose result the engine does not know."""
        intent = self.intents.own(self.kind)
        if intent is None or intent.is_done or intent.based_on != self.recorded.operation:
            return None
        return intent

    @property
    def _what(self) -> str:
        return f"{self.kind.title} on cluster {self.seen.name or self.cluster_id}"

    def _written_by_this_stack(self) -> tuple[B, ...]:
        """Blocks that may be live because of this stack, beside the one that is known.

        An intent counts only until the state changes: what another machine has recorded since then
        is newer than a note on this machine.
        """
        recorded, intent = self.recorded, self.intents.own(self.kind)
        if recorded.block is None:  # a create: no record could be newer than the intent
            return intent.wanted if intent else ()
        known = (recorded.block, *recorded.unconfirmed)
        return (*known, *(self.unfinished.wanted if self.unfinished else ()))

    def _other_owner(self, live: B) -> Intent[B] | None:
        """The last write of another stack on this machine that set the block's present values."""
        return next((i for i in self.intents.others(self.kind) if self._holds(i, live)), None)

    def _holds(self, intent: Intent[B], live: B) -> bool:
        """Whether another stack's last write set the block's present values.

        A write that our own state records is ours, even if another stack made it: the resource was
        moved between stacks, or the stack was renamed.
        """
        is_ours = intent.operation == self.recorded.operation
        return intent.is_done and intent.wanted[-1:] == (live,) and not is_ours

    def _note(self, verb: Verb, previous: B, wanted: Sequence[B], *, is_done: bool = False) -> None:
        self.intents.keep(
            Intent(
                operation=self.operation,
                based_on=self.recorded.operation,
                verb=verb,
                stack=self.intents.stack,
                previous=previous,
                wanted=tuple(dict.fromkeys(wanted)),
                is_done=is_done,
            )
        )

    def _left_by(self, previous: B, on_delete: OnDelete) -> B:
        if on_delete == "restore" and previous.is_whole:
            return previous
        if on_delete == "restore":
            incomplete = "was there before, but is incomplete, so it cannot be restored"
            self._keep_in_the_log(incomplete, previous)
        return self.kind()

    def _put(self, verb: Verb, desired: B, guard: Callable[[Cluster], None]) -> tuple[B, Cluster]:
        """Make the live block the desired one; return the block found at first, and the cluster.

        `guard` is called with every fresh read that a PATCH is built from; equal values need no
        check.
        """
        wait = Wait(
            self.client,
            self.cluster_id,
            title=self.kind.title,
            seen=self.seen,
            timeout_seconds=self.timeout_seconds,
            report=self.report,
            next_step=_NEXT_STEP[verb],
        )
        with self.client.polls.joined():
            return self._written(wait, desired, guard, verb)

    def _written(
        self, wait: Wait, desired: B, guard: Callable[[Cluster], None], verb: Verb
    ) -> tuple[B, Cluster]:
        cluster = wait.until_ready()
        if verb != "delete" and self.endpoint:
            _require_endpoint(cluster, self.endpoint)
        found = cluster.block(self.kind)
        attempt = 0
        while (body := patch_body(cluster, desired)) is not None:
            guard(cluster)
            _require_version(cluster, self.kind)
            try:
                self.client.patch_cluster(cluster, body)
            except CksError as error:
                self.attempt.may_have_landed |= write_outcome(error) is WriteOutcome.DOUBTFUL
                if write_outcome(error) is WriteOutcome.BUSY and wait.read().status != RUNNING:
                    cluster = (
                        wait.until_ready()
                    )  # refused because of its state: not counted as an attempt
                    continue
                attempt += 1
                cluster = self._after(error, attempt, cluster, desired, wait)
            else:
                self.attempt.may_have_landed = True
                return found, wait.until_equal(desired, cluster)
        if attempt:  # the answer was lost, but the change arrived
            cluster = wait.until_equal(desired, cluster)
        return found, cluster

    def _after(
        self, error: CksError, attempt: int, sent: Cluster, desired: B, wait: Wait
    ) -> Cluster:
        """Read the cluster again after a failed write.

        Raises:
            CksError: the given error, if it is final or occurred too often.
        """
        meaning = write_outcome(error)
        if isinstance(error, NotFoundError):
            wait.read()  # confirms that the cluster is gone
        # What the API's rate limit refuses, it takes later: only the time limit ends that.
        is_last = wait.is_over if isinstance(error, RateLimitedError) else attempt >= _MOST_ATTEMPTS
        if meaning is WriteOutcome.FINAL or is_last:
            raise error
        self.report.progress(
            f"the write was not confirmed ({meaning.value}): reading the cluster again"
        )
        if meaning is WriteOutcome.INVALID:
            # The cluster may have been upgraded between our read and our write.
            cluster = wait.until_ready()
            if cluster.version == sent.version:
                raise error
            return cluster
        if meaning is WriteOutcome.DOUBTFUL:
            if asks_to_wait(error):
                wait.pause(delay_seconds(error, attempt))
            return wait.until_decided(desired)
        wait.pause(delay_seconds(error, attempt))
        return wait.until_ready()

    def _keep_in_the_log(self, what: str, block: B) -> None:
        """Log a configuration before it is replaced, so that it is not lost if the run is killed."""
        if not block.is_unset:
            text = json.dumps(readable(block), sort_keys=True)
            self.report.note(f"{self._what}: this configuration {what}: {text}")


def _left_behind(previous: Block, on_delete: OnDelete) -> str:
    if on_delete == "retain":
        return "will be left as it is"
    if on_delete == "clear" or not previous.is_whole:
        return "will be removed"
    return "will be restored to what was there before this stack"


class _HeldElsewhereError(Exception):
    """Another stack has set the block's present values."""

    def __init__(self, stack: str) -> None:
        super().__init__(stack)
        self.stack = stack


def _foreign(
    cluster: Cluster, live: Block, desired: Block, others: Sequence[Intent[Any]]
) -> RefusedError:
    found = differences(live, desired)
    setter = next(
        (f"the stack {i.stack}" for i in others if live in i.wanted), "another tool or user"
    )
    return RefusedError(
        f"cannot set {live.title} on cluster {cluster.label}: it already has a configuration that "
        f'{setter} set ({"; ".join(found)}); set "adopt: true" to take it over (it is '
        "recorded and restored on destroy), or import it as it is with "
        '"cks-access import-file"',
        differences=found,
    )


def _equal_but_not_ours(cluster: Cluster, live: Block, others: Sequence[Intent[Any]]) -> str:
    setters = [i.stack for i in others if live in i.wanted]
    setter = f"the stack {setters[0]}" if setters else "another stack"
    return (
        f"{live.title} on cluster {cluster.label} already has exactly the wanted values, and "
        f"there is no record that this stack set them; nothing was sent. If {setter} set them, two "
        "stacks now own one configuration, and the first one to delete it takes it from the other. "
        'To move a cluster between stacks, use "pulumi state move", or set "onDelete: retain" in '
        'the other stack, run "pulumi up" there, and remove the cluster from it. A restore by this '
        "stack leaves the values as they are"
    )


def _drifted(cluster: Cluster, known: Block, live: Block, verb: str, way_out: str) -> RefusedError:
    found = differences(live, known, wanted="in the state")
    return RefusedError(
        f"cannot {verb} {live.title} on cluster {cluster.label}: it was changed outside this stack "
        f"({'; '.join(found)}); {way_out}",
        differences=found,
    )


def _require_endpoint(cluster: Cluster, pinned: str) -> None:
    if not same_host(pinned, cluster.api_server_endpoint):
        message = f"the pinned endpoint {wrong_endpoint(cluster, pinned)}"
        raise RefusedError(message)


def _require_version(cluster: Cluster, kind: type[Block]) -> None:
    if not cluster.version:
        message = (
            f"cannot change {kind.title} on cluster {cluster.label}, because the API returned no "
            "Kubernetes version for it and a change must carry that version; the change was not "
            "sent. Look at the cluster in the console, and ask CoreWeave's support if no version "
            "is shown there either"
        )
        raise UnexpectedAnswerError(message, status=200)
