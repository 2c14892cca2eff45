"""The installed git between two versions of a stack file, and the comment that comes of it."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from cks_components.api.errors import SettingsError
from cks_components.cli.command import main
from cks_components.project import git_revision

ROOT = Path(__file__).resolve().parents[2]
FILE = "stacks/Pulumi.local.yaml"


@dataclass
class Repository:
    """This project's own stack file under version control, in the working folder."""

    folder: Path
    capture: pytest.CaptureFixture[str]

    @property
    def file(self) -> Path:
        return self.folder / FILE

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=self.folder, check=True, capture_output=True, text=True
        )
        return done.stdout

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--message", "a version")

    def replace(self, old: str, new: str) -> None:
        text = self.file.read_text()
        assert old in text
        self.file.write_text(text.replace(old, new))

    def access(self, *arguments: str) -> tuple[int, str, str]:
        return self.run("access", "local", *arguments)

    def run(self, *arguments: str) -> tuple[int, str, str]:
        code = main(list(arguments))
        said = self.capture.readouterr()
        return code, said.out, said.err


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project's files, outside any repository and before nobody's git settings."""
    for name in ("GLOBAL", "SYSTEM"):
        monkeypatch.setenv(f"GIT_CONFIG_{name}", "/dev/null")
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "Somebody")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "somebody@example.com")
        monkeypatch.setenv(f"GIT_{role}_DATE", "2026-01-01T00:00:00Z")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "COREWEAVE_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "project"
    (folder / FILE).parent.mkdir(parents=True)
    for name in ("Pulumi.yaml", FILE):
        (folder / name).write_text((ROOT / name).read_text())
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def repository(folder: Path, capsys: pytest.CaptureFixture[str]) -> Repository:
    repository = Repository(folder, capsys)
    repository.git("init", "--initial-branch", "main")
    repository.commit()
    return repository


def test_a_pull_request_learns_who_gains_and_who_loses(repository: Repository) -> None:
    repository.git("switch", "--create", "change")
    repository.replace("[platform-admins]", "[platform-admins, ml-engineers]")
    repository.replace("namespaces: [default]", "namespaces: [training]")
    repository.commit()

    code, out, _ = repository.access("--diff", "main", "--markdown")

    group = "Group `lab:ml-engineers` (`ml-engineers`)"
    assert code == 2
    assert out.startswith("<!-- cks-access:local -->\n## Access by `local`, compared with `main`")
    assert f"- ⚠️ `local-east`: {group} gets `cluster-admin` cluster wide" in out
    assert (
        f"| `local-east` | {group} | `cluster-admin` | cluster wide | `edit` in `default` |" in out
    )


def test_the_same_version_differs_in_nothing(repository: Repository) -> None:
    assert repository.access("--diff", "HEAD")[:2] == (
        0,
        'Access by "local", compared with "HEAD": nobody gains or loses rights.\n',
    )


def test_an_earlier_commit_is_named_in_every_way_that_git_knows(repository: Repository) -> None:
    repository.replace("clusterRole: edit", "clusterRole: view")
    repository.commit()
    repository.git("tag", "--annotate", "--message", "a tag", "v2")

    for named in ("HEAD~1", "v2^", "v2~1", "main@{1}"):
        code, out, _ = repository.access("--diff", named)

        assert code == 0
        assert "1 subject loses rights" in out


def test_a_renamed_stack_is_recognised_in_a_pull_request(repository: Repository) -> None:
    repository.git("mv", FILE, "stacks/Pulumi.lab.yaml")
    repository.commit()

    code, out, _ = repository.run("ci", "preview", "local", "--base", "HEAD~1")
    also, renamed, _ = repository.run("ci", "preview", "lab", "--base", "HEAD~1")

    assert (code, also) == (0, 0)
    assert "its file is renamed, so the stack `lab` replaces it" in out
    assert "where the file is `stacks/Pulumi.local.yaml`" in renamed
    assert "nobody gains or loses rights" in renamed


def test_a_deleted_stack_is_shown_with_who_has_access(repository: Repository) -> None:
    repository.git("rm", "-r", "stacks")  # the folder goes with its last file
    repository.commit()

    code, out, _ = repository.run("ci", "preview", "local", "--base", "HEAD~1")

    assert code == 0
    assert "its file is deleted; 3 subjects have access by it to 1 cluster" in out


def test_a_shallow_clone_is_told_what_to_fetch_and_then_compares(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.git("config", "uploadpack.allowAnySHA1InWant", "true")
    repository.replace("clusterRole: edit", "clusterRole: view")
    repository.commit()
    commit = repository.git("rev-parse", "HEAD~1").strip()
    clone = Repository(tmp_path / "clone", repository.capture)
    repository.git("clone", "--depth=1", f"file://{repository.folder}", str(clone.folder))
    monkeypatch.chdir(clone.folder)

    code, out, _ = clone.run("ci", "preview", "local", "--base", commit)
    (advice,) = re.findall(r'"(git fetch .*?)"', out)
    clone.git(*advice.split()[1:])
    again, compared, _ = clone.run("ci", "preview", "local", "--base", commit)

    assert (code, again) == (1, 0)
    assert "could not be compared with" in out
    assert f"Access, compared with `{commit[:12]}`" in compared
    assert "1 subject loses rights" in compared


def test_before_the_file_existed_nobody_had_access(repository: Repository) -> None:
    repository.git("rm", FILE)
    repository.commit()
    repository.git("revert", "--no-edit", "HEAD")

    code, out, _ = repository.access("--diff", "HEAD~1")

    assert code == 2
    assert 'compared with "HEAD~1", where the file does not exist: 3 subjects gain rights' in out


def test_a_file_that_was_moved_is_compared_with_what_it_was(repository: Repository) -> None:
    repository.git("mv", FILE, "Pulumi.local.yaml")
    manifest = repository.folder / "Pulumi.yaml"
    manifest.write_text(manifest.read_text().replace("stackConfigDir: stacks\n", ""))
    repository.commit()

    code, out, _ = repository.access("--diff", "HEAD~1")

    assert code == 0
    assert 'where the file is "stacks/Pulumi.local.yaml": nobody gains or loses rights.' in out


@pytest.mark.parametrize(
    "named", ["no-such-branch", "--output=x", "main:stacks", "HEAD~9", "main..main", "*"]
)
def test_what_is_no_commit_is_refused(repository: Repository, named: str) -> None:
    code, out, err = repository.access(f"--diff={named}")

    assert (code, out) == (1, "")
    assert f'cannot compare with "{named}": git does not know this commit' in err
    assert sorted(p.name for p in repository.folder.iterdir()) == [".git", "Pulumi.yaml", "stacks"]


def test_an_empty_revision_is_called_empty(repository: Repository) -> None:
    code, out, err = repository.access("--diff=")

    assert (code, out) == (1, "")
    assert "the revision to compare with is empty" in err


def test_outside_a_repository_git_says_why(folder: Path) -> None:
    with pytest.raises(SettingsError, match="not a git repository"):
        git_revision.text_at("main", folder / FILE)


def test_a_name_with_gits_own_signs_is_only_a_name(repository: Repository) -> None:
    odd = repository.folder / "stacks" / "Pulumi.:(top)*[x].yaml"
    odd.write_text(repository.file.read_text())
    repository.commit()

    assert git_revision.text_at("main", odd) == odd.read_text()
    assert git_revision.text_at("main", odd.with_name("Pulumi.*.yaml")) is None
