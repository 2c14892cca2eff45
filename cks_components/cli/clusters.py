"""`cks-access clusters`: the clusters that the token can see, and what each trusts."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click

from cks_components.access.text_columns import columns
from cks_components.api.cluster_lookup import none_visible
from cks_components.api.models import Cluster, Webhook
from cks_components.api.retry import PREVIEW_DEADLINE_SECONDS
from cks_components.cli.exit_code import FINE
from cks_components.cli.progress_lines import tell
from cks_components.engine.provider_call import connected
from cks_components.kubernetes.kubeconfig import managed_server, unmanaged_server
from cks_components.stack_file.visible_text import visible

_HEADER = ("NAME", "STATUS", "VERSION", "ZONE", "PUBLIC", "OIDC", "WEBHOOKS", "ENDPOINT", "ID")
_NONE = "-"


@click.command(
    help="Reads the list of clusters once, and changes nothing.\n\nWith --json, the oidc block of "
    "a cluster is as the API has it.",
    epilog="Example: cks-access clusters --json",
)
@click.option("--json", "as_json", is_flag=True, help="Print the clusters as a JSON list.")
def verb(*, as_json: bool) -> int:
    """Print one row for each cluster.

    Raises:
        CksError: the token is missing or refused, or the API does not answer.
    """
    with connected(tell) as client:
        listed = client.list_clusters(deadline_seconds=PREVIEW_DEADLINE_SECONDS)
        found = sorted(listed, key=lambda cluster: (cluster.name, cluster.zone, cluster.id))
        nothing = "" if found else none_visible(client)
    if as_json:
        print(json.dumps([_data(cluster) for cluster in found], indent=2))
    elif found:
        print("\n".join(columns([_HEADER, *map(_row, found)])))
    if nothing:
        print(visible(nothing), file=sys.stderr)
    return FINE


def _row(cluster: Cluster) -> Sequence[str]:
    webhooks = [kind for kind, server in _webhooks(cluster).items() if server]
    cells = (
        cluster.name,
        cluster.status,
        cluster.version,
        cluster.zone,
        "yes" if cluster.public else "no",
        cluster.oidc.issuer_url,
        ", ".join(webhooks),
        cluster.api_server_endpoint,
        cluster.id,
    )
    return [visible(cell or _NONE) for cell in cells]


def _webhooks(cluster: Cluster) -> Mapping[str, str | None]:
    """The server of each kind of webhook, by its key in the stack file."""
    hooks: Mapping[str, Webhook] = {
        "authentication": cluster.authn_webhook,
        "authorization": cluster.authz_webhook,
    }
    return {kind: hook.server for kind, hook in hooks.items()}


def _data(cluster: Cluster) -> dict[str, Any]:
    endpoint = cluster.api_server_endpoint
    return {
        "id": cluster.id,
        "name": cluster.name,
        "zone": cluster.zone,
        "status": cluster.status,
        "version": cluster.version,
        "public": cluster.public,
        "apiServerEndpoint": endpoint or None,
        "managedServer": managed_server(endpoint) if endpoint else None,
        "unmanagedServer": unmanaged_server(endpoint) if endpoint else None,
        "oidc": None if cluster.oidc.is_unset else cluster.oidc.wire(),
        "webhooks": _webhooks(cluster),
    }
