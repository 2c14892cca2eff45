"""`cks-access import-file`: import a cluster's blocks into the state, without touching the cluster."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click
from pulumi.dynamic.dynamic import serialize_provider

from cks_components import cluster_access, cluster_oidc, cluster_webhooks
from cks_components.api.cluster_lookup import select
from cks_components.api.errors import SettingsError
from cks_components.api.models import Cluster
from cks_components.cli.exit_code import FINE
from cks_components.cli.parameters import FilePath, resolve_option, stack_argument, write_file
from cks_components.engine import properties
from cks_components.engine.block_provider import PREVIOUS, BlockProvider
from cks_components.engine.provider_call import connected
from cks_components.engine.resource_names import cluster_name
from cks_components.project import engine_config
from cks_components.rules import Context, context_of
from cks_components.stack_file.reading import PROJECT
from cks_components.stack_file.selectors import selectors
from cks_components.stack_file.settings import IdentitySettings, StackSettings, WebhookSettings

_DEFAULT_OUTPUT = "import.json"


@click.command(
    help="The clusters are read, and not touched.",
    epilog="Example: cks-access import-file production --output import.json",
)
@stack_argument
@click.option(
    "--cluster",
    multiple=True,
    help="Only this cluster (name or alias); the others are not looked at. May be repeated.",
)
@click.option(
    "--output", type=FilePath(path_type=Path), help="Write the file here instead of printing it."
)
@click.option(
    "--json", "as_json", is_flag=True, help="Print the file and the command as one JSON object."
)
@resolve_option
def verb(
    *,
    stack: str | None,
    cluster: tuple[str, ...],
    output: Path | None,
    as_json: bool,
    is_resolved: bool,
) -> int:
    """Read the clusters, and print the file and the command that imports it.

    Raises:
        CksError: the stack file is wrong, a cluster cannot be read, or there is nothing to import.
    """
    file = engine_config.find(stack, is_resolved=is_resolved)
    clusters, content = engine_config.used(file, partial(_imported, file.stack, cluster))
    found = {resource["name"] for resource in content["resources"]}
    for key in sorted(key for key, read in clusters.items() if cluster_name(read.id) not in found):
        print(
            f'cluster "{key}" has none of the blocks in the stack file: nothing to import',
            file=sys.stderr,
        )
    if not found:
        message = 'there is nothing to import; run "pulumi up" to set what is in the stack file'
        raise SettingsError([message])
    _show(content, output, file.stack, as_json=as_json)
    return FINE


def _imported(
    stack: str, only: Sequence[str], settings: StackSettings
) -> tuple[dict[str, Cluster], dict[str, Any]]:
    clusters = _read(settings, only)
    return clusters, import_file(stack, settings, clusters)


@dataclass(frozen=True)
class _Owned:
    """A block in the stack file: the provider that owns it, its resource's name, and its policies."""

    provider: BlockProvider
    type_token: str
    name: Callable[[str], str]
    policy: Mapping[str, Any]

    def is_on(self, cluster: Cluster) -> bool:
        return not cluster.block(self.provider.kind).is_unset

    def entry(self, stack: str, cluster: Cluster, context: Context) -> dict[str, Any]:
        name = self.name(cluster_name(cluster.id))
        urn = (
            f"urn:pulumi:{stack}::{PROJECT}::{cluster_access.TYPE_TOKEN}${self.type_token}::{name}"
        )
        previous = {PREVIOUS: properties.stored(cluster.block(self.provider.kind))}
        hidden = {properties.URN: urn, properties.CONTEXT: asdict(context)}
        inputs, outputs = self.provider.as_read(cluster, {**hidden, **previous, **self.policy})
        pickle = {properties.PROVIDER: serialize_provider(self.provider)}
        return {
            "type": self.type_token,
            "name": name,
            "id": cluster.id,
            "parent": cluster_name(cluster.id),
            "inputs": inputs | pickle,
            "outputs": outputs | pickle,
        }


def import_file(
    stack: str, settings: StackSettings, clusters: Mapping[str, Cluster]
) -> dict[str, Any]:
    """Make the file that imports the live blocks of each cluster into a stack's state.

    Only blocks in the stack file are imported. The next preview then shows what differs between
    the cluster and the stack file. The present block is also recorded as the previous one, so that
    a restore leaves it as it is.

    Args:
        stack: the stack's name.
        settings: the stack file; its policies are recorded with each block.
        clusters: as they were just read, by what the stack file calls each.
    """
    resources: list[dict[str, Any]] = []
    for index, cluster_settings in enumerate(settings.clusters):
        cluster = clusters.get(cluster_settings.key)
        owned = _owned(settings, index)
        found = [block for block in owned if cluster is not None and block.is_on(cluster)]
        if cluster is None or not found:
            continue
        resources.append(
            {"type": cluster_access.TYPE_TOKEN, "name": cluster_name(cluster.id), "component": True}
        )
        resources += [block.entry(stack, cluster, context_of(settings)) for block in found]
    return {"resources": resources}


def _owned(settings: StackSettings, cluster: int) -> Iterator[_Owned]:
    if settings.identity is not None:
        yield _Owned(
            cluster_oidc.ClusterOidcProvider(),
            cluster_oidc.TYPE_TOKEN,
            cluster_access.oidc_name,
            _policy(settings, settings.identity),
        )
    for kind, (_, hook) in settings.webhooks_on(cluster).items():
        provider, type_token = cluster_webhooks.OWNERS[kind]
        yield _Owned(
            provider(),
            type_token,
            partial(cluster_access.webhook_name, kind=kind),
            _policy(settings, hook),
        )


def _policy(settings: StackSettings, given: IdentitySettings | WebhookSettings) -> dict[str, Any]:
    return {
        "adopt": given.adopt,
        "on_drift": given.on_drift,
        "on_delete": given.on_delete,
        "update_timeout_seconds": settings.update_timeout,
    }


def _read(settings: StackSettings, only: Sequence[str]) -> dict[str, Cluster]:
    keys = [cluster.key for cluster in settings.clusters]
    unknown = sorted(set(only) - set(keys))
    if unknown:
        message = (
            f"no cluster of the stack file is called {', '.join(unknown)}; it has {', '.join(keys)}"
        )
        raise SettingsError([message])
    every = zip(keys, selectors(settings), strict=True)
    wanted = {key: selector for key, selector in every if not only or key in only}
    with connected() as client:
        found = select([*wanted.values()], lambda: client)
        return {key: client.get_cluster(i) for key, (i, _) in zip(wanted, found, strict=True)}


def _show(content: Mapping[str, Any], output: Path | None, stack: str, *, as_json: bool) -> None:
    path = output or Path(_DEFAULT_OUTPUT)
    words = f"pulumi import --stack {shlex.quote(stack)} --file {shlex.quote(str(path))}"
    command = f"{words} --generate-code=false --protect=false"
    text = json.dumps(content, indent=2)
    if output is not None:
        write_file(output, text + "\n")
    if as_json:
        print(json.dumps({"file": content, "command": command}, indent=2))
    elif output is not None:
        print(f"wrote {output}; run:\n  {command}")
    else:
        print(text)
        print(f"save this as {path}, then run:\n  {command}", file=sys.stderr)
