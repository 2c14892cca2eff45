"""Adopt, change, verify and restore the OIDC block of an existing cluster. It knows no engine.

Every write is read, compare, write, verify: a fresh GET, no PATCH where nothing differs, a mask of
only the changed leaves, then a wait for RUNNING and equal values. Every operation may be run again
after any failure and continues where the last one stopped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from cks_components.api.client import Client
from cks_components.api.errors import (
    ApiError,
    CksError,
    ConflictError,
    InvalidRequestError,
    NoAnswerError,
    NotFoundError,
    RateLimitedError,
    RefusedError,
    ServerError,
    UnexpectedAnswerError,
)
from cks_components.api.models import Cluster, OidcConfig
from cks_components.api.retry import delay_seconds
from cks_components.api.update_mask import differences, patch_body
from cks_components.api.waiting import DEFAULT_TIMEOUT_SECONDS, Progress, Wait

OnDrift = Literal["refuse", "overwrite"]
OnDelete = Literal["restore", "clear", "retain"]

_UNSET = OidcConfig()
_MOST_ATTEMPTS = 4
_MOMENT_SECONDS = 1.0


def _silent(_text: str) -> None:
    pass


@dataclass(frozen=True)
class Owner:
    """One cluster's block, owned through one client, with one time limit per operation."""

    client: Client
    cluster_id: str
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS
    progress: Progress = _silent

    def create(self, desired: OidcConfig, *, adopt: bool) -> OidcConfig:
        """Set the block on a cluster that has none, and return what was there before.

        A cluster that has exactly the desired block is left alone.

        Raises:
            RefusedError: the cluster has another block and `adopt` is False.
        """

        def guard(cluster: Cluster) -> None:
            if not (adopt or cluster.oidc.is_unset):
                raise _foreign(cluster, desired)

        return self._put(desired, guard)

    def update(self, known: OidcConfig, desired: OidcConfig, *, on_drift: OnDrift) -> None:
        """Change the block from what is known to what is desired.

        Raises:
            RefusedError: the live block is not the known one, so somebody else changed it, and
                `on_drift` is "refuse".
        """

        def guard(cluster: Cluster) -> None:
            if on_drift == "refuse" and cluster.oidc != known:
                raise _drifted(cluster, known, "change", 'or set "onDrift: overwrite"')

        self._put(desired, guard)

    def delete(self, known: OidcConfig, previous: OidcConfig, *, on_delete: OnDelete) -> None:
        """Leave the cluster as `on_delete` says; a cluster that is gone is already left.

        Raises:
            RefusedError: somebody else changed the block meanwhile; their work stays.
        """
        if on_delete == "retain":
            return

        def guard(cluster: Cluster) -> None:
            if cluster.oidc != known:
                raise _drifted(cluster, known, "restore", 'or set "onDelete: retain"')

        try:
            self._put(previous if on_delete == "restore" else _UNSET, guard)
        except NotFoundError:
            if not self.client.is_gone(self.cluster_id):
                raise

    def read(self) -> Cluster | None:
        """Read the cluster as it is; None once it is confirmed to be gone."""
        try:
            return self.client.get_cluster(self.cluster_id)
        except NotFoundError:
            if self.client.is_gone(self.cluster_id):
                return None
            return self.client.get_cluster(self.cluster_id)

    def _put(self, desired: OidcConfig, guard: Callable[[Cluster], None]) -> OidcConfig:
        """Make the live block the desired one and return the block that was found at first.

        `guard` is asked with every fresh read that a PATCH would be built from; equal values need
        no permission.
        """
        wait = Wait(
            self.client,
            self.cluster_id,
            timeout_seconds=self.timeout_seconds,
            progress=self.progress,
        )
        cluster = wait.until_ready()
        found = cluster.oidc
        attempt = 0
        while (body := patch_body(cluster, desired)) is not None:
            guard(cluster)
            _require_version(cluster)
            attempt += 1
            try:
                self.client.patch_cluster(self.cluster_id, body)
            except CksError as error:
                self._give_up_or_pause(error, attempt, cluster, wait)
                cluster = wait.until_ready()
            else:
                wait.until_equal(desired, cluster)
                return found
        if attempt:  # the answer was lost, but the change arrived
            wait.until_equal(desired, cluster)
        return found

    def _give_up_or_pause(self, error: CksError, attempt: int, sent: Cluster, wait: Wait) -> None:
        """Pause if the PATCH may be built anew from a fresh read; raise if the error is final."""
        if isinstance(error, InvalidRequestError):
            # Somebody upgraded the cluster between our read and our write: read the new version.
            if attempt > 1 or wait.until_ready().version == sent.version:
                raise error
            return
        doubtful = isinstance(error, ServerError) and error.status != 501
        unanswered = isinstance(error, NoAnswerError) and error.retry
        foreign = isinstance(error, UnexpectedAnswerError) and not 300 <= error.status < 500
        busy = isinstance(error, ConflictError | RateLimitedError)
        if attempt >= _MOST_ATTEMPTS or not (doubtful or unanswered or foreign or busy):
            raise error
        # An unanswered write may still be on its way: give it a moment before the read decides.
        limited = isinstance(error, ApiError) and error.retry_after is not None
        self.progress(
            f"the answer was not a yes: reading the cluster again ({type(error).__name__})"
        )
        wait.pause(delay_seconds(error, attempt) if limited or busy else _MOMENT_SECONDS)


def _foreign(cluster: Cluster, desired: OidcConfig) -> RefusedError:
    found = differences(cluster.oidc, desired)
    return RefusedError(
        f"cannot set OIDC on cluster {cluster.label}: it already has a configuration that "
        f'somebody else made ({"; ".join(found)}); set "adopt: true" to take it over (it is '
        "recorded and restored on destroy), or name another cluster",
        differences=found,
    )


def _drifted(cluster: Cluster, known: OidcConfig, verb: str, way_out: str) -> RefusedError:
    found = differences(cluster.oidc, known, wanted="in the state")
    return RefusedError(
        f"cannot {verb} OIDC on cluster {cluster.label}: it was changed outside this stack "
        f'({"; ".join(found)}); run "pulumi refresh" to take note of it, {way_out}',
        differences=found,
    )


def _require_version(cluster: Cluster) -> None:
    if not cluster.version:
        message = (
            f"cannot set OIDC on cluster {cluster.label}: the API shows no version for it, and "
            "every change must repeat it; look at the cluster in the console"
        )
        raise UnexpectedAnswerError(message, status=200)
