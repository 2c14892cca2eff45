"""Parameters that several verbs share."""

from __future__ import annotations

import os
from codecs import BOM_UTF8
from collections.abc import Mapping
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from cks_components.api.environment import duration_seconds
from cks_components.api.errors import SettingsError
from cks_components.project.yaml_file import is_there

_STARTS_OF_HTML = (b"<!doctype html", b"<html")
_START_BYTES = 4096


def stack_names(
    _context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """The stacks whose file lies in this folder or one below it, and files where no stack fits."""
    files = [*Path().glob("Pulumi.*.yaml"), *Path().glob("*/Pulumi.*.yaml")]
    names = sorted({file.stem.removeprefix("Pulumi.") for file in files})
    found = [CompletionItem(name) for name in names if name.startswith(incomplete)]
    return found or [CompletionItem(incomplete, type="file")]


named_stack_argument = click.argument(
    "stack", help="The stack's name, or the path of its file.", shell_complete=stack_names
)
stack_argument = click.argument(
    "stack",
    required=False,
    help="The stack's name, or the path of its file; without it, the stack that is selected.",
    shell_complete=stack_names,
)
resolve_option = click.option(
    "--resolve",
    "is_resolved",
    is_flag=True,
    help="Ask the installed pulumi for the configuration, with the environments of Pulumi ESC.",
)


class FilePath(click.Path):
    """The path of a file, as an option or an argument; an empty text is none."""

    def convert(
        self,
        value: str | os.PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> str | bytes | os.PathLike[str]:
        """Read the text of an option."""
        if value == "":
            self.fail("the path is empty; name a file", param, ctx)
        return super().convert(value, param, ctx)


def _page_path(
    _context: click.Context, _parameter: click.Parameter, path: Path | None
) -> Path | None:
    """The path of a page, unless there is a file of another kind, which must not be lost."""
    if path is None or not is_there(path) or not path.is_file():
        return path
    try:
        with path.open("rb") as file:
            start = file.read(_START_BYTES)
    except OSError as error:
        message = f"cannot read {path}: {error.strerror}; name another file with --html"
        raise SettingsError([message]) from error
    if start and not start.removeprefix(BOM_UTF8).lstrip().lower().startswith(_STARTS_OF_HTML):
        message = (
            f"cannot write a page to {path}: the file exists and is not an HTML page; nothing was "
            "written. Name another file with --html"
        )
        raise SettingsError([message])
    return path


html_option = click.option(
    "--html",
    type=FilePath(dir_okay=False, path_type=Path),
    callback=_page_path,
    help="Also write a page for a browser to this file: who has which role where, and why.",
)


def needs_folder(path: Path | None) -> None:
    """Refuse the path of a page in a folder that is not there, before work is done for the page.

    Args:
        path: the page's; None if none is wanted.

    Raises:
        SettingsError: there is no such folder.
    """
    if path is not None and not path.parent.is_dir():
        message = (
            f"cannot write {path}: there is no folder {path.parent}; create it, or name another "
            "file with --html"
        )
        raise SettingsError([message])


def write_file(path: Path, text: str, *, with_folder: bool = False) -> None:
    """Write a file that somebody asked for; a device or a pipe is written to, not replaced.

    Args:
        path: of the file.
        text: its content.
        with_folder: whether to make its folder as well if there is none.

    Raises:
        SettingsError: it cannot be written.
    """
    try:
        if with_folder:
            path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        message = f"cannot write {path}: {error.strerror}; check the path and its permissions"
        raise SettingsError([message]) from error


def at_most_one(given: Mapping[str, bool]) -> None:
    """Refuse options that exclude each other.

    Args:
        given: whether each option was given, by its name.

    Raises:
        click.UsageError: more than one was given.
    """
    named = [name for name, is_given in given.items() if is_given]
    if len(named) > 1:
        message = f"{' and '.join(named)} exclude each other; give one of them"
        raise click.UsageError(message, click.get_current_context())


class Duration(click.ParamType[float]):
    """A duration such as "90s" or "20m", in seconds; a bare number could be hours as well."""

    name = "duration"

    def convert(
        self, value: str | float, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Read the text of an option."""
        if not isinstance(value, str):  # a default
            return value
        text = value.strip()
        if text.isascii() and text.replace(".", "", 1).isdecimal():
            self.fail(
                f'"{text}" has no unit; write "{text}s" or "{text}h", for example', param, ctx
            )
        seconds = duration_seconds(text)
        if seconds is None:
            self.fail(f'"{value}" is not a duration; write one such as "90s" or "20m"', param, ctx)
        return seconds
