"""A file at a git revision, as git is asked and as it answers."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from cks_components.api.errors import SettingsError
from cks_components.project import git_revision
from cks_components.project.git_revision import Answer, Change

FILE = Path("stacks/Pulumi.dev.yaml")
COMMIT = "a30d878fb8c5a30d878fb8c5a30d878fb8c5a30d"


@pytest.fixture(autouse=True)
def outside_any_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / FILE.parent).mkdir()
    monkeypatch.chdir(tmp_path)


class Repository:
    """A git that knows one commit by the name `main`, and what it was asked."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.kind = "blob"
        self.facts = {"--is-shallow-repository": "false\n", "--show-toplevel": "/work\n"}
        self.renames = b""
        self.differs = b""
        self.diff_code = 0
        self.is_whole = True
        self.asked: list[list[str]] = []

    def __call__(self, folder: Path, arguments: Sequence[str], given: bytes = b"") -> Answer:
        assert folder == FILE.parent
        self.asked.append(list(arguments))
        if arguments[0] == "rev-parse":
            answers = {"main^{commit}": f"{COMMIT}\n", "--git-dir": ".git\n"} | self.facts
            known = answers.get(arguments[-1])
            return Answer(1, b"", "") if known is None else Answer(0, known.encode(), "")
        if arguments[0] == "diff":
            shown = self.differs if "--raw" in arguments else self.renames
            return Answer(self.diff_code, shown, "fatal: lost" if self.diff_code else "")
        name = (given.decode().strip() or arguments[-1]).rpartition("./")[2]
        if arguments[0] == "ls-tree":
            listed = f"100644 {self.kind} {COMMIT}\t{name}\n".encode()
            return Answer(0, listed if name in self.files else b"", "")
        if name not in self.files or not self.is_whole:
            return Answer(0, given.strip() + b" missing\n", "")
        text = self.files[name]
        head = f"{COMMIT} {self.kind} {len(text)}\n"
        return Answer(0, head.encode() + text + b"\n", "")


def test_a_file_is_read_as_it_was() -> None:
    git = Repository({FILE.name: "config: é".encode()})

    assert git_revision.text_at("main", FILE, git) == "config: é"
    assert git.asked == [
        ["rev-parse", "--verify", "--quiet", "--end-of-options", "main^{commit}"],
        ["cat-file", "--batch", "--follow-symlinks"],
    ]


def test_a_file_that_did_not_exist_yet_is_none() -> None:
    assert git_revision.text_at("main", FILE, Repository({})) is None


def test_a_folder_in_the_place_of_the_file_is_no_file() -> None:
    git = Repository({FILE.name: b""})
    git.kind = "tree"

    assert git_revision.text_at("main", FILE, git) is None


def test_a_file_whose_folder_is_gone_is_read_from_the_folder_around_it() -> None:
    git = Repository({"gone/Pulumi.dev.yaml": b"config:"})

    assert git_revision.text_at("main", FILE.parent / "gone" / FILE.name, git) == "config:"


def test_a_revision_is_resolved_to_its_commit() -> None:
    assert git_revision.commit_at("main", FILE, Repository({})) == COMMIT


def test_the_full_name_of_a_commit_is_shortened_for_people() -> None:
    assert git_revision.shown(COMMIT) == COMMIT[:12]
    assert git_revision.shown("origin/main") == "origin/main"


def test_renamed_files_are_found_in_the_whole_repository() -> None:
    git = Repository({})
    git.renames = b"R087\0Pulumi.old.yaml\0stacks/Pulumi.new.yaml\0R100\0a\0b\0"

    assert git_revision.renamed_since("main", FILE, git) == {
        Path("/work/stacks/Pulumi.new.yaml"): Path("/work/Pulumi.old.yaml"),
        Path("/work/b"): Path("/work/a"),
    }
    assert git.asked[1][-1] == COMMIT


def test_a_git_that_cannot_compare_knows_of_no_renaming() -> None:
    git = Repository({})
    git.facts = {}

    assert git_revision.renamed_since("main", FILE, git) == {}


def test_what_differs_is_listed_in_the_whole_repository() -> None:
    git = Repository({})
    git.differs = (
        b":100644 100644 1 2 M\0__main__.py\0"
        b":160000 000000 1 0 D\0vendor/roles\0"
        + ":000000 100644 0 1 A\0stacks/\u00e9.yaml\0".encode()
    )

    assert git_revision.changed_since("main", FILE, git) == [
        Change(Path("/work/__main__.py")),
        Change(Path("/work/vendor/roles"), is_elsewhere=True),
        Change(Path("/work/stacks/\u00e9.yaml")),
    ]
    assert {"--no-relative", "--ignore-submodules=dirty", COMMIT} <= set(git.asked[1])


