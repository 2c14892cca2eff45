"""Faults that a client must survive: off by default, combinable, and the same on every run.

`add(emulator, kind, …)` puts one before the emulator. Which requests it meets is said by
`method`, `target` (a cluster's id, "list" or "whoami"), `skip` and `times`; how it behaves by
the options of its kind, which are the arguments of the function of that name in
`lab.api.effects`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lab.api import effects
from lab.api.emulator import Emulator
from lab.api.fault import Effect, Fault

# kind: (what makes its effect, the method and the target that it concerns unless told otherwise)
KINDS: dict[str, tuple[Callable[..., Effect], str, str]] = {
    "refusal": (effects.refusal, "", ""),
    "text": (effects.text, "", ""),
    "cut": (effects.cut, "", ""),
    "cut_off": (effects.cut_off, "", ""),
    "slow": (effects.slow, "", ""),
    "outside": (effects.outside, "", ""),
    "connect_errors": (effects.connect_errors, "", ""),
    "busy": (effects.busy, "PATCH", ""),
    "tolerant": (effects.tolerant, "PATCH", ""),
    "stale_reads": (effects.stale_reads, "PATCH", ""),
    "early_values": (effects.early_values, "PATCH", ""),
    "ends_in": (effects.ends_in, "PATCH", ""),
    "never_ends": (effects.never_ends, "PATCH", ""),
    "lost": (effects.lost, "PATCH", ""),
    "leaf": (effects.leaf, "PATCH", ""),
    "unset_as": (effects.unset_as, "GET", ""),
    "numbers": (effects.numbers, "GET", ""),
    "shown_status": (effects.shown_status, "GET", ""),
    "noise": (effects.noise, "GET", ""),
    "hidden": (effects.hidden, "GET", "list"),
    "empty_list": (effects.empty_list, "GET", "list"),
    "paged": (effects.paged, "GET", "list"),
    "other_organisation": (effects.other_organisation, "GET", "whoami"),
}


def add(
    emulator: Emulator,
    kind: str,
    *,
    method: str | None = None,
    target: str | None = None,
    times: int | None = 1,
    skip: int = 0,
    **options: Any,
) -> None:
    """Put a fault of a kind before the emulator.

    A kind that interferes with an update concerns PATCH, one that rewrites an answer GET, one of
    the list only the list; `method` and `target` may say otherwise. The fault that was added last
    stands in front of the others.

    Raises:
        KeyError: there is no such kind.
        TypeError: the kind has no such option.
        ValueError: an option has no such value.
    """
    make, usual_method, usual_target = KINDS[kind]
    emulator.add_fault(
        Fault(
            emulator,
            make(**options),
            method=usual_method if method is None else method,
            target=usual_target if target is None else target,
            times=times,
            skip=skip,
            lists=usual_method == "GET",
        )
    )
