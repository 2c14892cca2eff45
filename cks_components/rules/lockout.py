"""Rules against locking oneself out: what an update takes from a cluster's administrators."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cks_components.rules.rule import ERROR_IN_PRODUCTION, Rule, Violation
from cks_components.stack_file.acknowledgement import NO_ADMINISTRATOR, OWN_RIGHTS

_REPAIR = "which can be repaired only through the managed endpoint with a CoreWeave token"


@dataclass(frozen=True, kw_only=True)
class JudgedRemoval:
    """What an update takes away on one cluster, compared with the last update.

    Attributes:
        administrators: who of the stack can change roles and bindings in the whole cluster now.
        keeps_administrator: whether anybody of the stack can after the update.
        identity: the name at kube-apiserver of whoever runs the update; empty if it is not known.
        own_losses: the rights that this identity loses.
    """

    cluster: str
    administrators: tuple[str, ...]
    keeps_administrator: bool
    identity: str = ""
    own_losses: tuple[str, ...] = ()


def _nobody_left(judged: JudgedRemoval) -> Iterator[Violation]:
    if judged.administrators and not judged.keeps_administrator:
        yield Violation(
            "",
            f"nobody of this stack can change roles and bindings on cluster {judged.cluster} after "
            f"this update ({', '.join(judged.administrators)} can now), {_REPAIR}; keep a binding to "
            f"cluster-admin, or write acknowledge: [{{risk: {NO_ADMINISTRATOR}, cluster: "
            f"{judged.cluster}, reason: WHY}}]",
        )


def _own_rights(judged: JudgedRemoval) -> Iterator[Violation]:
    if judged.own_losses:
        yield Violation(
            "",
            f"this update takes {', '.join(judged.own_losses)} on cluster {judged.cluster} from "
            f"{judged.identity}, which runs it, so that it may be the last one that this identity "
            "can run there; keep the right until another identity runs updates, or write "
            f"acknowledge: [{{risk: {OWN_RIGHTS}, cluster: {judged.cluster}, reason: WHY}}]",
        )


RULES: tuple[Rule[JudgedRemoval], ...] = (
    Rule(
        "LOCK-01",
        "an update leaves somebody of the stack who can change roles and bindings on the cluster, "
        "if there was somebody; `acknowledge` accepts it",
        ERROR_IN_PRODUCTION,
        _nobody_left,
        is_waivable=False,
    ),
    Rule(
        "LOCK-02",
        "an update takes no rights from the identity that runs it; `acknowledge` accepts it",
        ERROR_IN_PRODUCTION,
        _own_rights,
        is_waivable=False,
    ),
)
RISKS = {"LOCK-01": NO_ADMINISTRATOR, "LOCK-02": OWN_RIGHTS}
"""The risk that an acknowledgement has to name."""
