"""Whether the clocks agree by which a token's times are set and judged."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median_low

from cks_components.diagnosis.result import Result, State, fine, warning

_NOTICEABLE_SECONDS = 10.0
"""More than what slow answers, and times of whole seconds, explain."""
_LEEWAY_SECONDS = 60.0
"""How far a token's `nbf` may be ahead of kube-apiserver's clock; for `exp` there is none."""
_SUBJECT = "clocks"


def clocks(ahead: Mapping[str, float | None]) -> Result:
    """Compare the clocks of this machine, the issuer and the clusters.

    Args:
        ahead: how far each clock is ahead of this machine's, by whose it is; None if unknown.
    """
    known = {"this machine": 0.0} | {who: s for who, s in ahead.items() if s is not None}
    if len(known) == 1:
        return warning(_SUBJECT, "nobody else's clock was seen, so none were compared")
    middle = median_low(known.values())
    off = {who: s - middle for who, s in known.items() if abs(s - middle) > _NOTICEABLE_SECONDS}
    *most, last = (who for who in known if who not in off)
    others = f"{', '.join(most)} and {last}" if most else last
    if not off:
        return fine(_SUBJECT, f"those of {others} agree")
    found = "; ".join(f"that of {who} is {_difference(s)} {others}" for who, s in off.items())
    is_wrong = max(map(abs, off.values())) > _LEEWAY_SECONDS
    return Result(
        _SUBJECT,
        State.WRONG if is_wrong else State.WARNING,
        f"{found}. kube-apiserver accepts no token that has expired by its own clock, nor one that "
        f"becomes valid more than {_LEEWAY_SECONDS:.0f} seconds later; let NTP set the clock that is "
        "wrong",
    )


def _difference(seconds: float) -> str:
    return f"{abs(seconds):.0f} seconds {'ahead of' if seconds > 0 else 'behind'}"
