"""`cks-access doctor`: what stands in the way of a login; reads only."""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import partial

import click

from cks_components.cli.exit_code import FINE, FOUND
from cks_components.cli.parameters import resolve_option, stack_argument
from cks_components.cli.progress_lines import tell
from cks_components.cli.terminal import shown
from cks_components.diagnosis.result import State
from cks_components.diagnosis.stack_checks import check
from cks_components.project import engine_config
from cks_components.stack_file.visible_text import visible


@click.command(
    help="It checks the token, the clusters, their OIDC blocks and webhooks, their endpoints, whether "
    "the control plane has read what the issuer publishes, the issuer, the clocks, the bindings with "
    "their roles and namespaces, what the stack made for them, and the programs on this machine. Nothing is changed.\n\n"
    "Exit codes: 0, everything is fine; 1, an error, such as a stack file that cannot be read; 2, "
    "something is a warning or wrong.",
    epilog="Example: cks-access doctor production",
)
@stack_argument
@click.option(
    "--login",
    "with_login",
    is_flag=True,
    help="Log in too, through kubelogin and your browser, and say who you become on each cluster.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the results as a JSON list.")
@resolve_option
def verb(*, stack: str | None, with_login: bool, as_json: bool, is_resolved: bool) -> int:
    """Check everything, and print one line for each result.

    Raises:
        SettingsError: the stack file cannot be read, or breaks a rule.
    """
    file = engine_config.find(stack, is_resolved=is_resolved)
    checks = partial(
        check, tell=tell, with_login=with_login, hides_client_secret=file.hides_client_secret
    )
    results = engine_config.used(file, checks)
    if as_json:
        print(json.dumps([asdict(result) for result in results], indent=2))
    else:
        print("\n".join(shown(visible(str(result))) for result in results))
    return FINE if all(r.state is State.FINE for r in results) else FOUND
