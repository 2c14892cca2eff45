"""The fault table: every fault of cks-api section 10, and what each operation makes of it. Data only.

`python -m tests.unit.lifecycle.fault_page` prints it as the page docs/faults.md.
"""

from __future__ import annotations

from collections.abc import Mapping

from tests.unit.lifecycle.faults.answer import ANSWER
from tests.unit.lifecycle.faults.cluster import PRESENCE, WRITERS
from tests.unit.lifecycle.faults.connection import LOOKUPS, WAY
from tests.unit.lifecycle.faults.fault import Fault
from tests.unit.lifecycle.faults.spelling import SPELLING
from tests.unit.lifecycle.faults.update import UPDATE

SECTIONS: Mapping[str, tuple[Fault, ...]] = {
    "What the cluster makes of a change": UPDATE,
    "Connections that end, answers that are none, refusals of the token": ANSWER,
    "A cluster that is not there": PRESENCE,
    "Other people at work": WRITERS,
    "The same truth in other words": SPELLING,
    "The way to the API": WAY,
}
FAULTS = tuple(fault for section in SECTIONS.values() for fault in section)

__all__ = ["FAULTS", "LOOKUPS", "SECTIONS"]
