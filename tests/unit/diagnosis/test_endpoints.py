"""What an answer of the unmanaged endpoint, or none, says."""

from __future__ import annotations

import pytest

from cks_components.api.server_probe import Probe
from cks_components.diagnosis import endpoints
from cks_components.diagnosis.result import State

SERVER = "https://api.cw1-a.example.com"
SILENT = Probe(problem="ConnectTimeout: timed out")


@pytest.mark.parametrize(
    ("found", "is_public", "state", "text"),
    [
        (Probe(status=200, content={"gitVersion": "v1.36"}), True, State.FINE, f"{SERVER} answers"),
        (Probe(status=401, content={"kind": "Status"}), True, State.FINE, f"{SERVER} answers"),
        (Probe(status=401), True, State.FINE, f"{SERVER} answers"),
        (SILENT, True, State.WRONG, "does not answer (ConnectTimeout: timed out)"),
        (SILENT, False, State.WARNING, "reached from its own network only"),
        (
            Probe(problem="expired", is_untrusted=True),
            True,
            State.WRONG,
            "is not trusted (expired)",
        ),
        (Probe(status=503, content={"kind": "Status"}), True, State.WRONG, "answers 503"),
        (Probe(status=404), True, State.WRONG, "not as kube-apiserver does"),
    ],
)
def test_only_an_answer_of_kube_apiserver_is_fine(
    found: Probe, is_public: bool, state: State, text: str
) -> None:
    result = endpoints.unmanaged("east", SERVER, found, is_public=is_public)

    assert (result.subject, result.state) == ("cluster east: unmanaged endpoint", state)
    assert text in result.text
