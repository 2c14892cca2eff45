"""Where a stack's file was at a revision, in a repository of git."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from cks_components.access.quoted_text import spoken
from cks_components.api.errors import SettingsError
from cks_components.project import stack_config, stack_version
from cks_components.project.stack_version import Version

GIT = ("git", "-c", "user.name=Somebody", "-c", "user.email=somebody@example.com")
FILE = Path("stacks/Pulumi.production.yaml")
MOVED = Path("env/Pulumi.production.yaml")
PRODUCTION = """config:
  cks-access:environment: production
  cks-access:clusters: [{name: east}]
  cks-access:bindings: [{clusterRole: cluster-admin, groups: [ops]}]
"""
DEVELOPMENT = """# nothing here is as it was
config:
  "cks-access:environment": "development"
  "cks-access:clusters":
    - name: "west"
  "cks-access:bindings":
    - clusterRole: "view"
      groups: ["everybody"]
"""


class Repository:
    """A project at the top of a repository, in the working folder."""

    def write(self, **files: str) -> None:
        for name, text in files.items():
            path = Path(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def lead(self, path: Path | str, target: str) -> None:
        """Let a path be a symbolic link."""
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).symlink_to(target)

    def look_in(self, folder: str, ending: str = "yaml") -> None:
        """Let the project file say where the stack files are."""
        self.write(**{f"Pulumi.{ending}": f"name: cks-access\nstackConfigDir: {folder}\n"})

    def git(self, *arguments: str) -> None:
        subprocess.run([*GIT, *arguments], check=True, capture_output=True)

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--message", "a version")

    def base(self, named: str = "production", revision: str = "HEAD") -> Version:
        self.git("add", "--all")
        _, path, project = stack_config.place_of(named)
        return stack_version.at_revision(revision, stack_config.name_of(path), path, project)


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    monkeypatch.chdir(tmp_path)
    made = Repository()
    made.git("init")
    made.look_in("stacks")
    return made


@pytest.fixture
def repository(empty: Repository) -> Repository:
    empty.write(**{str(FILE): PRODUCTION})
    empty.commit()
    return empty


def said(version: Version) -> tuple[str | None, Path | None, str]:
    """The environment that a version names, where it is, and what it is called."""
    environment = version.settings.environment if version.settings else None
    path = version.path and version.path.absolute().relative_to(Path.cwd())
    return environment, path, spoken(version.label, str)


WAS = ("production", FILE, f"HEAD, where the file is {FILE}")


def test_a_copy_in_another_folder_is_compared_with_the_file_that_was_used(
    repository: Repository,
) -> None:
    repository.write(**{str(MOVED): DEVELOPMENT})
    repository.look_in("env")

    assert said(repository.base()) == WAS


def test_a_moved_file_is_found_however_much_of_it_is_new(repository: Repository) -> None:
    FILE.unlink()
    repository.write(**{str(MOVED): DEVELOPMENT})
    repository.look_in("env")

    assert said(repository.base()) == WAS


def test_a_file_that_nothing_used_then_is_not_what_is_compared_with(
    repository: Repository,
) -> None:
    repository.write(**{"env/Pulumi.new.yaml": PRODUCTION})
    repository.commit()
    repository.look_in("env")

    assert said(repository.base("new"))[2] == "HEAD, where the file does not exist"


def test_a_renamed_file_is_found_in_another_folder_too(repository: Repository) -> None:
    Path("env").mkdir()
    FILE.rename("env/Pulumi.live.yaml")
    repository.look_in("env")

    assert said(repository.base("live")) == WAS


def test_a_stack_that_lost_its_file_with_the_folder_still_had_it(repository: Repository) -> None:
    repository.look_in("env")

    assert said(repository.base()) == WAS


def test_the_project_file_had_another_ending_then(repository: Repository) -> None:
    repository.git("mv", "Pulumi.yaml", "Pulumi.yml")
    repository.git("mv", str(FILE), "stacks/Pulumi.production.yml")
    repository.commit()
    Path("Pulumi.yml").unlink()
    Path("stacks/Pulumi.production.yml").unlink()
    repository.look_in("stacks")
    repository.write(**{str(FILE): DEVELOPMENT})

    assert said(repository.base())[:2] == ("production", Path("stacks/Pulumi.production.yml"))


def test_a_file_that_is_not_the_projects_is_where_it_is(repository: Repository) -> None:
    repository.write(**{"copy/Pulumi.production.yaml": DEVELOPMENT})
    repository.commit()
    repository.look_in("env")

    version = repository.base("copy/Pulumi.production.yaml")

    assert said(version) == ("development", Path("copy/Pulumi.production.yaml"), "HEAD")


def test_a_folder_that_became_a_link_is_read_as_the_folder_that_it_was(
    repository: Repository,
) -> None:
    FILE.unlink()
    FILE.parent.rmdir()
    repository.write(**{str(MOVED): DEVELOPMENT})
    repository.lead("stacks", "env")

    assert said(repository.base()) == ("production", FILE, "HEAD")


def test_a_broken_project_file_then_is_said(repository: Repository) -> None:
    repository.write(**{"Pulumi.yaml": "name: 7\n"})
    repository.commit()
    repository.look_in("stacks")

    version = repository.base()

    assert "HEAD:Pulumi.yaml:1:1: names no project" in spoken(version.doubts[0], str)


@pytest.mark.parametrize("target", ["../shared/prod.yaml", "../other/prod.yaml"])
def test_a_link_leads_where_it_led_then(empty: Repository, target: str) -> None:
    empty.write(**{"shared/prod.yaml": PRODUCTION})
    empty.lead("other", "shared")
    empty.lead(FILE, target)
    empty.commit()
    empty.write(**{"shared/prod.yaml": DEVELOPMENT})

    assert said(empty.base()) == ("production", FILE, "HEAD")


def test_a_folder_that_was_a_link_is_followed(empty: Repository) -> None:
    empty.write(**{str(MOVED): PRODUCTION})
    empty.lead("stacks", "env")
    empty.commit()
    Path("stacks").unlink()
    empty.write(**{str(FILE): DEVELOPMENT})

    assert said(empty.base()) == ("production", FILE, "HEAD")


@pytest.mark.parametrize(
    ("target", "end"),
    [
        ("../../outside.yaml", "out of the repository"),
        ("/outside.yaml", "out of the repository"),
        ("Pulumi.production.yaml", "back to itself"),
        ("missing.yaml", "to nothing"),
    ],
)
def test_a_link_without_an_end_in_the_repository_is_said(
    empty: Repository, target: str, end: str
) -> None:
    empty.lead(FILE, target)
    empty.commit()
    FILE.unlink()
    empty.write(**{str(FILE): PRODUCTION})

    version = empty.base()

    (doubt,) = (spoken(doubt, str) for doubt in version.doubts)
    assert "all access is shown as new" in doubt
    assert f"{FILE} is, or lies behind, a symbolic link that leads {end} at this revision" in doubt
    assert doubt.endswith("put the file itself into the repository, or name another revision")


def test_a_link_to_itself_now_hides_nothing_of_what_was(repository: Repository) -> None:
    FILE.unlink()
    repository.lead(FILE, FILE.name)

    assert said(repository.base()) == ("production", FILE, "HEAD")


def test_a_path_that_git_cannot_be_asked_about_is_said(repository: Repository) -> None:
    repository.look_in('"a\\nb"')
    repository.commit()

    assert "has a line break in it; rename it" in spoken(repository.base().doubts[0], str)


def test_a_folder_and_a_path_through_a_file_are_no_file(repository: Repository) -> None:
    repository.write(**{"stacks/Pulumi.folder.yaml/a": "one", "plain": "one"})
    repository.commit()
    folder = repository.base("folder")
    repository.look_in("plain")
    repository.commit()
    repository.look_in("stacks")

    assert {said(v)[2] for v in (folder, repository.base())} == {
        "HEAD, where the file does not exist"
    }


def test_a_project_without_a_file_looks_where_it_is(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.git("rm", "Pulumi.yaml")
    monkeypatch.chdir(FILE.parent)

    assert said(repository.base(FILE.name))[:2] == ("production", Path(FILE.name))


def test_a_revision_that_is_not_there_is_an_error(repository: Repository) -> None:
    with pytest.raises(SettingsError, match='cannot compare with "nope"'):
        repository.base(revision="nope")
