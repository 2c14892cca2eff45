"""One run: every program, then the plugin; one line of progress for each."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from lab.tools.download import Downloads
from lab.tools.plugin import NAME, get_plugin, installed_plugin, is_stand_in
from lab.tools.program import Program, pins
from lab.tools.setup_record import Stamp
from lab.tools.sources import MissingProgramError, get
from lab.tools.workspace import Place


def get_everything(place: Place, wanted: list[Program]) -> int:
    """Get everything; returns the exit code. All that is missing is said at once, at the end."""
    missing: list[str] = []
    downloads = Downloads(place.patience)
    with place.alone():
        stamp = Stamp.read(place)
        stamp.surroundings = ""  # an interrupted run is not a complete one
        print(f"  external programs, into {place.tools}", flush=True)
        for program in wanted:

            def get_one(program: Program = program) -> str:
                return get(program, place, downloads, stamp.made)

            if _timed(program.name, program.version, get_one, missing):
                stamp.made[program.name] = program.pin
            stamp.write(place)
        _timed(NAME, pins()[NAME]["version"], lambda: get_plugin(place, downloads), missing)
        if missing:
            print("\n" + "\n\n".join(missing), file=sys.stderr)
            return 1
        files = [place.bin / name for program in wanted for name in program.names]
        stamp.complete(place, wanted, [*files, installed_plugin(place)])
    if is_stand_in(place):
        print('  "python -m lab.tools --retry" looks for the official plugin again')
    return 0


def _timed(name: str, version: str, get_one: Callable[[], str], missing: list[str]) -> bool:
    began = time.monotonic()
    try:
        source = get_one()
    except MissingProgramError as error:
        missing.append(str(error))
        source = "MISSING, see below"
    seconds = time.monotonic() - began
    took = f", {seconds:.0f} s" if seconds >= 1 else ""
    print(f"  {name:<27}{version:<9}{source}{took}", flush=True)
    return source != "MISSING, see below"
