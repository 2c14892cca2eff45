"""Changes a kubeconfig file: all at once, with a backup, and only for its owner."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from cks_components.api.errors import SettingsError

_FOR_ITS_OWNER = 0o600


def update(
    path: Path, change: Callable[[str], str], *, now: Callable[[], datetime] | None = None
) -> Path | None:
    """Replace a file's text, atomically; it is then readable by its owner only.

    The file is locked as kubectl locks a kubeconfig. A symbolic link stays one. If the text stays
    the same, nothing is written.

    Args:
        path: the file; it and its folder are created if they do not exist.
        change: makes the new text of the old one, which is empty if there is no file.
        now: for the backup's name; by default the present.

    Returns:
        The backup, which lies beside the file; None if there was no file, or nothing was written.

    Raises:
        SettingsError: the file cannot be read or written, is no regular file, such as a device, or
            another program is changing it.
    """
    try:
        target = _resolved(path)
        _refuse_device(path, target)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _locked(target):
            before = target.read_text(encoding="utf-8") if target.exists() else None
            after = change(before or "")
            if after == before:
                return None
            backup = None
            if before is not None:
                moment = (now() if now else datetime.now(UTC)).strftime("%Y%m%dT%H%M%S.%fZ")
                backup = target.with_name(f"{target.name}.{moment}.bak")
                _create(backup, before)
            _replace(target, after)
            return backup
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        message = f"cannot write {path}: {reason}; check the path and its permissions"
        raise SettingsError([message]) from error


def _resolved(path: Path) -> Path:
    try:
        path = path.expanduser()
    except RuntimeError as error:
        message = f"cannot write {path}: there is no such home folder; name another file"
        raise SettingsError([message]) from error
    return Path(os.path.realpath(path))  # Path.resolve raises RuntimeError for a link to itself


def _refuse_device(path: Path, target: Path) -> None:
    """Refuse what a file must not take the place of; a folder cannot be read, so it is safe."""
    with suppress(FileNotFoundError):
        mode = target.stat().st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            message = (
                f"cannot write {path}: it is a device, a pipe or a socket, which is not replaced by "
                "a file; print the kubeconfig with --stdout, or name another file"
            )
            raise SettingsError([message])


@contextmanager
def _locked(target: Path) -> Iterator[None]:
    lock = target.with_name(f"{target.name}.lock")  # kubectl's lock has the same name
    try:
        _create(lock, "")
    except FileExistsError as error:
        message = (
            f"cannot write {target}: another program is changing it; run the command again, and if "
            f"no program is, remove {lock}"
        )
        raise SettingsError([message]) from error
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def _create(path: Path, text: str) -> None:
    with os.fdopen(
        os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FOR_ITS_OWNER), "wb"
    ) as new:
        new.write(text.encode())


def _replace(target: Path, text: str) -> None:
    number, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    draft = Path(name)  # for its owner only, as mkstemp makes files
    try:
        with os.fdopen(number, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(number)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
