"""The roles that every cluster has, and names that are a slip of the pen away from one.

Whether a cluster has a role is known to the cluster alone (RBAC-09); this asks nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from cks_components.rules.judged_binding import JudgedBinding
from cks_components.rules.rule import WARNING, Rule, Violation

WELL_KNOWN = (
    "view",
    "edit",
    "admin",
    "cluster-admin",
    "system:aggregate-to-admin",
    "system:aggregate-to-edit",
    "system:aggregate-to-view",
    "system:auth-delegator",
    "system:basic-user",
    "system:discovery",
    "system:kubelet-api-admin",
    "system:monitoring",
    "system:node-problem-detector",
    "system:persistent-volume-provisioner",
    "system:public-info-viewer",
    "system:service-account-issuer-discovery",
)
"""Those of kube-apiserver's own that people give to people and pipelines."""
_MOST_SLIPS = 2


def meant(name: str) -> str:
    """The well-known role that a name is one or two slips away from; empty where there is none.

    Letters in another case are no slip. A name with two has to begin as the role does: in a word of
    four letters they are half of it, and `audit` is a role of somebody's own rather than `edit`.
    """
    if name in WELL_KNOWN:
        return ""
    given = name.casefold()
    least, known = min((_slips(given, known), known) for known in WELL_KNOWN)
    is_near = least < _MOST_SLIPS or (least == _MOST_SLIPS and given[:1] == known[:1])
    return known if is_near else ""


def _slips(given: str, known: str) -> int:
    """How many letters were left out, put in, mistaken, or swapped with the next one."""
    before: list[int] = []
    row = list(range(len(known) + 1))
    for i, letters in enumerate(pairwise(f" {given}"), 1):
        older, before, row = before, row, [i]
        for j, expected in enumerate(pairwise(f" {known}"), 1):
            cost = min(before[j] + 1, row[-1] + 1, before[j - 1] + (letters[1] != expected[1]))
            if older and j > 1 and letters == expected[::-1]:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
    return row[-1]


def _misspelt(judged: JudgedBinding) -> Iterator[Violation]:
    role = judged.binding.cluster_role
    is_told_already = not role or "*" in role or role != role.strip()
    if not is_told_already and (known := meant(role)):
        yield Violation(
            "clusterRole",
            f'"{role}" looks like a misspelling of "{known}", a role that every cluster has. A '
            f'binding to a role that does not exist grants nothing; write "{known}", or waive '
            "RBAC-11 if you have a role of this name",
        )


RULES: tuple[Rule[JudgedBinding], ...] = (
    Rule(
        "RBAC-11",
        "a role's name is not a misspelling of one that every cluster has",
        WARNING,
        _misspelt,
    ),
)
