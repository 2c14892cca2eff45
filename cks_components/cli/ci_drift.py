"""`cks-access ci drift`: look for what was changed beside a stack."""

from __future__ import annotations

import json
from pathlib import Path

import click

from cks_components.ci import drift_job, drift_report
from cks_components.cli import ci_summary
from cks_components.cli.exit_code import ERROR, FINE, FOUND
from cks_components.cli.parameters import (
    FilePath,
    html_option,
    named_stack_argument,
    needs_folder,
    write_file,
)
from cks_components.review import json_report
from cks_components.review.comment import LIMIT


@click.command(
    name="drift",
    help="Look for what somebody changed on the clusters outside of the stack, and for rights of the "
    "stack file that have ended (until). Nothing is changed, neither on a cluster nor in the state. "
    "It needs pulumi on PATH, the backend of the state and a CoreWeave token (the role CKS Viewer is "
    "enough); in GitHub Actions the summary stands on the page of the job as well.\n\n"
    "Exit codes: 0, neither was found; 1, something could not be looked at: the summary says what, "
    "and shows the rest; 2, drift, or a right that has ended.",
    epilog="Example: cks-access ci drift production --output drift.md --html access.html",
)
@named_stack_argument
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option(
    "--output",
    type=FilePath(dir_okay=False, path_type=Path),
    help="Also write the summary to this file, for an issue.",
)
@html_option
@click.option(
    "--limit",
    type=click.IntRange(min=1_000),
    default=LIMIT,
    show_default=True,
    help="The longest summary in that file, in characters; GitHub takes 65536.",
)
def job(*, stack: str, as_json: bool, output: Path | None, html: Path | None, limit: int) -> int:
    """Show what was found.

    Raises:
        CksError: the project's file cannot be read, or a file cannot be written.
    """
    needs_folder(html)
    found = drift_job.look(stack)
    parts = drift_report.parts(found)
    if output is not None:
        write_file(output, ci_summary.written(found.stack, "drift", parts, limit))
    if html is not None and found.page:
        write_file(html, ci_summary.without_secrets(found.page))
    if as_json:
        data = json_report.cleaned(drift_report.data(found), ci_summary.without_secrets)
        print(json.dumps(data, indent=2))
    else:
        ci_summary.show(found.stack, "drift", parts)
    if not found.is_known:
        return ERROR
    return FOUND if found.changed or found.ended else FINE
