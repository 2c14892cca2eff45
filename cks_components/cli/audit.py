"""`cks-access audit`: what is really on the clusters of a stack, and who got in beside its file."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from cks_components.api.cluster_lookup import look_up
from cks_components.api.errors import CksError
from cks_components.api.models import Cluster
from cks_components.audit import baseline, fleet, report
from cks_components.audit.baseline import Baseline
from cks_components.audit.fleet import ClusterAudit
from cks_components.cli import cluster_addresses
from cks_components.cli.exit_code import ERROR, FINE, FOUND
from cks_components.cli.parameters import (
    FilePath,
    at_most_one,
    html_option,
    needs_folder,
    resolve_option,
    stack_argument,
    write_file,
)
from cks_components.engine.provider_call import connected
from cks_components.kubernetes.nearest_name import nearest
from cks_components.project import engine_config
from cks_components.project.yaml_file import document_of, text_of
from cks_components.stack_file.selectors import selectors
from cks_components.stack_file.settings import StackSettings
from cks_components.stack_file.visible_text import visible


@click.command(
    help="It reads the roles, bindings, Secrets with tokens of service accounts (without their "
    "data), requests for client certificates, admission webhooks and what cks-access made on each "
    "cluster through its managed endpoint, and its OIDC block and webhooks from the CKS API, and "
    "shows what the stack did not make and who gets what by it, what leads to an administrator's "
    "rights first. Nothing is changed.\n\n"
    "Exit codes: 0, nothing new; 1, an error, or a cluster could not be read (the others are shown); "
    "2, something is there that neither the stack nor the baseline knows.",
    epilog="Example: cks-access audit production --baseline audit.yaml",
)
@stack_argument
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("--csv", "as_csv", is_flag=True, help="Print the result as CSV.")
@html_option
@click.option(
    "--baseline",
    "known",
    type=FilePath(dir_okay=False, path_type=Path),
    help="A file of findings that are accepted, each with a reason and an end.",
)
@resolve_option
def verb(
    *,
    stack: str | None,
    as_json: bool,
    as_csv: bool,
    html: Path | None,
    known: Path | None,
    is_resolved: bool,
) -> int:
    """Read every cluster, and print what was found.

    Raises:
        CksError: the stack file, the baseline or the path of the page is refused, or the CKS API cannot be asked for
            the clusters.
    """
    at_most_one({"--json": as_json, "--csv": as_csv})
    needs_folder(html)
    file = engine_config.find(stack, is_resolved=is_resolved)
    accepted = _baseline(known)
    audits = engine_config.used(file, _audits)
    if html is not None:
        write_file(html, report.page(f"Audit of {file.stack}", audits, accepted))
    if as_json:
        print(json.dumps(report.data(audits, accepted), indent=2))
    elif as_csv:
        print(report.table(audits, accepted), end="")
    else:
        for line in report.lines(audits, accepted):
            print(visible(line))
    return _judged(audits, accepted)


def _judged(audits: Sequence[ClusterAudit], accepted: Baseline) -> int:
    """Print what a person should know beside the findings, and return the exit code."""
    new = report.new(audits, accepted)
    problems = [(audit.cluster, problem) for audit in audits for problem in audit.problems]
    for cluster, problem in problems:
        print(visible(f"cannot audit all of cluster {cluster}: {problem}"), file=sys.stderr)
    keys = [audit.cluster for audit in audits]
    for entry, cluster in accepted.elsewhere(keys):
        print(
            visible(
                f'baseline: the entry of {entry.id} names the cluster "{cluster}", which the stack '
                f"does not have{nearest(cluster, keys)}"
            ),
            file=sys.stderr,
        )
    for entry in accepted.unused(report.found(audits)) if not problems else ():
        print(
            visible(f"baseline: nothing is found as {entry.id} ({entry.reason}); delete the entry"),
            file=sys.stderr,
        )
    print(report.summary(audits, accepted), file=sys.stderr)
    if new:
        print(baseline.advice([finding.id for finding in new]), file=sys.stderr)
    if problems:
        return ERROR
    return FOUND if new else FINE


def _baseline(path: Path | None) -> Baseline:
    now = datetime.now(UTC)
    if path is None:
        return Baseline((), now)
    content = document_of(path, text_of(path, "check the path")).value
    return baseline.read(str(path), content, now)


def _audits(settings: StackSettings) -> list[ClusterAudit]:
    wanted = range(len(settings.clusters))
    found = cluster_addresses.of_each(settings, wanted).values()
    servers = [one if isinstance(one, str) else one.managed for one in found]
    shown = _shown(settings)
    with click.progressbar(
        length=len(wanted), label="reading clusters", file=sys.stderr, show_pos=True
    ) as bar:
        return fleet.audit(settings, servers, shown, lambda: bar.update(1))


def _shown(settings: StackSettings) -> list[Cluster | str]:
    """Each cluster as the CKS API has it, or why it is not known."""
    try:
        with connected() as client:
            return look_up(client, selectors(settings))
    except CksError as error:
        return [str(error)] * len(settings.clusters)
