"""A project file that Pulumi would refuse is refused, with its place."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cks_components.api.errors import SettingsError
from cks_components.project.project_file import parse

if TYPE_CHECKING:
    from tests.unit.conftest import Folder


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Pulumi.yaml:1:1: names no project; write its name as text"),
        ("name: 7", "Pulumi.yaml:1:1: names no project"),
        ("[]", "Pulumi.yaml:1:1: does not hold keys and values"),
        (
            "name: x\nconfig:\n  a: {default: 1, value: 2}\n",
            'Pulumi.yaml:3:3: config: "a" has both',
        ),
        ("name: x\nconfig:\n  a: 1.5\n", 'Pulumi.yaml:3:3: config: "a" has no value that Pulumi'),
        ("name: x\nconfig:\n  a:\n", 'Pulumi.yaml:3:3: config: "a" has no value that Pulumi'),
        ("name: x\nconfig:\n  a: {b: 1}\n", 'Pulumi.yaml:3:3: config: "a" has b, but here'),
        (
            "name: x\nstackConfigDir: [a]\n",
            "Pulumi.yaml:2:1: stackConfigDir: must be the path of a folder",
        ),
        (
            'name: x\nstackConfigDir: "\\0"\n',
            "Pulumi.yaml:2:1: stackConfigDir: must be the path of a folder",
        ),
        ("name: x\nconfig: {", "Pulumi.yaml:2:10: is not valid YAML"),
    ],
)
def test_what_pulumi_refuses_is_refused_at_its_place(text: str, said: str) -> None:
    with pytest.raises(SettingsError) as refused:
        parse(Path("Pulumi.yaml"), text)

    assert str(refused.value).startswith(said)


@pytest.mark.parametrize(
    ("runtime", "folder"),
    [
        ("{name: python, options: {toolchain: pip, virtualenv: .venv}}", "project/.venv"),
        ("{name: python, options: {virtualenv: .venv}}", "project/.venv"),
        ("{name: python, options: {virtualenv: /env}}", "/env"),
        ("{name: python, options: {toolchain: uv, virtualenv: .venv}}", None),
        ("{name: python, options: {toolchain: pip}}", None),
        ("{name: python, options: {virtualenv: ''}}", None),
        ("python", None),
    ],
)
def test_the_environment_is_known_only_where_nobody_else_makes_it(
    runtime: str, folder: str | None
) -> None:
    project = parse(Path("project/Pulumi.yaml"), f"name: x\nruntime: {runtime}\n")

    assert project.virtual_environment == (Path(folder) if folder else None)


def test_a_wrong_path_in_the_project_file_is_told_there(folder: Folder) -> None:
    folder.write(clusters=[])
    (folder.path / "Pulumi.yaml").write_text(
        "name: cks-access\nstackConfigDir: stacks\nconfig:\n  clusters[3]: x\n"
    )

    printed = folder.run("check", "test")

    assert printed.code == 1
    assert 'Pulumi.yaml:4:3: "clusters[3]" leads into a value' in printed.err


def test_a_project_file_above_the_folder_is_found(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write(clusters=[])
    monkeypatch.chdir("stacks")

    printed = folder.run("check", "test")

    assert "error: Pulumi.test.yaml:1:13: clusters: is empty" in printed.out


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("prodution", '(the nearest is "production"): Pulumi.yaml has stack files of production'),
        ("acme/cks-access/prodction", '(the nearest is "production")'),
        (
            "acme/other/production",
            '"acme/other/production" is a stack of the project "other", but Pulumi.yaml is that of '
            '"cks-access"',
        ),
        ("nothing.yaml", "cannot read nothing.yaml: No such file or directory; check the path"),
    ],
)
def test_a_stack_that_has_no_file_is_an_error_that_helps(
    folder: Folder, named: str, said: str
) -> None:
    folder.write("production", clusters=[])

    printed = folder.run("check", named)

    assert printed.code == 1
    assert said in printed.err


def test_a_folder_without_stack_files_says_so(folder: Folder) -> None:
    assert "no stack of Pulumi.yaml has a file" in folder.run("check", "production").err


def test_without_a_project_file_the_path_of_a_file_works(folder: Folder) -> None:
    path = folder.write(clusters=[{"name": "east"}], bindings=[])
    (folder.path / "Pulumi.yaml").unlink()

    named = folder.run("check", "test")
    by_path = folder.run("check", str(path))

    assert named.code == 1
    assert (
        "there is no Pulumi.yaml in this folder or above it, so a stack's name leads nowhere; run "
        "the command in the project's folder, or name the path of the stack's file"
    ) in named.err
    assert "identity: is missing" in by_path.out


def test_a_misspelt_stack_does_not_get_the_defaults_of_the_project(folder: Folder) -> None:
    folder.write("production", clusters=[])
    manifest = folder.path / "Pulumi.yaml"
    manifest.write_text(f"{manifest.read_text()}config:\n  clusters: [{{name: east}}]\n")

    assert folder.run("check", "prodution").code == 1
    assert folder.run("check", "staging").code == 2  # it is nothing like another stack


@pytest.mark.parametrize("text", ["config: []", "config: text"])
def test_a_configuration_without_keys_is_refused(folder: Folder, text: str) -> None:
    (folder.path / "stacks" / "Pulumi.test.yaml").write_text(text)

    assert "config: does not hold keys and values" in folder.run("check", "test").err


@pytest.mark.parametrize("named", ["a" * 300, f"{'a' * 300}.yaml", "stacks.yaml/x", "stacks"])
def test_a_name_that_no_file_can_have_is_an_error_like_another(folder: Folder, named: str) -> None:
    manifest = folder.path / "Pulumi.yaml"
    manifest.write_text(f"{manifest.read_text()}config:\n  clusters: []\n")

    printed = folder.run("check", named)

    assert printed.code in (1, 2)
    assert "Traceback" not in printed.err


def test_a_folder_that_was_deleted_is_said(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = folder.path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()

    printed = folder.run("check", "test")

    assert printed.err == (
        "cks-access: cannot read the current folder: it was deleted; go to another one\n"
    )


def test_an_odd_name_of_a_file_is_no_escape(folder: Folder) -> None:
    (folder.path / "a\x1b\udcff.yaml").write_text("config: {}")

    assert (
        r"a\x1b\udcff.yaml:1:1: clusters: is missing" in folder.run("check", "a\x1b\udcff.yaml").out
    )


@pytest.mark.parametrize(
    ("named", "kind"), [("README.md", "file"), ("stacks", "folder"), (".", "folder")]
)
def test_something_else_than_a_stack_file_is_not_taken_for_a_stack_s_name(
    folder: Folder, named: str, kind: str
) -> None:
    folder.write(clusters=[])
    (folder.path / "README.md").write_text("# Read me")

    printed = folder.run("check", named)

    assert printed.code == 1
    assert (
        f'cannot read "{named}" as a stack file: it is a {kind}, and no stack has this name; name a '
        "stack, or the path of its file, which ends in .yaml, .yml or .json; this project has test"
    ) in printed.err


def test_a_stack_may_be_named_like_a_folder(folder: Folder) -> None:
    folder.write(clusters=[])
    (folder.path / "test").mkdir()

    assert "clusters: is empty" in folder.run("check", "test").out


def test_the_project_s_own_file_is_not_a_stack_s(folder: Folder) -> None:
    printed = folder.run("check", "Pulumi.yaml")

    assert printed.code == 1
    assert (
        "Pulumi.yaml:1:1: is the file of the project and not of a stack; name a stack, or the path "
        "of its file, such as Pulumi.production.yaml"
    ) in printed.err


@pytest.mark.parametrize("text", ["config:\n", "config: {}\n", "config:\n  aws:region: x\n"])
def test_an_empty_configuration_lacks_its_clusters(folder: Folder, text: str) -> None:
    (folder.path / "stacks" / "Pulumi.test.yaml").write_text(text)

    printed = folder.run("check", "test")

    assert printed.code == 2
    assert "clusters: is missing" in printed.out


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "encryptionsalt: v1:AAAA\n"])
def test_a_stack_that_was_only_created_has_no_settings_yet(folder: Folder, text: str) -> None:
    (folder.path / "stacks" / "Pulumi.test.yaml").write_text(text)

    printed = folder.run("check", "test")

    assert printed.code == 1
    assert 'has no settings yet; write "config:", and "cks-access:clusters"' in printed.err
