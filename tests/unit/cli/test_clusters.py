"""The clusters that the token can see."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from cks_components.api import environment
from cks_components.api.api_access import from_environment
from cks_components.engine import provider_call
from lab.api import faults, fleet

if TYPE_CHECKING:
    from tests.conftest import World
    from tests.unit.conftest import Folder

HOOK = {"server": "https://hook.example.com/authn"}


def test_each_cluster_is_a_row_with_what_it_trusts(folder: Folder, world: World) -> None:
    world.emulator.change(fleet.CONTROL_PLANE, authnWebhook=HOOK, authzWebhook=HOOK)

    printed = folder.run("clusters")
    header, *rows = [line.split() for line in printed.out.splitlines()]

    assert (printed.code, printed.err) == (0, "")
    assert header[:3] == ["NAME", "STATUS", "VERSION"]
    assert [row[0] for row in rows] == [
        "foreign",
        "local-east",
        "newborn",
        "private",
        "twin",
        "twin",
    ]
    assert rows[0][1:6] == [
        "RUNNING",
        "v1.36",
        "US-EAST-04A",
        "yes",
        "https://sso.elsewhere.example",
    ]
    assert rows[1][5:8] == ["-", "authentication,", "authorization"]
    assert rows[2][1] == "CREATING"
    assert rows[2][-2] == "-", "it has no endpoint yet"
    assert rows[3][4] == "no"
    assert [request.method for request in world.emulator.requests] == ["GET"]


def test_a_program_reads_the_block_and_both_servers(folder: Folder, world: World) -> None:
    world.emulator.change(fleet.CONTROL_PLANE, authnWebhook=HOOK)

    found = {c["name"]: c for c in json.loads(folder.run("clusters", "--json").out)}

    host = fleet.endpoint("local-east")
    assert found["foreign"]["oidc"] == {
        "issuerUrl": "https://sso.elsewhere.example",
        "clientId": "k8s",
        "usernameClaim": "email",
    }
    assert found["local-east"] == {
        "id": fleet.CONTROL_PLANE,
        "name": "local-east",
        "zone": "US-EAST-04A",
        "status": "RUNNING",
        "version": "v1.36",
        "public": True,
        "apiServerEndpoint": host,
        "managedServer": f"https://{host}",
        "unmanagedServer": f"https://api.{host}",
        "oidc": None,
        "webhooks": {"authentication": HOOK["server"], "authorization": None},
    }
    assert found["newborn"]["managedServer"] is None


@pytest.mark.parametrize(
    ("options", "out"), [((), ""), (("--json",), "[]\n")], ids=["for people", "for programs"]
)
def test_a_token_that_sees_no_cluster_is_told_with_its_organisation(
    folder: Folder, world: World, options: tuple[str, ...], out: str
) -> None:
    faults.add(world.emulator, "empty_list")

    printed = folder.run("clusters", *options)

    assert (printed.code, printed.out) == (0, out)
    assert (
        "no cluster is visible to the token in COREWEAVE_API_TOKEN of organisation" in printed.err
    )


def test_an_organisation_that_is_not_known_is_left_out(folder: Folder, world: World) -> None:
    faults.add(world.emulator, "empty_list")
    faults.add(world.emulator, "refusal", target="whoami", code=5, times=None)

    assert "COREWEAVE_API_TOKEN; if" in folder.run("clusters").err


def test_a_refused_token_is_one_line(
    folder: Folder, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = "CW-SECRET-" + "revoked"
    monkeypatch.setenv(environment.TOKEN, token)
    client = world.client_with(token)
    provider_call.clients[from_environment()] = client

    printed = folder.run("clusters")

    assert (printed.code, printed.out) == (1, "")
    assert printed.err.startswith("cks-access: cannot list the clusters: the API answered 401")
    assert "wrong, expired or revoked" in printed.err
    assert token not in printed.err
