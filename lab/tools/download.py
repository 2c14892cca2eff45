"""Downloads that are verified by the publisher's checksum file, and the unpacking of archives.

A host that gives no answer within a few seconds is not asked again in the same run: on a machine
without a network the next way is reached at once.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import tarfile
import threading
import urllib.request
import zipfile
from collections.abc import Mapping
from pathlib import Path
from socket import gaierror, getaddrinfo

import httpx

from lab.tools.program import Download

_ALGORITHMS = {64: "sha256", 128: "sha512"}


class DownloadError(Exception):
    """A file could not be had or must not be used; the text says why, on one line."""


class Downloads:
    """The downloads of one run.

    Args:
        patience: seconds that a host has for a connection; it has three times as long for each
            part of an answer.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._silent: dict[str, str] = {}

    def fetch(self, download: Download, folder: Path) -> Path:
        """Put the publisher's file into `folder`; what is there afterwards has the right checksum.

        Raises:
            DownloadError: no place has it, or a checksum is missing or differs.
        """
        reasons = []
        for place in download.places:
            try:
                return self._from_place(place, download, folder)
            except DownloadError as error:
                reasons.append(str(error))
        raise DownloadError("; ".join(dict.fromkeys(reasons)))

    def _from_place(self, place: str, download: Download, folder: Path) -> Path:
        sums = folder / f"{download.file}.checksums"
        self._get(f"{place}/{download.checksums}", sums)
        expected = _expected(sums.read_text(errors="replace"), download)
        file = folder / download.file
        self._get(f"{place}/{download.file}", file)
        with file.open("rb") as content:
            digest = hashlib.file_digest(content, _ALGORITHMS[len(expected)]).hexdigest()
        if digest != expected:
            file.unlink()
            message = (
                f"{place}/{download.file} was refused: its checksum is {digest[:12]}…, "
                f"but {download.checksums} says {expected[:12]}…"
            )
            raise DownloadError(message)
        return file

    def _get(self, url: str, target: Path) -> None:
        address = httpx.URL(url)
        host = address.host
        if host in self._silent:
            raise DownloadError(self._silent[host])
        try:
            self._resolve(address)
            with (
                httpx.stream(
                    "GET",
                    url,
                    headers={"Accept-Encoding": "identity"},  # the checksum is of the file as it is
                    follow_redirects=True,
                    # A connection that is there may falter for longer than one takes to come up.
                    timeout=httpx.Timeout(self._patience, read=3 * self._patience),
                ) as answer,
                target.open("wb") as file,
            ):
                if answer.status_code != httpx.codes.OK:
                    message = f"{url} answered {answer.status_code}"
                    raise DownloadError(message)
                for part in answer.iter_raw():
                    file.write(part)
        except (httpx.RequestError, OSError) as error:
            self._silent[host] = f"{host} gives no answer ({error or type(error).__name__})"
            raise DownloadError(self._silent[host]) from error

    def _resolve(self, address: httpx.URL) -> None:
        """Look the name up with our patience; the system's own look-up knows no limit."""
        proxies = urllib.request.getproxies()
        if address.scheme in proxies and not urllib.request.proxy_bypass(address.host):
            return  # the proxy looks it up
        problems: list[gaierror | None] = []

        def look_up() -> None:
            try:
                getaddrinfo(address.host, address.port or address.scheme)
                problems.append(None)
            except gaierror as error:
                problems.append(error)

        thread = threading.Thread(target=look_up, daemon=True)
        thread.start()
        thread.join(self._patience)
        if not problems:
            message = "its name was not found in time"
            raise OSError(message)
        if problems[0]:
            raise OSError(problems[0].strerror)


def _expected(sums: str, download: Download) -> str:
    """Find the checksum of the file in `<checksum>  <name>` lines, or in a lone checksum."""
    lines = [line.split() for line in sums.splitlines() if line.strip()]
    for words in lines:
        named = words[-1].lstrip("*").removeprefix("./") == download.file
        if (named or (len(lines) == 1 and len(words) == 1)) and (
            len(words[0]) in _ALGORITHMS and re.fullmatch("[0-9a-fA-F]+", words[0])
        ):
            return words[0].lower()
    message = f"{download.checksums} names no checksum of {download.file}"
    raise DownloadError(message)


def unpack(file: Path, members: Mapping[str, str], folder: Path) -> None:
    """Put the wanted members of an archive, or the file itself, into `folder` as executables.

    Members are found by their last name and written under the name that they get here, so a
    path in an archive never decides where something is written.

    Raises:
        DownloadError: a member is missing, or the file is no archive.
    """
    try:
        if file.name.endswith(".tar.gz"):
            _unpack_tar(file, members, folder)
        elif file.name.endswith(".zip"):
            _unpack_zip(file, members, folder)
        else:
            shutil.copyfile(file, folder / next(iter(members.values())))
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, OSError) as error:
        message = f"{file.name} cannot be unpacked ({error})"
        raise DownloadError(message) from error
    missing = [name for name, here in members.items() if not (folder / here).is_file()]
    if missing:
        message = f"{file.name} holds no {', '.join(missing)}"
        raise DownloadError(message)
    for name in members.values():
        (folder / name).chmod(0o755)


def _unpack_tar(file: Path, members: Mapping[str, str], folder: Path) -> None:
    with tarfile.open(file) as archive:
        for member in archive:
            name = members.get(Path(member.name).name)
            content = archive.extractfile(member) if name and member.isfile() else None
            if name and content:
                with content, (folder / name).open("wb") as target:
                    shutil.copyfileobj(content, target)


def _unpack_zip(file: Path, members: Mapping[str, str], folder: Path) -> None:
    with zipfile.ZipFile(file) as archive:
        for member in archive.infolist():
            name = members.get(Path(member.filename).name)
            if name and not member.is_dir():
                with archive.open(member) as content, (folder / name).open("wb") as target:
                    shutil.copyfileobj(content, target)
