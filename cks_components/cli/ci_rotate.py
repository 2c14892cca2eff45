"""`cks-access ci rotate`: renew the stored tokens of a stack that near their end."""

from __future__ import annotations

import click

from cks_components.ci import rotation_job, rotation_report
from cks_components.cli import ci_summary
from cks_components.cli.parameters import named_stack_argument


@click.command(
    name="rotate",
    help="Renew the stored tokens of a stack that are within renewBefore of their end, and nothing "
    "else: other changes wait for an update. The summary says which were renewed, which were not, "
    "and when each ends; in GitHub Actions it stands on the page of the job as well. It refuses to "
    "run for a pull request. It needs pulumi on PATH, the backend of the state and a CoreWeave token "
    "of the role CKS Admin.\n\n"
    "Exit codes: 0, every token that was due is renewed, or none was; 1, one was not.",
    epilog="Example: cks-access ci rotate production",
)
@named_stack_argument
def job(*, stack: str) -> int:
    """Renew what is due, and show the summary; return 1 if something failed.

    Raises:
        CksError: the project's file cannot be read.
    """
    found = rotation_job.rotate(stack)
    return ci_summary.show(found.stack, "rotate", rotation_report.parts(found))
