"""What a stack decides about a block: what drift and a destroy do, and how long a change may take."""

from __future__ import annotations

from typing import Literal

OnDrift = Literal["refuse", "overwrite"]
OnDelete = Literal["restore", "clear", "retain"]
DEFAULT_TIMEOUT_SECONDS = 20 * 60.0
"""The time limit for one change of a cluster, where none is given."""
