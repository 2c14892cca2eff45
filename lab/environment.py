"""The variables with which every program finds the lab instead of the world."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from lab.control import LabControl
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
    python = str(
        Path(sys.executable).parent
    )  # `cks-access`, and the one Python that has the program
    path = [python, str(PROGRAMS), os.environ.get("PATH", os.defpath)]
    proxy, root = f"http://127.0.0.1:{ports['router']}", str(state.authority / "ca.pem")
    return {
        # Python and curl prefer the small spelling, Go the large one: a machine behind a proxy of
        # its own may have set either. Likewise curl prefers its own variable for the root.
        "HTTPS_PROXY": proxy,
        "https_proxy": proxy,
        "NO_PROXY": NO_PROXY,
        "no_proxy": NO_PROXY,
        "SSL_CERT_FILE": root,
        "CURL_CA_BUNDLE": root,
        "CKS_LAB_CONTROL": f"http://127.0.0.1:{ports['control']}",
        "COREWEAVE_API_TOKEN": state.token(),
        "PULUMI_BACKEND_URL": f"file://{pulumi}",
        "PULUMI_HOME": str(CHECKOUT / ".tools" / "pulumi-home"),
        "PULUMI_CONFIG_PASSPHRASE": "lab",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PATH": os.pathsep.join(path),
    }


def control(state: State) -> LabControl:
    """The way to look at a lab and to change it from outside.

    Raises:
        NotUpError: the lab is not up.
    """
    return LabControl(variables(state)["CKS_LAB_CONTROL"])
