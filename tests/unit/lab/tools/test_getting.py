"""A whole run: everything at once, the plugin and its stand-in, and the second run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from lab.tools.__main__ import main
from lab.tools.plugin import installed_plugin, is_stand_in
from lab.tools.program import MODULES, Platform, plugin_download, programs
from lab.tools.workspace import PACKAGES, Place
from tests.unit.lab.tools.conftest import (
    Publisher,
    contents,
    executable,
    publish_everything,
    script,
    tar_gz,
)

EVERYTHING_IS_THERE = "  every external program is in .tools/\n"
OFFICIAL = b"#!/bin/sh\n# official\n"


def without_plugin(publisher: Publisher) -> None:
    for path in [path for path in publisher.files if "pulumi-kubernetes" in path]:
        del publisher.files[path]


def test_one_run_gets_everything_and_the_next_has_nothing_to_do(
    place: Place, publisher: Publisher, capsys: pytest.CaptureFixture[str]
) -> None:
    publish_everything(publisher)

    assert main(place) == 0
    first, asked = capsys.readouterr().out, len(publisher.asked)
    assert main(place) == 0

    names = {name for program in programs(place.here) for name in program.names}
    assert {p.name for p in place.bin.iterdir()} == names
    assert installed_plugin(place).read_bytes() == OFFICIAL
    assert first.count("downloaded") == 7
    assert capsys.readouterr().out == EVERYTHING_IS_THERE
    assert len(publisher.asked) == asked


def test_everything_that_is_missing_is_said_at_once(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(place) == 1

    said = capsys.readouterr().err
    for program in programs(place.here):
        assert f"cannot get {program.name} {program.version}:" in said
    assert "there is no Pulumi command line" in said


def test_a_run_after_a_failed_one_continues(place: Place, publisher: Publisher) -> None:
    assert main(place) == 1

    publish_everything(publisher)

    assert main(place) == 0


def test_a_missing_or_changed_file_is_noticed(
    place: Place, publisher: Publisher, capsys: pytest.CaptureFixture[str]
) -> None:
    publish_everything(publisher)
    main(place)
    (place.bin / "etcd").unlink()
    (place.bin / "kubectl").write_bytes(b"half a prog")
    capsys.readouterr()

    assert main(place) == 0

    assert capsys.readouterr().out.count("downloaded") == 2


def test_a_program_that_appears_on_path_is_taken(place: Place, publisher: Publisher) -> None:
    publish_everything(publisher)
    main(place)
    executable(Path(place.environ["PATH"]) / "etcd", script("3.6.17"))

    assert main(place) == 0

    assert (place.bin / "etcd").is_symlink()


def test_what_a_killed_run_left_is_cleared(place: Place, publisher: Publisher) -> None:
    publish_everything(publisher)
    executable(place.tools / "draft-old" / "etcd", b"half")

    main(place)

    assert sorted(p.name for p in place.tools.iterdir()) == [
        "bin",
        "lock",
        "pulumi-home",
        "stamp.json",
    ]


def test_a_stand_in_is_installed_with_a_word_when_the_official_plugin_is_not_to_be_had(
    place: Place, publisher: Publisher, capsys: pytest.CaptureFixture[str]
) -> None:
    publish_everything(publisher)
    without_plugin(publisher)

    assert main(place) == 0

    assert is_stand_in(place)
    assert "the lab's stand-in for pulumi-resource-kubernetes, because" in capsys.readouterr().out


def test_the_stand_in_runs_the_labs_module_by_the_python_that_has_it(
    place: Place, publisher: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_everything(publisher)
    without_plugin(publisher)
    python = b'#!/bin/sh\necho "$PYTHONPATH|$*"\n'
    spaced = executable(tmp_path / "an environment" / "python", python)
    monkeypatch.setattr("sys.executable", str(spaced))

    main(place)

    told = subprocess.run(
        [installed_plugin(place), "--flag", "1"], capture_output=True, text=True, check=True
    )
    assert told.stdout == f"{PACKAGES}|-P -m lab.kubernetes_plugin --flag 1\n"


def test_an_official_plugin_replaces_the_stand_in_on_retry(
    place: Place, publisher: Publisher
) -> None:
    publish_everything(publisher)
    held_back = dict(publisher.files)
    without_plugin(publisher)
    main(place)
    publisher.files.update(held_back)

    main(place)
    assert is_stand_in(place)  # nothing seems to have changed
    main(place, retry=True)

    assert installed_plugin(place).read_bytes() == OFFICIAL


@pytest.mark.parametrize("kind", ["archive", "plain"])
def test_an_official_plugin_in_a_mirror_folder_replaces_the_stand_in(
    place: Place, publisher: Publisher, tmp_path: Path, kind: str
) -> None:
    publish_everything(publisher)
    without_plugin(publisher)
    main(place)
    mirror = tmp_path / "mirror"
    if kind == "archive":
        name = plugin_download("4.34.2", place.here).file
        executable(mirror / name, tar_gz({"pulumi-resource-kubernetes": OFFICIAL}))
    else:
        executable(mirror / "bin" / "pulumi-resource-kubernetes", OFFICIAL)

    main(replace(place, environ={**place.environ, "TOOLS_MIRROR": str(mirror)}))

    assert installed_plugin(place).read_bytes() == OFFICIAL
    assert not is_stand_in(place)


def test_the_persons_own_plugin_folder_is_used(
    place: Place, publisher: Publisher, tmp_path: Path
) -> None:
    publish_everything(publisher)
    without_plugin(publisher)
    own = tmp_path / "home" / ".pulumi" / "plugins" / "resource-kubernetes-v4.34.2"
    executable(own / "pulumi-resource-kubernetes", OFFICIAL)

    main(place)

    assert installed_plugin(place).read_bytes() == OFFICIAL


@pytest.mark.parametrize(("version", "taken"), [("4.34.2", True), ("4.30.0", False)])
def test_a_plugin_on_path_is_used_at_exactly_the_packages_version(
    place: Place, publisher: Publisher, version: str, taken: bool
) -> None:
    publish_everything(publisher)
    without_plugin(publisher)
    executable(Path(place.environ["PATH"]) / "pulumi-resource-kubernetes", script(version))

    main(place)

    assert is_stand_in(place) is not taken


def test_a_second_run_of_the_command_takes_less_than_a_second(tmp_path: Path) -> None:
    """The command as people call it, with everything on PATH."""
    checkout, path = tmp_path / "checkout", tmp_path / "path"
    modules = [*MODULES.glob("*.py"), MODULES / "pins.toml"]
    (checkout / "lab" / "tools").mkdir(parents=True)
    shutil.copy(PACKAGES / "lab" / "__init__.py", checkout / "lab")
    for file in modules:
        shutil.copy(file, checkout / "lab" / "tools")
    for program in programs(Platform.here()):
        for name, content in contents(program, program.version).items():
            executable(path / name, content)
    executable(path / "pulumi-resource-kubernetes", script("4.34.2"))
    environ = {**os.environ, "PATH": str(path), "HOME": str(tmp_path), "TOOLS_MIRROR": ""}

    seconds, texts = [], []
    for _ in range(2):
        began = os.times()
        done = subprocess.run(
            [sys.executable, "-m", "lab.tools"],
            cwd=checkout,
            env=environ,
            capture_output=True,
            text=True,
            check=True,
        )
        ended = os.times()
        # The processor's time: the rest says more of who else works on this machine.
        user, system = ended.children_user, ended.children_system
        seconds.append(user + system - began.children_user - began.children_system)
        texts.append(done.stdout)

    assert texts[0].count("from PATH") == 7
    assert texts[1] == EVERYTHING_IS_THERE
    assert seconds[1] < 1
