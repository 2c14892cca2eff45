"""Keycloak, a real identity provider for the lab: got when it is first asked for, not by the set-up.

It comes from a folder named by TOOLS_MIRROR or by Maven, must have the pinned checksum either way,
and is built once, so that every later start is a quick one.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path

from lab.tools.java import find_java
from lab.tools.program import pins
from lab.tools.sources import MissingProgramError, WayError
from lab.tools.workspace import Place

PIN = pins()["keycloak"]
_ARTIFACT = "keycloak-quarkus-dist"
_FETCH_SECONDS, _BUILD_SECONDS = 1800, 600
# A database in memory: each start begins with the realm as it was made.
_BUILD = ("build", "--db=dev-mem")
_JVM = (
    "-Xms64m",
    "-Xmx512m",
    # A server that lives for minutes: half the time to start, two thirds of the memory.
    "-XX:TieredStopAtLevel=1",
    "-XX:+UseSerialGC",
    "-Dfile.encoding=UTF-8",
    "-Djava.util.logging.manager=org.jboss.logmanager.LogManager",
    *(
        f"--add-opens=java.base/{package}=ALL-UNNAMED"
        for package in ("java.util", "java.util.concurrent", "java.security", "java.lang")
    ),
)


def keycloak_java(place: Place) -> Path:
    """The Java that runs it.

    Raises:
        MissingProgramError: there is none, or it is too old.
    """
    return find_java(place.environ, int(PIN["java"]))


def get_keycloak(place: Place, pin: Mapping[str, str] = PIN) -> Path:
    """The folder of the pinned Keycloak, built; says what it does where that takes a while.

    Raises:
        MissingProgramError: it cannot be had; the text says why, and what to do.
    """
    installed = place.tools / f"keycloak-{pin['version']}"
    if installed.is_dir():
        return installed
    java = keycloak_java(place)
    with place.alone():
        if not installed.is_dir():  # another run may have got it meanwhile
            _install(installed, java, place, pin)
    return installed


def command(java: Path, installed: Path, home: Path, *arguments: str) -> list[str]:
    """What runs Keycloak as one process, without the shell that its own script leaves above it.

    Args:
        java: the executable.
        installed: what `get_keycloak` returned; it is only read.
        home: the folder of one server's data, with a link `lib` to that of `installed`.
        arguments: of `kc.sh`.
    """
    return [
        str(java),
        *_JVM,
        f"-Dkc.home.dir={home}",
        "-cp",
        str(installed / "lib" / "quarkus-run.jar"),
        "io.quarkus.bootstrap.runner.QuarkusEntryPoint",
        *arguments,
    ]


def without_options(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables but for those that Keycloak takes as options of its own."""
    return {name: value for name, value in environ.items() if not name.startswith("KC_")}


def _install(installed: Path, java: Path, place: Place, pin: Mapping[str, str]) -> None:
    name = f"Keycloak {pin['version']}"
    file = f"{_ARTIFACT}-{pin['version']}.zip"
    began = time.monotonic()
    try:
        with place.draft() as draft:
            archive = _archive(file, draft, place, pin)
            _verify(archive, pin["sha256"])
            print(f"  {name} is being unpacked and built, once …", flush=True)
            with zipfile.ZipFile(archive) as content:
                content.extractall(draft)
            made = draft / installed.name
            environ = without_options(place.environ)
            _run(command(java, made, made, *_BUILD), made, environ, _BUILD_SECONDS)
            made.replace(installed)
    except WayError as error:
        message = (
            f"cannot get {name}: {error}\n"
            f"    → {file} may also lie in a folder named by TOOLS_MIRROR"
        )
        raise MissingProgramError(message) from error
    print(f"  {name} is in {place.tools} after {time.monotonic() - began:.0f} s", flush=True)


def _archive(file: str, draft: Path, place: Place, pin: Mapping[str, str]) -> Path:
    found = next((folder / file for folder in place.mirror if (folder / file).is_file()), None)
    if found:
        return found
    maven = shutil.which("mvn", path=place.environ.get("PATH", ""))
    if maven is None:
        message = "there is no mvn on PATH; install Maven"
        raise WayError(message)
    print(f"  {file} (about 170 MB) is being fetched with Maven, once …", flush=True)
    plugin = f"org.apache.maven.plugins:maven-dependency-plugin:{pin['maven-dependency-plugin']}"
    artifact = f"-Dartifact=org.keycloak:{_ARTIFACT}:{pin['version']}:zip"
    where = f"-DoutputDirectory={draft}"
    # In the draft's folder, where no pom.xml of anybody else lies.
    quietly = ("--batch-mode", "--quiet", "-Dstyle.color=never")
    arguments = [maven, *quietly, f"{plugin}:copy", artifact, where]
    _run(arguments, draft, place.environ, _FETCH_SECONDS)
    return draft / file


def _verify(archive: Path, expected: str) -> None:
    with archive.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    if digest != expected:
        message = (
            f"{archive} was refused: its checksum is {digest[:12]}…, "
            f"but lab/tools/pins.toml says {expected[:12]}…"
        )
        raise WayError(message)


def _run(arguments: list[str], folder: Path, environ: Mapping[str, str], seconds: float) -> None:
    name = Path(arguments[0]).name
    try:
        done = subprocess.run(
            arguments,
            cwd=folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        message = f"{name} did not do its work ({error})"
        raise WayError(message) from error
    if done.returncode:
        lines = (done.stdout + done.stderr).splitlines()
        said = next((line for line in lines if "ERROR" in line or "Exception" in line), "")
        message = f"{name} failed: {said.strip()[:500] or f'exit code {done.returncode}'}"
        raise WayError(message)
