"""Looks before an update whether it would lock somebody out of a cluster."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from cks_components.access.removal import Removal, in_words, removal
from cks_components.api.concurrent_calls import called_for_each
from cks_components.api.errors import CksError
from cks_components.engine.provider_call import connected_to
from cks_components.engine.stack_state import stack_state
from cks_components.kubernetes.address import Address
from cks_components.rules import Context, Finding, Level, lockout_findings
from cks_components.rules.lockout import JudgedRemoval
from cks_components.stack_file.settings import StackSettings

_SECONDS = 5.0


def findings(
    settings: StackSettings,
    servers: Sequence[Address],
    names: Sequence[str],
    context: Context,
) -> Iterator[Finding]:
    """Compare each cluster with what the last update recorded.

    Only a cluster on which somebody loses a right is asked for the identity that runs the update.

    Args:
        settings: of the stack.
        servers: the managed server of each cluster.
        names: the name of each cluster in the last update.
        context: how strictly.
    """
    outputs = stack_state().outputs.get("access")
    recorded = outputs if isinstance(outputs, Mapping) else {}
    removals = {
        index: removal(settings, index, rows)
        for index, name in enumerate(names)
        if isinstance(rows := recorded.get(name), list)
    }
    losing = [index for index, found in removals.items() if found.lost]
    judged = called_for_each(
        lambda index: _judged(settings, index, removals[index], servers[index]), losing
    )
    needed: set[int] = set()
    for index, (subject, problem) in zip(losing, judged, strict=True):
        yield from problem
        path = f"clusters[{index}]"
        for finding, used in lockout_findings(subject, path, settings.acknowledge, context):
            needed |= used
            yield finding
    for index in range(len(settings.acknowledge)):
        if index not in needed:
            yield Finding(
                level=Level.WARNING,
                path=f"acknowledge[{index}]",
                text="this update takes no such risk, so the acknowledgement would cover a later "
                "one that nobody has looked at; remove it",
            )


def _judged(
    settings: StackSettings, index: int, found: Removal, server: Address
) -> tuple[JudgedRemoval, list[Finding]]:
    key, identity, losses = settings.clusters[index].key, "", tuple[str, ...]()
    problem: list[Finding] = []
    if settings.identity is not None:  # else the names that it loses are not known
        try:
            with connected_to(server) as client:
                user = client.whoami(deadline_seconds=_SECONDS)
            identity = user.username
            losses = tuple(map(in_words, found.from_identity(user.username, user.groups)))
        except CksError as error:
            text = (
                f"cannot check whether this update takes rights on cluster {key} from the identity "
                f"that runs it: {error}"
            )
            problem = [Finding(level=Level.INFORMATION, path=f"clusters[{index}]", text=text)]
    judged = JudgedRemoval(
        cluster=key,
        administrators=found.administrators,
        keeps_administrator=found.keeps_administrator,
        identity=identity,
        own_losses=losses,
    )
    return judged, problem
