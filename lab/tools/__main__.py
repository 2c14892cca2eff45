"""`python -m lab.tools`: get every external program into `.tools/`, or say what to install by hand.

`--retry` looks again even if nothing seems to have changed, for example for the official
Kubernetes plugin when the network was away.
"""

from __future__ import annotations

import argparse
import os
import sys

from lab.tools.program import Platform, programs
from lab.tools.setup_record import Stamp
from lab.tools.workspace import Place, working_folder


def main(place: Place, *, retry: bool = False) -> int:
    """Get everything that is not there yet; returns the exit code."""
    wanted = programs(place.here, place.publishers)
    if not retry and Stamp.read(place).is_current(place, wanted):
        print("  every external program is in .tools/")
        return 0
    # Not before the stamp has been looked at, because this imports an HTTP client.
    from lab.tools.installation import get_everything

    return get_everything(place, wanted)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m lab.tools", description=__doc__)
    parser.add_argument("--retry", action="store_true", help="look again for everything")
    here = Place(working_folder(), os.environ, Platform.here())
    try:
        sys.exit(main(here, retry=parser.parse_args().retry))
    except KeyboardInterrupt:
        sys.exit("  interrupted; what is complete stays, the rest is got by the next run")
