"""The roles that every cluster has, and misspellings of their names.

Only a cluster knows which roles it has (RBAC-09); this rule does not ask it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
"""kube-apiserver's own roles that are given to people and pipelines."""
_MOST_ERRORS = 2


def _meant(name: str, roles: Sequence[str]) -> str:
    """The known role that a name is one or two typing errors away from, or an empty text.

    Upper and lower case count as equal. With two errors, the first letter must be right: two errors
    are half of a four-letter word, and `audit` is more likely a custom role than a wrong `edit`.
    """
    if name in roles:
        return ""
    given = name.casefold()
    least, known = min((_typing_errors(given, known), known) for known in roles)
    is_near = least < _MOST_ERRORS or (least == _MOST_ERRORS and given[:1] == known[:1])
    return known if is_near else ""


def _typing_errors(given: str, known: str) -> int:
    """The number of letters that are missing, added, wrong, or swapped with the next one."""
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
    ref = judged.binding.role_ref
    role, own = ref.name, [r.name for r in judged.roles if r.ref.kind == ref.kind]
    is_reported_already = not role or "*" in role or role != role.strip()
    if is_reported_already:
        return
    if ref.kind == "Role":
        yield from _misspelt_role(role, own)
    elif known := _meant(role, (*own, *WELL_KNOWN)):
        whose = "a role of this stack" if known in own else "a role that every cluster has"
        yield Violation(
            "clusterRole",
            f'"{role}" looks like a misspelling of "{known}", {whose}. A '
            f'binding to a role that does not exist grants nothing; write "{known}", or waive '
            "RBAC-11 if you have a role of this name",
        )


def _misspelt_role(role: str, own: Sequence[str]) -> Iterator[Violation]:
    if role in WELL_KNOWN and role not in own:
        yield Violation(
            "role",
            f'"{role}" is a ClusterRole that every cluster has, and role names a Role of the '
            f'namespace; write "clusterRole: {role}", or waive RBAC-11 if you have such a Role',
        )
    elif own and (known := _meant(role, own)):
        yield Violation(
            "role",
            f'"{role}" looks like a misspelling of "{known}", a role of this stack; write '
            f'"{known}", or waive RBAC-11 if you have a Role of this name',
        )


RULES: tuple[Rule[JudgedBinding], ...] = (
    Rule(
        "RBAC-11",
        "a role's name is not a misspelling of one that every cluster has",
        WARNING,
        _misspelt,
    ),
)
