"""Keycloak is got once, from where it may be had, and with the right checksum only."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from pathlib import Path

import pytest

from lab.tools.keycloak import PIN, command, get_keycloak, keycloak_java, without_options
from lab.tools.sources import MissingProgramError
from lab.tools.workspace import Place
from tests.unit.lab.tools.conftest import executable, zipped

ARCHIVE = zipped({"keycloak-9.9.9/lib/quarkus-run.jar": b"jar"})
FILE = "keycloak-quarkus-dist-9.9.9.zip"
PINNED = {**PIN, "version": "9.9.9", "sha256": hashlib.sha256(ARCHIVE).hexdigest()}
# Notes what it is asked to do, and with which of Keycloak's variables.
JAVA = """#!/bin/sh
[ "$1" = --version ] && { echo "openjdk {version} 2025-04-15"; exit; }
while [ $# -gt 2 ]; do shift; done
echo "$@" "${KC_DB:-}" > built
"""
# Writes what lies beside it to where it is told.
MAVEN = """#!/bin/sh
PATH=/bin:/usr/bin
for argument; do case "$argument" in -DoutputDirectory=*) folder="${argument#*=}" ;; esac; done
echo "$@" > "$(dirname "$0")/asked"
cp "$(dirname "$0")/archive" "$folder/keycloak-quarkus-dist-9.9.9.zip"
"""


def install_java(folder: Path, version: str = "17.0.15") -> Path:
    return executable(folder / "java", JAVA.replace("{version}", version).encode())


def install_maven(folder: Path, archive: bytes = ARCHIVE, program: str = MAVEN) -> None:
    executable(folder / "mvn", program.encode())
    (folder / "archive").write_bytes(archive)


@pytest.fixture
def path(place: Place) -> Path:
    """The one folder on the person's PATH."""
    return Path(place.environ["PATH"])


def test_maven_fetches_it_and_it_is_built_once(
    place: Place, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    install_java(path)
    install_maven(path)

    installed = get_keycloak(place, PINNED)
    told = capsys.readouterr().out

    assert installed == place.tools / "keycloak-9.9.9"
    assert (installed / "lib" / "quarkus-run.jar").read_bytes() == b"jar"
    assert (installed / "built").read_text().split() == ["build", "--db=dev-mem"]
    assert "-Dartifact=org.keycloak:keycloak-quarkus-dist:9.9.9:zip" in (path / "asked").read_text()
    assert [line.partition("after")[0].strip() for line in told.splitlines()] == [
        f"{FILE} (about 170 MB) is being fetched with Maven, once …",
        "Keycloak 9.9.9 is being unpacked and built, once …",
        f"Keycloak 9.9.9 is in {place.tools}",
    ]
    assert list(place.tools.glob("draft-*")) == []


def test_what_is_there_is_neither_fetched_nor_built_again(
    place: Place, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    install_java(path)
    install_maven(path)
    first = get_keycloak(place, PINNED)
    capsys.readouterr()
    for program in ("java", "mvn"):
        (path / program).unlink()

    assert get_keycloak(place, PINNED) == first
    assert capsys.readouterr().out == ""


def test_an_archive_in_the_mirror_folder_needs_no_maven(place: Place, path: Path) -> None:
    install_java(path)
    mirror = place.checkout / "mirror"
    mirror.mkdir()
    (mirror / FILE).write_bytes(ARCHIVE)
    mirrored = replace(place, environ={**place.environ, "TOOLS_MIRROR": str(mirror)})

    assert (get_keycloak(mirrored, PINNED) / "built").exists()


def test_options_of_a_keycloak_of_ones_own_do_not_reach_this_one(place: Place, path: Path) -> None:
    install_java(path)
    install_maven(path)
    another = replace(place, environ={**place.environ, "KC_DB": "postgres"})

    installed = get_keycloak(another, PINNED)

    assert "postgres" not in (installed / "built").read_text()
    assert without_options({"KC_DB": "postgres", "HOME": "/root"}) == {"HOME": "/root"}


def refusal(place: Place) -> str:
    """Why Keycloak cannot be had; nothing of it may be left."""
    with pytest.raises(MissingProgramError) as refused:
        get_keycloak(place, PINNED)
    assert list(place.tools.glob("keycloak-*")) == []
    assert list(place.tools.glob("draft-*")) == []
    return str(refused.value)


def test_another_archive_than_the_pinned_one_is_refused(place: Place, path: Path) -> None:
    install_java(path)
    install_maven(path, archive=b"another")

    assert re.search(
        rf"^cannot get Keycloak 9\.9\.9: \S+{FILE} was refused: its checksum is \w{{12}}…, but "
        rf"lab/tools/pins.toml says {PINNED['sha256'][:12]}…\n",
        refusal(place),
    )


def test_without_maven_it_is_said_what_to_install(place: Place, path: Path) -> None:
    install_java(path)

    assert refusal(place) == (
        "cannot get Keycloak 9.9.9: there is no mvn on PATH; install Maven\n"
        f"    → {FILE} may also lie in a folder named by TOOLS_MIRROR"
    )


def test_the_reason_of_maven_is_passed_on(place: Place, path: Path) -> None:
    install_java(path)
    install_maven(path, program='#!/bin/sh\necho "[ERROR] no route"\necho "[ERROR] Help"\nexit 1\n')

    assert refusal(place).startswith("cannot get Keycloak 9.9.9: mvn failed: [ERROR] no route\n")


def test_a_failure_without_a_word_is_told_by_its_exit_code(place: Place, path: Path) -> None:
    install_java(path)
    install_maven(path, program="#!/bin/sh\nexit 3\n")

    assert "mvn failed: exit code 3\n" in refusal(place)


def test_without_java_nothing_is_fetched(place: Place, path: Path) -> None:
    install_maven(path)

    assert refusal(place) == "Java 17 or newer is needed, but there is no java on PATH"
    assert not (path / "asked").exists()


@pytest.mark.parametrize(
    ("version", "told"), [("11.0.2", "is 11"), ("", "tells no version")], ids=["old", "silent"]
)
def test_a_java_that_cannot_run_it_is_refused(
    place: Place, path: Path, version: str, told: str
) -> None:
    java = install_java(path, version)

    with pytest.raises(MissingProgramError) as refused:
        keycloak_java(place)
    assert str(refused.value) == f"Java 17 or newer is needed, but {java} {told}"


def test_java_home_is_preferred_to_the_path(place: Place, path: Path) -> None:
    install_java(path, "11.0.2")
    java = install_java(path / "home" / "bin", "21")
    environ = {**place.environ, "JAVA_HOME": str(path / "home")}

    assert keycloak_java(replace(place, environ=environ)) == java


def test_a_server_is_one_process_with_little_memory_and_its_own_folder() -> None:
    line = command(Path("/java"), Path("/tools/keycloak"), Path("/lab/keycloak"), "start")

    assert line[0] == "/java"
    assert "-Xmx512m" in line
    assert "-Dkc.home.dir=/lab/keycloak" in line
    assert line[-4:] == [
        "-cp",
        "/tools/keycloak/lib/quarkus-run.jar",
        "io.quarkus.bootstrap.runner.QuarkusEntryPoint",
        "start",
    ]
