"""Verbs, complaints and exit codes of the command line."""

from __future__ import annotations

import errno
import io
import os
import pkgutil
import shlex
import sys
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


@pytest.mark.parametrize(
    "words", ["access", "audit", "check", "doctor", "import-file", "test", "status --stack"]
)
def test_an_error_is_text_on_stderr_with_json_too(folder: Folder, words: str) -> None:
    printed = folder.run(*words.split(), "no-such-stack", "--json")

    assert (printed.code, printed.out) == (1, "")
    assert printed.err.startswith("cks-access: cannot read stacks/Pulumi.no-such-stack.yaml: ")


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
    for options in (("explain", "--block"), ("kubeconfig", "--outputs"), ("audit", "--html")):
        assert "file" in completed(*options, "x")


def test_a_closed_input_is_empty(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)

    printed = folder.run("explain", "-")
    sys.stdin.close()

    assert printed.code == 1
    assert "cannot explain a token: it is empty" in printed.err


def test_where_nobody_hears_complaints_they_are_no_output(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", None)

    printed = folder.run("check", "test")
    sys.stderr.close()

    assert (printed.code, printed.out) == (1, "")


def test_nothing_is_done_where_the_output_is_closed(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdout", None)

    printed = folder.run("init", "dev", "--provider", "okta")
    sys.stdout.close()

    assert printed.code == 1
    assert printed.err.startswith("cks-access: standard output is closed, and nothing was done;")


@pytest.mark.parametrize("names", [1, 2000], ids=["short", "longer than the buffer"])
def test_a_full_disk_is_one_line(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, names: int
) -> None:
    users = [f"user-{number}" for number in range(names)]
    folder.write(clusters=[{"name": "a"}], bindings=[{"users": users, "clusterRole": "view"}])
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        monkeypatch.setattr(sys, "stdout", full)
        printed = folder.run("access", "test")

    assert printed.code == 1
    assert printed.err == (
        "cks-access: cannot write the output, or read the input: No space left on device; check "
        "where it goes\n"
    )


def test_a_program_that_takes_the_output_gets_it(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = io.StringIO()
    monkeypatch.setattr(sys, "stdout", taken)

    assert folder.run("--version").code == 0
    assert taken.getvalue().startswith("cks-access, version")


@pytest.mark.parametrize(("users", "code"), [(1, 0), (500, 1)], ids=["whole", "a part"])
def test_a_reader_that_stops_hears_no_complaint(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, users: int, code: int
) -> None:
    """What was found counts, unless the work stopped because nobody reads."""
    reading, writing = os.pipe()
    os.close(reading)
    names = [f"user-{n}" for n in range(users)]
    folder.write(clusters=[{"name": "a"}], bindings=[{"users": names, "clusterRole": "view"}])
    with os.fdopen(writing, "w", encoding="utf-8") as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)
        printed = folder.run("access", "test")

    assert (printed.code, printed.err) == (code, "")


@pytest.mark.parametrize(
    ("where", "named"),
    [(("some/file",), "use 'some/file'"), ((), "write the output, or read the input")],
)
def test_what_the_system_refuses_is_one_line(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, where: tuple[str, ...], named: str
) -> None:
    def refused(_input: object) -> str:
        raise OSError(errno.EIO, "Input/output error", *where)

    monkeypatch.setattr(sys, "stdin", type("Input", (), {"read": refused})())

    printed = folder.run("explain", "-")

    assert printed.code == 1
    assert printed.err.startswith(f"cks-access: cannot {named}: Input/output error; check ")


def test_a_name_that_the_terminal_cannot_show_is_escaped(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write(clusters=[{"name": "a"}], bindings=[{"users": ["Zoë"], "clusterRole": "view"}])
    shown = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(shown, encoding="ascii"))

    printed = folder.run("access", "test")

    assert printed.code == 0, printed.err
    assert b"Zo\\xeb" in shown.getvalue()


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


def test_the_name_of_a_stack_is_doubted_only_where_it_has_no_file(folder: Folder) -> None:
    folder.write("staging")
    stacks = folder.path / "stacks"
    (stacks / "Pulumi.loop.yaml").symlink_to("Pulumi.loop.yaml")
    (stacks / "Pulumi.wide.yaml").write_text("config: {}", encoding="utf-16")

    for name in ("loop", "wide"):
        assert "check the stack's name" not in folder.run("check", name).err
    assert "check the file, and who may read it" in folder.run("check", "loop").err
    assert 'name (the nearest is "staging")' in folder.run("check", "stagin").err


def test_a_file_that_is_no_text_is_named(folder: Folder) -> None:
    path = folder.path / "stacks" / "Pulumi.test.yaml"
    path.write_bytes(b"\xff\xfe\x00")

    printed = folder.run("import-file", str(path))

    assert printed.code == 1
    assert "it is not text" in printed.err
