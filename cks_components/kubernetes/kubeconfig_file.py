"""Changes kubeconfig files: each at once, with a backup, and only for its owner."""

from __future__ import annotations

import codecs
import os
import stat
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from cks_components.api.errors import SettingsError

_FOR_ITS_OWNER = 0o600


def changed_by_kubectl(paths: Sequence[Path]) -> list[Path]:
    """Those of the files in KUBECONFIG that `kubectl config` may change, the default one first.

    They are those that exist; where none does, the last one, which it creates (client-go's
    GetDefaultFilename).
    """
    return [path for path in paths if not is_missing(path)] or [paths[-1]]


def as_text(content: bytes) -> str:
    """The text of a kubeconfig: UTF-8, or UTF-16 with a byte order mark, as kubectl reads it.

    Raises:
        UnicodeDecodeError: it is neither.
    """
    is_wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return content.decode("utf-16" if is_wide else "utf-8-sig")


def is_missing(path: Path) -> bool:
    """Whether there is no file, as kubectl sees it: one that it may not look at is none of these."""
    try:
        path.stat()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return False


def update(
    paths: Sequence[Path],
    change: Callable[[Mapping[Path, str]], Mapping[Path, str]],
    *,
    now: Callable[[], datetime] | None = None,
) -> dict[Path, Path | None]:
    """Replace the texts of files, each atomically; they are then readable by their owner only.

    Each file is locked as kubectl locks a kubeconfig. A symbolic link stays one. Where a text stays
    the same, nothing is written.

    Args:
        paths: the files; one that is written is created, with its folder, if it does not exist.
        change: makes new texts of the old ones, which are empty where there is no file.
        now: for the backups' names; by default the present.

    Returns:
        The files that were written, each with its backup, which lies beside it; None where there
        was no file.

    Raises:
        SettingsError: a file cannot be read or written, is no regular file, such as a device, or
            another program is changing it.
    """
    targets = {path: _resolved(path) for path in paths}
    with ExitStack() as locks:
        for path, target in targets.items():
            _refuse_device(path, target)
            locks.enter_context(_locked(target))
        before = {path: _text(path, target) for path, target in targets.items()}
        after = change(before)
        changed = [path for path in paths if after.get(path, before[path]) != before[path]]
        moment = (now() if now else datetime.now(UTC)).strftime("%Y%m%dT%H%M%S.%fZ")
        backups = {path: _backup(path, targets[path], moment) for path in changed}
        for path in changed:
            with _explained("write", path):
                _replace(targets[path], after[path])
    return backups


def _text(path: Path, target: Path) -> str:
    with _explained("read", path):
        return as_text(target.read_bytes()) if target.exists() else ""


def _backup(path: Path, target: Path, moment: str) -> Path | None:
    with _explained("write", path):
        if not target.exists():
            return None
        backup = target.with_name(f"{target.name}.{moment}.bak")
        _create(backup, target.read_bytes())
    return backup


@contextmanager
def _explained(attempt: str, path: Path) -> Iterator[None]:
    """Make one sentence of an error of the operating system."""
    try:
        yield
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        message = f"cannot {attempt} {path}: {reason}; check the path and its permissions"
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
    with _explained("read", path), suppress(FileNotFoundError):
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
    with suppress(OSError):  # then the file cannot be written, which is said below
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        _create(lock, b"")
    except FileExistsError as error:
        message = (
            f"cannot write {target}: another program is changing it; run the command again, and if "
            f"no program is, remove {lock}"
        )
        raise SettingsError([message]) from error
    except OSError:  # then the file cannot be replaced either: it is read only
        yield
        return
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def _create(path: Path, content: bytes) -> None:
    with os.fdopen(
        os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FOR_ITS_OWNER), "wb"
    ) as new:
        new.write(content)


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
