"""`cks-access`: runs a verb, and turns an error into one line and an exit code."""

from __future__ import annotations

import errno
import gc
import io
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal, TextIO

import click

from cks_components.api.errors import CksError, without_tokens
from cks_components.cli.exit_code import ERROR
from cks_components.cli.lazy_group import LazyGroup

_VERBS = {
    "access": "Show the access that a stack file grants, or who gains and loses access by a change.",
    "audit": "Show what is really on the clusters, and who got in beside the stack file.",
    "check": "Check a stack file against every rule, without Pulumi, network or token.",
    "ci": "The jobs of a CI system: review a change, update, look for drift, renew tokens.",
    "clusters": "List the clusters that the token can see, and what each trusts.",
    "credential": "Print a credential for kubectl, as an exec plugin does.",
    "doctor": "Look for what keeps people out, and say what to do.",
    "expired": "List the entries of stack files whose rights have ended (until) and that can be deleted.",
    "explain": "Explain why a token is refused, or who its bearer becomes and what they may do.",
    "fleet": "Write the stack files of a fleet that is divided among several stacks.",
    "grant": "Write a right that ends into a stack file, and nothing else.",
    "import-file": "Print a file for `pulumi import --file` that imports an existing configuration "
    "into the state.",
    "init": "Write the first stack file, and in a folder of its own the Pulumi program around it.",
    "kubeconfig": "Put kubeconfigs for people, operators or pipelines into a file.",
    "status": "Follow clusters until they have settled, for example after a change.",
    "test": "Test whether the promises of a stack file (expect) are kept, offline or on the clusters.",
    "token": "Mint a short-lived token of a pipeline and print it; nothing is stored.",
}
"""What each verb does. Its module is imported only when it is run: `credential` is run by every
call of kubectl."""

_PROGRAM = "cks-access"
_GARBAGE_AFTER = 50_000
"""Objects, after which Python looks for garbage; its own 700 costs a twentieth of a short command."""

program = click.version_option(package_name=_PROGRAM)(
    LazyGroup(
        package=__package__,
        verbs=_VERBS,
        help="Identity and access for existing CoreWeave Kubernetes Service clusters.",
        epilog="Exit codes: 0, done; 1, an error; 2, done and something was found.",
        subcommand_metavar="COMMAND ...",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb, and return the exit code."""
    gc.set_threshold(_GARBAGE_AFTER)
    if sys.stderr is None:
        sys.stderr = _nowhere("w")
    if sys.stdin is None:
        sys.stdin = _nowhere("r")
    if sys.stdout is None:
        sys.stdout = _nowhere("w")
        message = "standard output is closed, and nothing was done; open it, for example with >file"
        print(f"{_PROGRAM}: {message}", file=sys.stderr)
        return ERROR
    if isinstance(sys.stdout, io.TextIOWrapper):  # a name may have letters that the terminal lacks
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        code = _run(arguments)
    except OSError as error:
        return _failed(error)
    try:
        sys.stdout.flush()  # while an error can still be told
    except OSError as error:
        failed = _failed(error)
        return code if error.errno == errno.EPIPE else failed  # what was found stays found
    return code


def _nowhere(mode: Literal["r", "w"]) -> TextIO:
    """Stands for a standard stream that is closed, also in the programs that are started."""
    return Path(os.devnull).open(mode, encoding="utf-8")


def _failed(error: OSError) -> int:
    """Say what the system refused, which no verb expected."""
    if error.filename is not None:
        message = f"cannot use {error.filename!r}: {error.strerror}; check the path"
        print(f"{_PROGRAM}: {message}", file=sys.stderr)
        return ERROR
    if error.errno != errno.EPIPE:  # whoever reads may stop, as "head" does
        message = (
            f"cannot write the output, or read the input: {error.strerror or error}; check where it "
            "goes"
        )
        print(f"{_PROGRAM}: {message}", file=sys.stderr)
    with Path(os.devnull).open("w") as nowhere, suppress(io.UnsupportedOperation):
        os.dup2(nowhere.fileno(), sys.stdout.fileno())  # Python writes the rest when it ends
    return ERROR


def _run(arguments: Sequence[str] | None) -> int:
    try:
        code: int = program.main(arguments, prog_name=_PROGRAM, standalone_mode=False)
    except (
        click.ClickException
    ) as error:  # click's own code for a wrong use is 2, which is a finding
        text = io.StringIO()
        error.show(text)
        print(without_tokens(text.getvalue()), end="", file=sys.stderr)
        return ERROR
    except click.Abort:
        print(f"{_PROGRAM}: interrupted", file=sys.stderr)
        return ERROR
    except CksError as error:
        print(f"{_PROGRAM}: {without_tokens(str(error))}", file=sys.stderr)
        return ERROR
    return code


if __name__ == "__main__":
    sys.exit(main())
