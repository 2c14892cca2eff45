"""`cks-access ci`: the jobs of a CI system, from the comment of a pull request to the watch for drift."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from cks_components.api import environment
from cks_components.api.errors import SettingsError
from cks_components.cli import ci_drift, ci_rotate, ci_summary, ci_up
from cks_components.cli.ci_summary import without_secrets
from cks_components.cli.exit_code import ERROR, FINE
from cks_components.cli.parameters import FilePath, html_option, named_stack_argument, write_file
from cks_components.review import ci_reports, file_part, json_report, stack_review
from cks_components.review.comment import LIMIT, headline
from cks_components.review.part import Attention
from cks_components.review.stack_review import Review

_EXAMPLE = "cks-access ci preview production --output comment.md"


@click.group(epilog=f"Example: {_EXAMPLE}")
def verb() -> None:
    """Choose a job."""


@verb.command(
    help="Write what a pull request changes in one stack as one Markdown comment: who gains and who "
    "loses access, the rules, Pulumi's preview. What a person has to look at stands first.\n\n"
    "It runs in a checkout that has the revision to compare with. Access and rules need nothing "
    "else. The preview needs pulumi on PATH, the backend of the state and a CoreWeave token (the "
    "role CKS Viewer is enough). It is left out for a pull request from a fork, and where there is "
    "no token. In GitHub Actions, with --output, each finding is shown on its line as well.\n\n"
    "Exit codes: 0, nothing refuses the change, although a person may have to judge it; 1, a rule "
    "or the preview refuses it, or something could not be examined: the comment says which.",
    epilog=f"Example: {_EXAMPLE}",
)
@named_stack_argument
@click.option(
    "--base",
    default="origin/main",
    show_default=True,
    help="The git revision to compare with, such as the commit that the change is merged into.",
)
@click.option(
    "--output",
    type=FilePath(dir_okay=False, path_type=Path),
    help="The file to write the comment to; standard output if not given.",
)
@html_option
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Write what the comment says for a program, without its tables, instead of Markdown.",
)
@click.option(
    "--limit",
    type=click.IntRange(min=1_000),
    default=LIMIT,
    show_default=True,
    help="The longest comment, in characters; GitHub takes 65536, GitLab 1000000.",
)
def preview(
    *, stack: str, base: str, output: Path | None, html: Path | None, as_json: bool, limit: int
) -> int:
    """Write the comment, whatever could not be examined; return 1 if the change is refused.

    Raises:
        SettingsError: a file cannot be written; the comment does not wait for the page.
    """
    try:
        found = stack_review.review(stack, base)
    except SettingsError as error:
        found = Review((file_part.unreadable(stack, error.findings),))
    text = (
        _json(stack, found) if as_json else ci_summary.written(stack, "preview", found.parts, limit)
    )
    if output is None:
        print(text, end="")
    else:
        write_file(output, text)
        if environment.variables().get("GITHUB_ACTIONS") == "true":
            print(ci_reports.github(found.findings))
    print(without_secrets(headline(stack, found.parts)), file=sys.stderr)
    if html is not None and found.page:
        write_file(html, without_secrets(found.page))
    is_refused = any(part.attention is Attention.FAILURE for part in found.parts)
    return ERROR if is_refused else FINE


def _json(stack: str, found: Review) -> str:
    return json.dumps(json_report.of_review(stack, found, without_secrets), indent=2) + "\n"


for module in (ci_drift, ci_rotate, ci_up):
    verb.add_command(module.job)
