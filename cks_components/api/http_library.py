"""httpx without its own command line, which it imports wherever click, rich and pygments are there.

That import alone takes half as long again as all the rest of httpx.
"""

from __future__ import annotations

import sys

_COMMAND_LINE = "httpx._main"

_may_be_skipped = _COMMAND_LINE not in sys.modules
if _may_be_skipped:
    sys.modules[_COMMAND_LINE] = None  # type: ignore[assignment] # importlib: this import fails, which httpx expects
import httpx as httpx  # noqa: E402 - after the line above

if _may_be_skipped:
    del sys.modules[_COMMAND_LINE]

__all__ = ["httpx"]
