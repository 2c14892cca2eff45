"""A command loads what it uses, and no more: kubectl runs `credential` on every call."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import pytest

from cks_components.cli.command import program
from lab.api import fleet
from lab.api.emulator import Emulator
from lab.api.server import serve
from tests.loaded_modules import loaded_after

if TYPE_CHECKING:
    from tests.unit.conftest import Folder

ENGINE = {"pulumi", "pulumi_kubernetes", "grpc"}
NETWORK = {"httpx", "ssl"}
TOKEN = "CW-SECRET-" + "start"
MODELS = {"pydantic", "cryptography", "yaml"}
COLOURS = {"rich", "pygments"}
VERBS = {
    f"cks_components.cli.{name.replace('-', '_')}"
    for name in program.list_commands(click.Context(program))
}


def loaded_by(*arguments: str, **more: str) -> set[str]:
    """The modules that a command has loaded when it ends."""
    return loaded_after(f"from cks_components.cli.command import main; main({arguments})", **more)


def test_help_loads_no_verb() -> None:
    loaded = loaded_by("--help")

    assert not loaded & VERBS
    assert not loaded & {*ENGINE, *NETWORK, *MODELS, *COLOURS}


def test_a_credential_loads_nothing_that_reads_a_file_or_the_network(folder: Folder) -> None:  # noqa: ARG001 - sets the environment's token
    loaded = loaded_by("credential", "coreweave")

    assert loaded & VERBS == {"cks_components.cli.credential"}
    assert not loaded & {*ENGINE, *NETWORK, *MODELS, *COLOURS}


@pytest.mark.parametrize("verb", ["check", "access"])
def test_reading_a_stack_file_loads_neither_engine_nor_network(folder: Folder, verb: str) -> None:
    folder.write(
        clusters=[{"name": "local-east"}], bindings=[{"group": "a", "clusterRole": "view"}]
    )

    loaded = loaded_by(verb, "test")

    assert loaded & VERBS == {f"cks_components.cli.{verb}"}
    assert "pydantic" in loaded
    assert not loaded & {*ENGINE, *NETWORK, *COLOURS, "cryptography"}


def test_a_check_loads_nothing_of_the_access_that_it_does_not_show(folder: Folder) -> None:
    folder.write(clusters=[{"name": "local-east"}])

    loaded = loaded_by("check", "test")

    assert "cks_components.cli.check" in loaded
    assert not {name for name in loaded if name.startswith("cks_components.access")}


@pytest.mark.parametrize("arguments", [("clusters",), ("status", "nowhere")])
def test_a_question_to_the_api_loads_no_engine(arguments: tuple[str, ...]) -> None:
    with serve(Emulator(fleet.clusters(), token=TOKEN, clock=lambda: 0.0)) as url:
        loaded = loaded_by(*arguments, COREWEAVE_API_ENDPOINT=url, COREWEAVE_API_TOKEN=TOKEN)

    assert loaded & VERBS == {f"cks_components.cli.{arguments[0]}"}
    assert not loaded & {*ENGINE, *COLOURS}


def test_the_network_is_loaded_without_the_http_librarys_own_command_line() -> None:
    loaded = loaded_after("import cks_components.api.http")

    assert "httpx" in loaded
    assert not loaded & {*COLOURS, "click", "httpx._main"}


def test_a_program_that_has_the_http_librarys_command_line_keeps_it() -> None:
    assert "httpx._main" in loaded_after("import httpx, cks_components.api.http")
