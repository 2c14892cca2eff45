"""A run without a token in the environment: from a job's identity, and from a file."""

from __future__ import annotations

import time
from pathlib import Path

from lab.api import federation, fleet
from lab.api.federation import Federation
from tests.engine.conftest import Project
from tests.federated_job import AUDIENCE, ISSUER, OURS, UID

IDENTITY = {
    "issuerUrl": "https://accounts.google.com",
    "clientId": "1.apps.googleusercontent.com",
    "usernameClaim": "email",
}


def test_a_run_outlives_the_tokens_of_its_service_account(project: Project) -> None:
    trusting = Federation(ISSUER, AUDIENCE, UID, now=time.time, claims={"ref": "main"})
    trusting.life_seconds = 8.0
    project.emulator.federation = trusting
    project.emulator.update_seconds = 10.0
    project.environment |= {
        "COREWEAVE_API_TOKEN": "",
        "COREWEAVE_SERVICE_ACCOUNT_UID": UID,
        "COREWEAVE_OIDC_TOKEN": OURS,
    }
    project.write(
        environment="development", identity=IDENTITY, clusters=[{"id": fleet.CONTROL_PLANE}]
    )

    done = project.up()

    assert done.code == 0, done.text
    assert project.emulator.cluster(fleet.CONTROL_PLANE)["oidc"]["issuerUrl"]
    assert trusting.issued >= 3  # the program, the provider, and its next one
    refused = [r for r in done.requests if r.status == 401 and r.path != federation.PATH]
    assert len([r for r in done.requests if r.method == "PATCH"]) == 1
    assert len(refused) <= trusting.issued
    assert OURS not in project.stored()


def test_a_token_that_another_program_writes_is_read_when_it_is_used(
    project: Project, tmp_path: Path
) -> None:
    token = project.environment["COREWEAVE_API_TOKEN"]
    path = tmp_path.parent / f"{tmp_path.name}-token"
    project.environment |= {"COREWEAVE_API_TOKEN": "", "COREWEAVE_API_TOKEN_FILE": str(path)}
    project.write(environment="development", identity=IDENTITY, clusters=[{"name": "local-east"}])

    without = project.pulumi("preview")
    path.write_text("CW-SECRET-of-yesterday")
    ended = project.pulumi("preview")
    path.write_text(token)
    done = project.pulumi("preview")
    path.unlink()

    assert (without.code, ended.code, done.code) == (1, 1, 0), done.text
    assert (
        f"cannot read the token from {path}, which COREWEAVE_API_TOKEN_FILE names" in without.text
    )
    assert "the token in the file of COREWEAVE_API_TOKEN_FILE is wrong, expired" in ended.text
    assert "CW-SECRET-of-yesterday" not in project.stored()
