"""`cks-access`: runs a verb, and turns an error into one line and an exit code."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import NoReturn

from cks_components.api.errors import CksError
from cks_components.cli import access, check, credential, import_file, token
from cks_components.cli.exit_code import ERROR

_VERBS = (access, check, credential, import_file, token)


class _Parser(argparse.ArgumentParser):
    """An argument parser that exits with our exit code for an error."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(ERROR, f"{self.prog}: {message}\n")


def parser() -> argparse.ArgumentParser:
    """The argument parser, with every verb."""
    made = _Parser(
        prog="cks-access",
        description="Identity and access for existing CoreWeave Kubernetes Service clusters.",
    )
    verbs = made.add_subparsers(metavar="VERB", required=True, parser_class=_Parser)
    for verb in _VERBS:
        verb.register(verbs)
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb, and return the exit code."""
    given = parser().parse_args(arguments)
    try:
        code: int = given.run(given)
    except CksError as error:
        print(f"cks-access: {error}", file=sys.stderr)
        return ERROR
    return code


if __name__ == "__main__":
    sys.exit(main())
