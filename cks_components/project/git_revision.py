"""Reads a file at a git revision, and finds renamed and changed files, with the installed git."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from cks_components.api.errors import SettingsError

_PATIENCE_SECONDS = 60.0
"""Long enough for a partial clone to fetch what it lacks."""
_OBJECT = re.compile(rb"[0-9a-f]+ (?P<kind>\w+) (?P<size>\d+)")
"""What git says of an object before its content."""
_LINK = re.compile(rb"(?P<end>symlink|dangling|loop) \d+")
"""What git says of a symbolic link that leads to no object."""
_ENDS = {
    b"symlink": "out of the repository",
    b"dangling": "to nothing",
    b"loop": "back to itself",
}
_ELSEWHERE = {"160000", "120000"}
"""git's modes of a submodule and of a symbolic link."""


@dataclass(frozen=True)
class Answer:
    """The result of a git command."""

    code: int
    out: bytes
    err: str


class UnusableFileError(SettingsError):
    """What is at a path at this revision is not text, or a link that leads to no file."""


class Change(NamedTuple):
    """A file that differs, or the commit of a submodule.

    Attributes:
        path: its absolute path.
        is_elsewhere: whether it is, or was, a submodule or a symbolic link, whose content is not
            seen at this path.
    """

    path: Path
    is_elsewhere: bool = False


class Git(Protocol):
    """What runs git as `git` does."""

    def __call__(self, folder: Path, arguments: Sequence[str], given: bytes = b"", /) -> Answer:
        """Run git in a folder, with a standard input."""


def git(folder: Path, arguments: Sequence[str], given: bytes = b"") -> Answer:
    """Run git in a folder, with a standard input.

    Raises:
        OSError: git is not installed.
        subprocess.TimeoutExpired: git does not end in time.
    """
    done = subprocess.run(  # noqa: S603 - a fixed program; foreign text is one argument after --end-of-options
        ["git", "--literal-pathspecs", "-C", str(folder), *arguments],  # noqa: S607 - found on PATH, as everywhere
        input=given,
        capture_output=True,
        timeout=_PATIENCE_SECONDS,
        check=False,
    )
    return Answer(done.returncode, done.stdout, done.stderr.decode(errors="replace").strip())


def text_at(revision: str, path: Path, git: Git = git) -> str | None:
    """The text of a file at a revision; None if there is no such file.

    Symbolic links, of the file and of folders in its path, lead where they led at the revision.

    Raises:
        SettingsError: git is not installed, there is no repository, or the revision does not exist.
        UnusableFileError: the file is not text, or a link leads to no file of the revision.
    """
    with _explained(revision):
        content = _content(revision, path, git)
    try:
        return None if content is None else content.decode()
    except UnicodeDecodeError as error:
        message = (
            f"{_attempt(revision)}: {path} is not text at this revision; name another revision"
        )
        raise UnusableFileError([message]) from error


def commit_at(revision: str, path: Path, git: Git = git) -> str:
    """The name of the commit that a revision stands for in the repository of a file.

    Raises:
        SettingsError: as for `text_at`.
    """
    with _explained(revision):
        return _commit(revision, _folder(path), git)


def shown(revision: str) -> str:
    """A revision as people are shown it: the full name of a commit is shortened."""
    return revision[:12] if re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", revision) else revision


def renamed_since(revision: str, path: Path, git: Git = git) -> dict[Path, Path]:
    """The files in a file's repository that had another path at a revision, each with that path.

    What git takes for the same file is a file that is gone, and a new one of which at least half is
    the same. A new file that git does not track is not found.

    Raises:
        SettingsError: as for `text_at`.
    """
    with _explained(revision):
        folder = _folder(path)
        commit = _commit(revision, folder, git)
        asked = ("diff", "--no-ext-diff", "--no-relative", "--find-renames", "--diff-filter=R")
        listed = git(folder, [*asked, "--name-status", "-z", commit])
        top = git(folder, ["rev-parse", "--show-toplevel"])
    if listed.code != 0 or top.code != 0:
        return {}
    root = Path(top.out.decode(errors="replace").strip())
    fields = listed.out.decode(errors="replace").split("\0")
    pairs = zip(fields[1::3], fields[2::3], strict=False)  # each is a status and two paths
    return {root / after: root / before for before, after in pairs}


def changed_since(revision: str, path: Path, git: Git = git) -> list[Change]:
    """What differs from a revision in the repository of a file.

    A renamed file is there under both names. A new file that git does not track is not found, and
    of a submodule only another commit.

    Raises:
        SettingsError: as for `text_at`.
    """
    with _explained(revision):
        folder = _folder(path)
        commit = _commit(revision, folder, git)
        asked = ("diff", "--no-ext-diff", "--no-relative", "--no-renames")
        shown = ("--ignore-submodules=dirty", "--raw", "-z", commit)
        listed = git(folder, [*asked, *shown])
        top = git(folder, ["rev-parse", "--show-toplevel"])
    for answer in (listed, top):
        if answer.code != 0:
            message = (
                f"{_attempt(revision)}: git cannot list what has changed ({answer.err}); fetch the "
                "revision first"
            )
            raise SettingsError([message])
    root = Path(top.out.decode(errors="replace").strip())
    fields = listed.out.decode(errors="replace").split("\0")
    pairs = zip(fields[::2], fields[1::2], strict=False)  # each is two modes and more, and a path
    return [
        Change(root / name, not _ELSEWHERE.isdisjoint(about.lstrip(":").split()[:2]))
        for about, name in pairs
    ]


