"""Which modules a program has loaded when it ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys


def loaded_after(statements: str, **variables: str) -> set[str]:
    """The modules that statements load, in a process of its own with more environment variables."""
    code = f"{statements}; import json, sys; print(); print(json.dumps(list(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(done.stdout.splitlines()[-1]))
