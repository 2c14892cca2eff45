"""The variables with which every program finds the lab instead of the world."""

from __future__ import annotations

import os

from lab.state import CHECKOUT, PROGRAMS, State

NO_PROXY = "127.0.0.1,localhost"


class NotUpError(Exception):
    """There is no lab in this folder."""


def variables(state: State) -> dict[str, str]:
    """What to export.

    Raises:
        NotUpError: the lab is not up.
    """
    ports = state.ports()
    if ports is None:
        message = 'the lab is not up; run "python -m lab up"'
        raise NotUpError(message)
    pulumi = state.folder / "pulumi"
    pulumi.mkdir(exist_ok=True)
    path = [str(CHECKOUT / ".venv" / "bin"), str(PROGRAMS), os.environ.get("PATH", os.defpath)]
    return {
        "HTTPS_PROXY": f"http://127.0.0.1:{ports['router']}",
        "NO_PROXY": NO_PROXY,
        "SSL_CERT_FILE": str(state.authority / "ca.pem"),
        "COREWEAVE_API_TOKEN": state.token(),
        "PULUMI_BACKEND_URL": f"file://{pulumi}",
        "PULUMI_HOME": str(CHECKOUT / ".tools" / "pulumi-home"),
        "PULUMI_CONFIG_PASSPHRASE": "lab",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PATH": os.pathsep.join(path),
    }