def _folder(path: Path) -> Path:
    """The folder in which git is asked about a file."""
    return _place(path)[0]


def _place(path: Path) -> tuple[Path, Path]:
    """The top of a file's repository as the path is written, and the file's path from there.

    A folder of the path that is a symbolic link now is not followed, since it may not have been one
    at a revision. Where no repository is seen, it is the nearest folder that is there.
    """
    absolute = Path(os.path.normpath(path.absolute()))
    tops = (folder for folder in absolute.parents if (folder / ".git").exists())
    top = next(tops, None)
    if top is not None:
        return top, absolute.relative_to(top)
    nearest = next(folder for folder in path.parents if folder.exists())
    return nearest, path.relative_to(nearest)


def _attempt(revision: str) -> str:
    return f'cannot compare with "{revision}"'


@contextmanager
def _explained(revision: str) -> Iterator[None]:
    attempt = _attempt(revision)
    try:
        yield
    except OSError as error:
        message = f"{attempt}: git is not installed; install it, or name the path of another file"
        raise SettingsError([message]) from error
    except subprocess.TimeoutExpired as error:
        message = f"{attempt}: git did not answer within {_PATIENCE_SECONDS:.0f} s; fetch the revision first"
        raise SettingsError([message]) from error


def _fetch(revision: str) -> str:
    """How to fetch it alone, if it has a name that a server knows: not so "main~1"."""
    if re.search(r"[~^:@]", revision):
        return ""
    remote, _, branch = revision.partition("/")
    wanted = f"{branch}:refs/remotes/{revision}" if remote == "origin" else revision
    return f'fetch it first with "git fetch --depth=1 origin {wanted}", or '


def _commit(revision: str, folder: Path, git: Git) -> str:
    if not revision.strip():
        message = "the revision to compare with is empty; name a branch, a tag or a commit"
        raise SettingsError([message])
    attempt = _attempt(revision)
    wanted = ["rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"]
    found = git(folder, wanted)
    if found.code == 0:
        return found.out.decode().strip()
    outside = git(folder, ["rev-parse", "--git-dir"])
    if outside.code != 0:
        message = (
            f"{attempt}: git failed in {folder} ({outside.err}); run the command in a git "
            "repository, or name the path of another file (it ends in .yaml)"
        )
        raise SettingsError([message])
    if git(folder, ["rev-parse", "--is-shallow-repository"]).out.strip() == b"true":
        message = (
            f"{attempt}: this shallow clone has no such commit; {_fetch(revision)}clone with the "
            "history (fetch-depth: 0 in GitHub Actions, GIT_DEPTH: 0 in GitLab)"
        )
        raise SettingsError([message])
    message = (
        f"{attempt}: git does not know this commit; name a branch, a tag or a commit, or the path of "
        "another file (it ends in .yaml)"
    )
    raise SettingsError([message])


def _content(revision: str, path: Path, git: Git) -> bytes | None:
    folder, below = _place(path)
    name = f"./{below.as_posix()}"
    if "\n" in name:  # git reads one path a line
        message = f"{_attempt(revision)}: the path {path} has a line break in it; rename it"
        raise UnusableFileError([message])
    commit = _commit(revision, folder, git)
    asked = f"{commit}:{name}\n".encode()
    answer = git(folder, ["cat-file", "--batch", "--follow-symlinks"], asked)
    head, _, rest = answer.out.partition(b"\n")
    link, found = _LINK.fullmatch(head), _OBJECT.fullmatch(head)
    if link:
        message = (
            f"{_attempt(revision)}: {path} is, or lies behind, a symbolic link that leads "
            f"{_ENDS[link['end']]} at this revision; put the file itself into the repository, or "
            "name another revision"
        )
        raise UnusableFileError([message])
    if found and answer.code == 0:
        return rest[: int(found["size"])] if found["kind"] == b"blob" else None
    listed = git(folder, ["ls-tree", commit, name])
    if answer.code == listed.code == 0 and not _is_file(listed.out):
        return None
    lost = answer.err or listed.err or "its content is missing"
    message = (
        f"{_attempt(revision)}: git cannot read {path} at this revision ({lost}); fetch the "
        "revision first"
    )
    raise SettingsError([message])


def _is_file(listed: bytes) -> bool:
    """Whether git's line about a path names a file, and not a folder or another repository."""
    return listed.split(maxsplit=2)[1:2] == [b"blob"]
