"""`cks-access test`: whether the promises of a stack file (`expect`) are kept."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

import click

from cks_components.access import live_promise_check, promise_check, promise_report
from cks_components.access.live_promise_check import Answers, LiveOutcome
from cks_components.access.promise_check import Outcome
from cks_components.api.errors import SettingsError
from cks_components.cli import cluster_addresses
from cks_components.cli.exit_code import ERROR, FINE, FOUND
from cks_components.cli.parameters import resolve_option, stack_argument
from cks_components.cli.terminal import shown
from cks_components.engine.provider_call import connected_to
from cks_components.project import engine_config
from cks_components.stack_file.settings import StackSettings
from cks_components.stack_file.visible_text import visible

_OFFLINE = (
    "decided by the stack file and Kubernetes' own roles; what others bound on the clusters is not "
    'known, and "--live" asks the clusters'
)


@click.command(
    help="Each sentence of expect is tested for its user on each cluster. Without --live nothing is "
    "sent: the roles and bindings of the file decide, with the roles that every cluster has. What "
    "they cannot decide is undecided, and never counted as kept.\n\n"
    "With --live each cluster is asked (SubjectAccessReview) through its managed endpoint, and where "
    "its answer differs from the file, the reason is shown: a binding made outside the stack, a role "
    "that was changed, or an authorization webhook.\n\n"
    "Exit codes: 0, every promise is kept; 1, an error, or a cluster could not be asked; 2, a promise "
    "is broken or undecided.",
    epilog="Example: cks-access test production --live",
)
@stack_argument
@click.option("--live", "is_live", is_flag=True, help="Ask the clusters.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as a JSON list.")
@resolve_option
def verb(*, stack: str | None, is_live: bool, as_json: bool, is_resolved: bool) -> int:
    """Print each promise and what came of it.

    Raises:
        CksError: the stack file is refused, or the CKS API cannot be asked for the clusters.
    """
    file = engine_config.find(stack, is_resolved=is_resolved)
    if is_live:
        asked = engine_config.used(file, _asked)
        for problem in asked.problems:
            print(visible(problem), file=sys.stderr)
        if asked.outcomes or as_json or not asked.problems:
            _print(asked.outcomes, "asked on the clusters", as_json=as_json)
        if asked.problems:
            return ERROR
        return FINE if promise_report.is_kept(asked.outcomes) else FOUND
    outcomes = engine_config.used(file, promise_check.outcomes)
    _print(outcomes, _OFFLINE, as_json=as_json)
    return FINE if promise_report.is_kept(outcomes) else FOUND


def _print(outcomes: Sequence[Outcome | LiveOutcome], how: str, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps([promise_report.data(outcome) for outcome in outcomes], indent=2))
        return
    for line in promise_report.lines(outcomes):
        print(shown(f"{line.verdict}: {line.text}"))
    if not outcomes:
        print("the stack file has no tests of access; write expect", file=sys.stderr)
    else:
        print(f"{promise_report.summary(outcomes)}; {how}", file=sys.stderr)


def _asked(settings: StackSettings) -> Answers:
    tested = live_promise_check.tested_clusters(settings)
    found = cluster_addresses.of_each(settings, tested)

    def ask(index: int) -> list[LiveOutcome]:
        addresses = found[index]
        if isinstance(addresses, str):
            raise SettingsError([addresses])
        with connected_to(addresses.managed) as client:
            return live_promise_check.outcomes(settings, index, client)

    return live_promise_check.ask_all(settings, ask)
