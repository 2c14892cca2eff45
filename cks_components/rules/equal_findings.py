"""Says a finding that many clusters of a stack file share once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from cks_components.rules.rule import Finding

_CLUSTER = re.compile(r"clusters\[(\d+)\]")


def joined(found: Iterable[Finding]) -> list[Finding]:
    """One finding for those that differ only in their cluster, in the order of the first of each.

    It keeps the first one's path, and its text names the other clusters and their number.
    """
    groups: dict[Finding, list[Finding]] = {}
    for finding in found:
        alike = replace(finding, path=_CLUSTER.sub("clusters[]", finding.path, count=1))
        groups.setdefault(alike, []).append(finding)
    return [_one(group) for group in groups.values()]


def _one(group: Sequence[Finding]) -> Finding:
    first, *others = dict.fromkeys(group)
    if not others:
        return first
    indexes = [int(index) for f in others for index in _CLUSTER.findall(f.path)[:1]]
    text = (
        f"{first.text} (the same for {_listed(sorted(indexes))}: {len(others) + 1} clusters in all)"
    )
    return replace(first, text=text)


def _listed(indexes: Sequence[int]) -> str:
    """The clusters with these indexes, with neighbours as one range."""
    ranges: list[list[int]] = []
    for index in indexes:
        if ranges and index == ranges[-1][1] + 1:
            ranges[-1][1] = index
        else:
            ranges.append([index, index])
    return ", ".join(
        f"clusters[{start}]" if start == end else f"clusters[{start}] to clusters[{end}]"
        for start, end in ranges
    )