def test_a_comparison_that_fails_is_not_taken_for_no_change() -> None:
    git = Repository({})
    git.diff_code = 128

    with pytest.raises(
        SettingsError, match=r'cannot compare with "main": git cannot list what has'
    ):
        git_revision.changed_since("main", FILE, git)

    git.diff_code = 0
    git.facts = {}

    with pytest.raises(SettingsError, match="git cannot list what has changed"):
        git_revision.changed_since("main", FILE, git)


def refusal(git: git_revision.Git, named: str = "main") -> str:
    with pytest.raises(SettingsError) as caught:
        git_revision.text_at(named, FILE, git)
    return str(caught.value)


def test_a_revision_that_git_does_not_know_is_named() -> None:
    said = refusal(Repository({}), "mian")

    assert said.startswith(
        'cannot compare with "mian": git does not know this commit; name a branch'
    )


@pytest.mark.parametrize(
    ("revision", "advice"),
    [
        ("c0ffee", 'fetch it first with "git fetch --depth=1 origin c0ffee", or clone with'),
        ("feature/x", 'first with "git fetch --depth=1 origin feature/x", or clone with'),
        (
            "origin/main",
            '"git fetch --depth=1 origin main:refs/remotes/origin/main", or clone with',
        ),
        ("main~1", "has no such commit; clone with the history (fetch-depth: 0 in GitHub Actions"),
    ],
)
def test_a_shallow_clone_is_told_how_to_fetch(revision: str, advice: str) -> None:
    git = Repository({})
    git.facts["--is-shallow-repository"] = "true\n"

    assert advice in refusal(git, revision)


def test_a_folder_outside_git_is_named() -> None:
    def outside(_folder: Path, _arguments: Sequence[str], _given: bytes = b"") -> Answer:
        return Answer(128, b"", "fatal: not a git repository")

    said = refusal(outside)

    assert "git failed in stacks (fatal: not a git repository); run the command" in said


def test_a_file_that_git_has_lost_is_not_taken_for_no_access() -> None:
    git = Repository({FILE.name: b""})
    git.is_whole = False

    assert (
        "git cannot read stacks/Pulumi.dev.yaml at this revision (its content is missing)"
        in refusal(git)
    )


def test_a_git_that_fails_is_not_taken_for_no_access() -> None:
    whole = Repository({})

    def broken(folder: Path, arguments: Sequence[str], given: bytes = b"") -> Answer:
        is_reading = arguments[0] != "rev-parse"
        return Answer(128, b"", "fatal: lost") if is_reading else whole(folder, arguments, given)

    assert "(fatal: lost)" in refusal(broken)


def test_a_file_that_is_no_text_is_named() -> None:
    git = Repository({FILE.name: b"\xff\xfe"})

    assert "stacks/Pulumi.dev.yaml is not text at this revision" in refusal(git)


@pytest.mark.parametrize(
    ("failure", "message"),
    [
        (FileNotFoundError(2, "No such file or directory", "git"), "git is not installed"),
        (subprocess.TimeoutExpired("git", 60), "git did not answer within 60 s"),
    ],
    ids=["no git", "no end"],
)
def test_a_git_that_cannot_be_run_is_explained(failure: Exception, message: str) -> None:
    def broken(_folder: Path, _arguments: Sequence[str], _given: bytes = b"") -> Answer:
        raise failure

    assert message in refusal(broken)


def test_git_runs_in_the_files_folder_without_a_shell_or_a_terminal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[tuple[list[str], dict[str, Any]]] = []

    def run(command: list[str], **options: Any) -> subprocess.CompletedProcess[bytes]:
        seen.append((command, options))
        return subprocess.CompletedProcess(command, 128, b"out", b"fatal: \xff\n")

    monkeypatch.setattr(subprocess, "run", run)

    answer = git_revision.git(Path("stacks"), ["ls-tree", COMMIT])

    ((command, options),) = seen
    assert command == ["git", "--literal-pathspecs", "-C", "stacks", "ls-tree", COMMIT]
    assert options["input"] == b""
    assert "shell" not in options
    assert answer == Answer(128, b"out", "fatal: \ufffd")
