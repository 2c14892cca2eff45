"""Several requests at a time, so that a fleet does not take as many round trips in a row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

_AT_A_TIME = 8
_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def called_for_each(
    call: Callable[[_Item], _Result], items: Sequence[_Item], *, at_a_time: int = _AT_A_TIME
) -> list[_Result]:
    """Call a function for each item from several threads; the results in the order of the items.

    The threads have the caller's context, with the receiver of progress on slow reads.

    Raises:
        Exception: the first one, in the order of the items.
    """
    if not items:
        return []
    contexts = [copy_context() for _ in items]  # one cannot be entered twice at the same time
    with ThreadPoolExecutor(min(at_a_time, len(items))) as threads:
        return list(threads.map(lambda context, item: context.run(call, item), contexts, items))
