"""The last resort that the page shows does what it says."""

from __future__ import annotations

import json
import re
from string import Template

import httpx

from docs.site import ROOT
from lab.api import fleet
from lab.api.emulator import Emulator
from lab.api.server import serve

PAGE = ROOT / "docs" / "locked-out.md"


def test_the_request_of_the_page_takes_the_block_away_and_nothing_else() -> None:
    emulator = Emulator(fleet.clusters(), token="CW-SECRET", update_seconds=0)
    before = next(c for c in emulator.clusters() if "oidc" in c)
    (body,) = re.findall(r"<<END\n(.*?)END\n", PAGE.read_text(), re.DOTALL)
    filled = Template(body).substitute(CLUSTER_ID=before["id"], CLUSTER_VERSION=before["version"])

    with serve(emulator) as url:
        answer = httpx.patch(
            f"{url}/v1beta1/cks/clusters/{before['id']}",
            json=json.loads(filled),
            headers={"Authorization": "Bearer CW-SECRET"},
            trust_env=False,
        )
    after = emulator.cluster(before["id"])

    assert answer.status_code == 200
    assert "oidc" not in after
    assert {**after, "oidc": None}.keys() == before.keys()
