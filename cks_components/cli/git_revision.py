"""A file as it was at a git revision, read with the git that is installed."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cks_components.api.errors import SettingsError

_PATIENCE_SECONDS = 60.0
"""A partial clone fetches what it lacks."""


@dataclass(frozen=True)
class Answer:
    """What git said."""

    code: int
    out: bytes
    err: str


class NotTextError(SettingsError):
    """What the file was at a revision is not text."""


Git = Callable[[Path, Sequence[str]], Answer]


def git(folder: Path, arguments: Sequence[str]) -> Answer:
    """Run git in a folder.

    Raises:
        OSError: there is no git.
        subprocess.TimeoutExpired: it does not end.
    """
    done = subprocess.run(  # noqa: S603 - a fixed program; what is foreign is one argument behind --end-of-options
        ["git", "--literal-pathspecs", "-C", str(folder), *arguments],  # noqa: S607 - found on PATH, as everywhere
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_PATIENCE_SECONDS,
        check=False,
    )
    return Answer(done.returncode, done.stdout, done.stderr.decode(errors="replace").strip())


def text_at(revision: str, path: Path, git: Git = git) -> str | None:
    """The text of a file at a revision; None where the revision has no such file.

    Raises:
        SettingsError: no git, no repository, no such revision, or it is not text.
    """
    attempt = f'cannot compare with "{revision}"'
    try:
        content = _content(attempt, revision, path, git)
        return None if content is None else content.decode()
    except OSError as error:
        message = f"{attempt}: git is not installed; install it, or name another file's path"
        raise SettingsError([message]) from error
    except subprocess.TimeoutExpired as error:
        message = f"{attempt}: git gave no answer for {_PATIENCE_SECONDS:.0f} s; fetch it first"
        raise SettingsError([message]) from error
    except UnicodeDecodeError as error:
        message = f"{attempt}: {path} is not text there; name another revision"
        raise NotTextError([message]) from error


def _content(attempt: str, revision: str, path: Path, git: Git) -> bytes | None:
    folder = path.parent
    wanted = ["rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"]
    found = git(folder, wanted)
    if found.code != 0:
        outside = git(folder, ["rev-parse", "--git-dir"])
        if outside.code != 0:
            message = (
                f"{attempt}: git cannot be asked in {folder} ({outside.err}); name another file's "
                "path (it ends in .yaml), or run in a git repository"
            )
            raise SettingsError([message])
        message = (
            f"{attempt}: git knows no such commit; name a branch, a tag or a commit (a shallow "
            "clone has to fetch it first), or another file's path (it ends in .yaml)"
        )
        raise SettingsError([message])
    commit = found.out.decode().strip()
    listed = git(folder, ["ls-tree", commit, f"./{path.name}"])
    if listed.code == 0 and not listed.out:
        return None
    shown = git(folder, ["cat-file", "blob", f"{commit}:./{path.name}"])
    if shown.code != 0:
        message = f"{attempt}: git cannot show {path} there ({shown.err}); fetch it first"
        raise SettingsError([message])
    return shown.out
