"""Reads a file at a git revision, with the installed git."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cks_components.api.errors import SettingsError

_PATIENCE_SECONDS = 60.0
"""Long enough for a partial clone to fetch what it lacks."""


@dataclass(frozen=True)
class Answer:
    """The result of a git command."""

    code: int
    out: bytes
    err: str


class NotTextError(SettingsError):
    """The file is not text at this revision."""


Git = Callable[[Path, Sequence[str]], Answer]


def git(folder: Path, arguments: Sequence[str]) -> Answer:
    """Run git in a folder.

    Raises:
        OSError: git is not installed.
        subprocess.TimeoutExpired: git does not end in time.
    """
    done = subprocess.run(  # noqa: S603 - a fixed program; foreign text is one argument after --end-of-options
        ["git", "--literal-pathspecs", "-C", str(folder), *arguments],  # noqa: S607 - found on PATH, as everywhere
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_PATIENCE_SECONDS,
        check=False,
    )
    return Answer(done.returncode, done.stdout, done.stderr.decode(errors="replace").strip())


def text_at(revision: str, path: Path, git: Git = git) -> str | None:
    """The text of a file at a revision; None if the file does not exist there.

    Raises:
        SettingsError: git is not installed, there is no repository, the revision does not exist,
            or the file is not text.
    """
    attempt = f'cannot compare with "{revision}"'
    try:
        content = _content(attempt, revision, path, git)
        return None if content is None else content.decode()
    except OSError as error:
        message = f"{attempt}: git is not installed; install it, or name the path of another file"
        raise SettingsError([message]) from error
    except subprocess.TimeoutExpired as error:
        message = f"{attempt}: git did not answer within {_PATIENCE_SECONDS:.0f} s; fetch the revision first"
        raise SettingsError([message]) from error
    except UnicodeDecodeError as error:
        message = f"{attempt}: {path} is not text at this revision; name another revision"
        raise NotTextError([message]) from error


def _content(attempt: str, revision: str, path: Path, git: Git) -> bytes | None:
    folder = path.parent
    wanted = ["rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"]
    found = git(folder, wanted)
    if found.code != 0:
        outside = git(folder, ["rev-parse", "--git-dir"])
        if outside.code != 0:
            message = (
                f"{attempt}: git failed in {folder} ({outside.err}); run the command in a git "
                "repository, or name the path of another file (it ends in .yaml)"
            )
            raise SettingsError([message])
        message = (
            f"{attempt}: git does not know this commit; name a branch, a tag or a commit (a "
            "shallow clone has to fetch it first), or the path of another file (it ends in .yaml)"
        )
        raise SettingsError([message])
    commit = found.out.decode().strip()
    listed = git(folder, ["ls-tree", commit, f"./{path.name}"])
    if listed.code == 0 and not listed.out:
        return None
    shown = git(folder, ["cat-file", "blob", f"{commit}:./{path.name}"])
    if shown.code != 0:
        message = f"{attempt}: git cannot read {path} at this revision ({shown.err}); fetch the revision first"
        raise SettingsError([message])
    return shown.out
