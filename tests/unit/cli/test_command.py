"""Verbs, complaints and exit codes of the command line."""

from __future__ import annotations

import pkgutil
import shlex
from collections.abc import Iterator
from importlib import import_module, metadata
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

import cks_components.cli
from cks_components.cli.command import main, program
from tests.command_line import parsed

if TYPE_CHECKING:
    from tests.unit.conftest import Folder


_CLI = "cks_components.cli"


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command and group below one, by its words."""
    context = click.Context(group)
    for name in group.list_commands(context):
        yield (*path, name)
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


COMMANDS = list(commands(program))


def test_a_wrong_use_is_an_error_and_not_a_finding(folder: Folder) -> None:
    printed = folder.run("no-such-verb")

    assert printed.code == 1
    assert "No such command 'no-such-verb'" in printed.err
    assert "Usage: cks-access" in printed.err
    assert printed.out == ""


def test_options_that_exclude_each_other_are_named(folder: Folder) -> None:
    printed = folder.run("check", "test", "--format", "text", "--json")

    assert printed.code == 1
    assert "--format and --json exclude each other; give one of them" in printed.err
    assert "Usage: cks-access check" in printed.err


def test_no_verb_is_an_error_that_shows_the_verbs(folder: Folder) -> None:
    printed = folder.run()

    assert printed.code == 1
    assert "import-file" in printed.err


def test_an_interrupt_is_one_line(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_path: Path, encoding: str) -> str:
        raise KeyboardInterrupt(encoding)

    monkeypatch.setattr(Path, "read_text", interrupted)

    printed = folder.run("check", "test")

    assert printed.code == 1
    assert printed.err.strip() == "cks-access: interrupted"


def test_help_is_fine(folder: Folder) -> None:
    printed = folder.run("--help")

    assert printed.code == 0
    assert "import-file" in printed.out
    assert folder.run("-h").out == printed.out


def test_the_version_is_that_of_the_package(folder: Folder) -> None:
    assert folder.run("--version").out == f"cks-access, version {metadata.version('cks-access')}\n"


def test_every_module_that_is_a_verb_is_listed() -> None:
    found = pkgutil.iter_modules(cks_components.cli.__path__)
    modules = {m.name for m in found if hasattr(import_module(f"{_CLI}.{m.name}"), "verb")}

    assert {name.replace("_", "-") for name in modules} == {words[0] for words in COMMANDS}


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_the_help_of_every_command_ends_with_an_example_of_it(
    folder: Folder, words: tuple[str, ...]
) -> None:
    printed = folder.run(*words, "--help")
    example = printed.out.rstrip().splitlines()[-1].strip().removeprefix("Example: ")
    program_name, *arguments = shlex.split(example)

    assert printed.code == 0
    assert program_name == "cks-access"
    assert arguments[: len(words)] == list(words)
    assert isinstance(parsed(arguments), dict)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_completes_verbs_options_and_stacks(
    folder: Folder, shell: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder.write("production")
    folder.write("staging")

    def completed(*words: str) -> str:
        line = " ".join(("cks-access", *words))
        given = words[-1] if shell == "fish" else str(len(words))
        monkeypatch.setenv("COMP_WORDS", line)
        monkeypatch.setenv("COMP_CWORD", given)
        monkeypatch.setenv("_CKS_ACCESS_COMPLETE", f"{shell}_complete")
        with pytest.raises(SystemExit):
            main([])
        return capsys.readouterr().out

    assert "check" in completed("ch")
    assert "credential" not in completed("ch")
    assert "--version" in completed("--v")
    assert "--markdown" in completed("check", "--m")
    stacks = completed("check", "prod")
    assert "production" in stacks
    assert "staging" not in stacks
    assert "file" in completed("check", "./stacks/")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "cannot read"),
        ("a: [", "Pulumi.test.yaml:1:5: is not valid YAML"),
        ("just text", "does not hold keys and values"),
        ("other: {}", "has no config: block"),
        ("\x00", "is not valid YAML: check the file"),
        ("config: {}", "clusters: is missing"),
    ],
    ids=["no file", "not YAML", "text", "another file", "odd characters", "nothing in it"],
)
def test_a_file_that_is_no_stack_file_is_named(
    folder: Folder, text: str | None, message: str
) -> None:
    path = folder.path / "stacks" / "Pulumi.test.yaml"
    if text is not None:
        path.write_text(text)

    printed = folder.run("import-file", "test")

    assert printed.code == 1
    assert message in printed.err
    assert "Traceback" not in printed.err


def test_a_file_that_is_no_text_is_named(folder: Folder) -> None:
    path = folder.path / "stacks" / "Pulumi.test.yaml"
    path.write_bytes(b"\xff\xfe\x00")

    printed = folder.run("import-file", str(path))

    assert printed.code == 1
    assert "it is not text" in printed.err
