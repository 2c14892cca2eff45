"""Says a finding that many clusters of a stack file share once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from cks_components.rules.rule import Finding

_CLUSTER = re.compile(r"clusters\[(\d+)\]")
_NAMES = 10
"""As many clusters, or ranges of them, are named; of more, the others are counted."""


def joined(found: Iterable[Finding]) -> list[Finding]:
    """One finding for those that differ only in their cluster, in the order of the first of each.

    It keeps the first one's path, and its text names the other clusters and their number.
    """
    groups: dict[Finding, list[Finding]] = {}
    for finding in found:
        groups.setdefault(_alike(finding), []).append(finding)
    return [_one(group) for group in groups.values()]


def _alike(finding: Finding) -> Finding:
    text = finding.text
    if finding.of_cluster:
        name, *others = finding.of_cluster
        text = text.replace(f"cluster {name}", "cluster")
        for other in others:
            text = text.replace(other, "")
    path = _CLUSTER.sub("clusters[]", finding.path, count=1)
    return replace(finding, path=path, text=text, of_cluster=())


def _one(group: Sequence[Finding]) -> Finding:
    first, *others = dict.fromkeys(group)
    if not others:
        return first
    names = [finding.of_cluster[0] for finding in others if finding.of_cluster]
    where = _named(names) if names else _listed(others)
    text = f"{first.text} (the same for {where}: {len(others) + 1} clusters in all)"
    return replace(first, text=text)


def _named(names: Sequence[str]) -> str:
    more = len(names) - _NAMES
    return ", ".join(names[:_NAMES]) + (f" and {more} more" if more > 0 else "")


def _listed(found: Iterable[Finding]) -> str:
    """The clusters by their indexes, with neighbours as one range; of many ranges the first."""
    ranges: list[list[int]] = []
    for index in sorted(int(index) for f in found for index in _CLUSTER.findall(f.path)[:1]):
        if ranges and index == ranges[-1][1] + 1:
            ranges[-1][1] = index
        else:
            ranges.append([index, index])
    shown = ", ".join(
        f"clusters[{start}]" if start == end else f"clusters[{start}] to clusters[{end}]"
        for start, end in ranges[:_NAMES]
    )
    more = sum(end - start + 1 for start, end in ranges[_NAMES:])
    return f"{shown} and {more} more" if more else shown
