"""A project's folder with stack files, in which commands are run; and a provider's own process."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cks_components.api import environment
from cks_components.cli.command import main
from cks_components.engine import provider_call
from lab.authority import Authority

if TYPE_CHECKING:
    from tests.conftest import EngineLog, World


@pytest.fixture(scope="session", autouse=True)
def one_root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Trust one root instead of the machine's hundred and more: reading those takes most of a test."""
    root = Authority(tmp_path_factory.mktemp("root")).certificate
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(root))
        yield


@dataclass
class Printed:
    """What a command returned and printed."""

    code: int
    out: str
    err: str


@dataclass
class Folder:
    """A project's folder; commands are run in it."""

    path: Path
    run: Callable[..., Printed]

    def write(self, stack: str = "test", **settings: Any) -> Path:
        config = {f"cks-access:{key}": value for key, value in settings.items()}
        path = self.path / "stacks" / f"Pulumi.{stack}.yaml"
        path.write_text(json.dumps({"config": config}))  # JSON is YAML
        return path


@pytest.fixture
def folder(
    tmp_path: Path,
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Folder]:
    (tmp_path / "stacks").mkdir()
    (tmp_path / "Pulumi.yaml").write_text("name: cks-access\nstackConfigDir: stacks\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(environment.TOKEN, world.token)
    monkeypatch.delenv(environment.ENDPOINT, raising=False)
    provider_call.clients[world.access] = world.client

    def run(*arguments: str) -> Printed:
        try:
            code = main(arguments)
        except SystemExit as ended:
            code = int(str(ended.code))
        said = capsys.readouterr()
        return Printed(code, said.out, said.err)

    yield Folder(tmp_path, run)
    provider_call.clients.clear()


@pytest.fixture
def engine_log(engine_log: EngineLog, monkeypatch: pytest.MonkeyPatch) -> EngineLog:
    """The log of the engine that has started this process as its provider."""
    monkeypatch.setattr(sys, "argv", ["provider", engine_log.address])
    return engine_log
