"""`cks-access ci up`: update a stack after its change was merged."""

from __future__ import annotations

from pathlib import Path

import click

from cks_components.ci import update_job
from cks_components.cli import ci_summary
from cks_components.cli.parameters import FilePath, at_most_one, named_stack_argument


@click.command(
    name="up",
    help="Update a stack after its change was merged: the rules are applied, the access is compared "
    "with that of the last update, a plan is made, and only what is in the plan is done. The summary "
    "says who gains and loses access and what was changed; in GitHub Actions it stands on the page "
    "of the job as well.\n\n"
    "For an approval between plan and update, --save-plan makes the plan and changes nothing, and "
    "--plan does what was approved. It refuses to run for a pull request. It needs pulumi on PATH, "
    "the backend of the state and a CoreWeave token of the role CKS Admin (CKS Viewer for "
    "--save-plan).\n\n"
    "In GitHub Actions --save-plan sets the output `changes` of its step to true or false.\n\n"
    "Exit codes: 0, done, or nothing to do; 1, refused, failed, or not to be examined: the summary "
    "says which.",
    epilog="Example: cks-access ci up production --plan plan.json",
)
@named_stack_argument
@click.option(
    "--base",
    help="The git revision to compare access with; by default the one that the last update was "
    "made from.",
)
@click.option(
    "--plan",
    "given",
    type=FilePath(dir_okay=False, path_type=Path),
    help="Do what this saved plan says, and nothing else.",
)
@click.option(
    "--save-plan",
    "saved",
    type=FilePath(dir_okay=False, path_type=Path),
    help="Save the plan in this file, and change nothing.",
)
def job(*, stack: str, base: str | None, given: Path | None, saved: Path | None) -> int:
    """Plan or update, and show the summary; return 1 if something failed.

    Raises:
        CksError: the project's file cannot be read.
    """
    at_most_one({"--plan": given is not None, "--save-plan": saved is not None})
    # An empty text is what a workflow passes for a revision that nobody named.
    if saved is not None:
        planned = update_job.plan(stack, base or None, saved)
        ci_summary.output("changes", "true" if planned.has_changes else "false")
        return ci_summary.show(stack, "plan", planned.parts)
    return ci_summary.show(stack, "up", update_job.update(stack, base or None, given))
