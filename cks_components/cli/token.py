"""`cks-access token`: mints a short-lived token of a pipeline when it is needed; stores nothing."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import click

from cks_components.api.environment import duration_seconds
from cks_components.api.errors import SettingsError
from cks_components.automation_access import work_namespace
from cks_components.cli import cluster_addresses
from cks_components.cli.exit_code import FINE
from cks_components.cli.parameters import resolve_option
from cks_components.engine.provider_call import connected_to
from cks_components.kubernetes import kubeconfig
from cks_components.kubernetes.address import Address
from cks_components.kubernetes.answers import Minted
from cks_components.kubernetes.nearest_name import nearest
from cks_components.lifecycle.token import existing_account
from cks_components.lifecycle.token_renewal import duration_in_words
from cks_components.project import engine_config
from cks_components.rules import token_findings
from cks_components.stack_file.pipeline import PipelineSettings
from cks_components.stack_file.settings import StackSettings


@click.command(
    help="Only the token is printed on stdout; what the cluster granted goes to stderr.",
    epilog="Example: cks-access token production/train-east/deployer --lifetime 15m",
)
@click.argument(
    "pipeline",
    metavar="STACK/CLUSTER/NAME",
    help="The stack (or the path of its file), the cluster and the automation entry.",
)
@click.option(
    "--lifetime",
    "asked",
    default="1h",
    show_default=True,
    help="The lifetime to request, 10m or more.",
)
@click.option("--kubeconfig", "as_kubeconfig", is_flag=True, help="Print a kubeconfig instead.")
@click.option("--json", "as_json", is_flag=True, help="Print token, expiry and kubeconfig as JSON.")
@resolve_option
def verb(
    *, pipeline: str, asked: str, as_kubeconfig: bool, as_json: bool, is_resolved: bool
) -> int:
    """Mint a token and print only that on stdout; what was granted goes to stderr.

    Raises:
        CksError: an argument is wrong, or the cluster grants no token; the message says which.
    """
    lifetime = _lifetime(asked)
    stack, cluster, name = _parts(pipeline)
    file = engine_config.find(stack, is_resolved=is_resolved)
    job = engine_config.used(file, lambda settings: _job(settings, file.stack, cluster, name))
    minted = _minted(job.addresses.managed, job.pipeline, lifetime)
    print(_grant_in_words(minted, lifetime), file=sys.stderr)
    config = kubeconfig.pipeline_kubeconfig(
        job.names,
        job.addresses.pipelines,
        place=work_namespace(job.pipeline),
        token=minted.token,
    )
    if as_json:
        print(json.dumps(_data(minted, lifetime, config), indent=2))
    else:
        print(config.rstrip() if as_kubeconfig else minted.token)
    return FINE


def _minted(server: Address, pipeline: PipelineSettings, lifetime: timedelta) -> Minted:
    with connected_to(server) as client:
        existing_account(client, pipeline.namespace, pipeline.name)
        seconds = int(lifetime.total_seconds())
        return client.mint(pipeline.namespace, pipeline.name, lifetime_seconds=seconds)


def _lifetime(text: str) -> timedelta:
    seconds = duration_seconds(text)
    if seconds is None:
        message = f'--lifetime: "{text}" is not a duration; write one such as "1h" or "15m"'
        raise SettingsError([message])
    lifetime = timedelta(seconds=seconds)
    found = [f for f in token_findings(lifetime, timedelta()) if f.refuses]
    if found:
        raise SettingsError([f"--{f}" for f in found])
    return lifetime


def _parts(text: str) -> tuple[str, str, str]:
    """The three names; the part before the last two slashes may be a path."""
    parts = text.rsplit("/", 2)
    if len(parts) < 3 or not all(parts):
        message = f'"{text}" is not STACK/CLUSTER/NAME; write all three, such as production/east/ci'
        raise SettingsError([message])
    return parts[0], parts[1], parts[2]


@dataclass(frozen=True)
class _Job:
    """A pipeline on a cluster, and the names in its kubeconfig."""

    pipeline: PipelineSettings
    addresses: kubeconfig.Addresses
    names: kubeconfig.Entry


def _job(settings: StackSettings, stack: str, key: str, name: str) -> _Job:
    keys = [cluster.key for cluster in settings.clusters]
    if key not in keys:
        raise SettingsError([_unknown("cluster", key, keys)])
    index = keys.index(key)
    pipelines = {pipeline.name: pipeline for _, pipeline in settings.pipelines_on(index)}
    if name not in pipelines and name in _named(settings, index):
        message = (
            f'cannot mint a token of pipeline "{name}" on cluster {key}: its rights have ended '
            '(until), and "pulumi up" deletes its service account; write a later until if it is '
            "still needed"
        )
        raise SettingsError([message])
    if name not in pipelines:
        raise SettingsError([_unknown("automation entry", name, list(pipelines))])
    names = settings.naming(stack).entry(key, kubeconfig.of_pipeline(name))
    return _Job(pipelines[name], cluster_addresses.of(settings, index), names)


def _named(settings: StackSettings, cluster: int) -> set[str]:
    """The pipelines of a cluster, those that have ended included."""
    return {p.name for part in (settings, settings.clusters[cluster]) for p in part.automation}


def _unknown(what: str, given: str, known: list[str]) -> str:
    has = ", ".join(known) or "none"
    return f'the stack file has no {what} "{given}"{nearest(given, known)}; it has {has}'


def _grant_in_words(minted: Minted, asked: timedelta) -> str:
    granted, end = timedelta(seconds=minted.lifetime_seconds), minted.expires_at.isoformat()
    if granted < asked:
        return (
            f"the cluster granted {duration_in_words(granted)} instead of the requested "
            f"{duration_in_words(asked)}: the token expires at {end}"
        )
    return f"the cluster granted {duration_in_words(granted)}, as requested: the token expires at {end}"


def _data(minted: Minted, asked: timedelta, config: str) -> dict[str, Any]:
    return {
        "token": minted.token,
        "expiresAt": minted.expires_at.isoformat(),
        "grantedSeconds": minted.lifetime_seconds,
        "requestedSeconds": int(asked.total_seconds()),
        "kubeconfig": config,
    }
