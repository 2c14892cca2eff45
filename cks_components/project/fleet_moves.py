"""Which clusters of a fleet stand in another stack than before, and what has to be done about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set

_NAMES = 5
"""As many are named; of more, the others are counted."""


def moved(
    before: Mapping[str, Set[str]], after: Mapping[str, Set[str]]
) -> dict[tuple[str, str], list[str]]:
    """The clusters that have another stack after than before, by the two stacks.

    Args:
        before: the clusters of each stack file that is there, by the stack's name.
        after: those of each stack of the fleet file.
    """
    now = {cluster: stack for stack, clusters in after.items() for cluster in clusters}
    found: dict[tuple[str, str], list[str]] = {}
    for stack, clusters in before.items():
        for cluster in sorted(clusters):
            other = now.get(cluster, stack)
            if other != stack:
                found.setdefault((stack, other), []).append(cluster)
    return found


def advice(before: Mapping[str, Set[str]], after: Mapping[str, Set[str]]) -> Iterator[str]:
    """What has to be done with the state before the next `pulumi up`, a sentence for two stacks.

    The arguments are those of `moved`.
    """
    for (old, new), clusters in moved(before, after).items():
        verb = "moves" if len(clusters) == 1 else "move"
        number = "1 cluster" if len(clusters) == 1 else f"{len(clusters)} clusters"
        move = (
            f"{number} ({some(clusters)}) {verb} from stack {old} to {new}: before the next "
            '"pulumi up", move the state with "pulumi state move", as docs/fleets.md shows; else '
            f"{new} takes the clusters over, and {old} removes what they had"
        )
        if old in after or len(clusters) < len(before[old]):
            yield move
            continue
        yield (
            f"every cluster of stack {old} is in {new} now. If the stack was renamed, run "
            f'"pulumi stack rename {new} --stack {old}", which renames its file too, with its '
            'encrypted values and encryptionsalt, then "cks-access fleet render" again. If not, '
            f'move the state with "pulumi state move", as docs/fleets.md shows'
        )


def some(names: Sequence[str]) -> str:
    """The first names of a list, and the number of the others."""
    more = len(names) - _NAMES
    return ", ".join(names[:_NAMES]) + (f" and {more} more" if more > 0 else "")
