"""kube-apiserver's flags for what a cluster says about who comes in and who may do what.

Nothing here judges a block: what kube-apiserver makes of a wrong one is what the lab is for.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

BLOCKS = ("oidc", "authnWebhook", "authzWebhook")
# Which of the two a CKS cluster asks first is not published. With RBAC first a webhook can only
# add rights; with the webhook first a denial stands before every role.
AUTHORIZERS = ("RBAC", "Webhook")
# Not upstream's default, which is the older v1beta1; which one CKS asks in is not published.
REVIEW_VERSION = "v1"
_OIDC = {
    "issuerUrl": "--oidc-issuer-url",
    "clientId": "--oidc-client-id",
    "usernameClaim": "--oidc-username-claim",
    "usernamePrefix": "--oidc-username-prefix",
    "groupsClaim": "--oidc-groups-claim",
    "groupsPrefix": "--oidc-groups-prefix",
    "requiredClaim": "--oidc-required-claim",
}
_ALGORITHM_PREFIX = "SIGNING_ALGORITHM_"


def blocks_of(cluster: Mapping[str, Any]) -> dict[str, Any]:
    """The blocks of a cluster that become flags; an unset one is left out."""
    return {name: cluster[name] for name in BLOCKS if cluster.get(name)}


def access_flags(blocks: Mapping[str, Any], folder: Path) -> list[str]:
    """The flags of these blocks; writes the files that they name into the folder."""
    authentication = _kubeconfig(blocks.get("authnWebhook"), folder / "authn-webhook.kubeconfig")
    authorization = _kubeconfig(blocks.get("authzWebhook"), folder / "authz-webhook.kubeconfig")
    flags = _oidc_flags(blocks.get("oidc") or {}, folder / "oidc-ca.pem")
    if authentication:
        flags.append(f"--authentication-token-webhook-config-file={authentication}")
        flags.append(f"--authentication-token-webhook-version={REVIEW_VERSION}")
    if authorization:
        flags.append(f"--authorization-webhook-config-file={authorization}")
        flags.append(f"--authorization-webhook-version={REVIEW_VERSION}")
    authorizers = [name for name in AUTHORIZERS if authorization or name != "Webhook"]
    return [*flags, f"--authorization-mode={','.join(authorizers)}"]


def _oidc_flags(oidc: Mapping[str, Any], ca_file: Path) -> list[str]:
    flags = [f"{flag}={oidc[leaf]}" for leaf, flag in _OIDC.items() if oidc.get(leaf)]
    algorithms = [
        str(a).removeprefix(_ALGORITHM_PREFIX) for a in oidc.get("signingAlgorithms") or []
    ]
    if algorithms:
        flags.append(f"--oidc-signing-algs={','.join(algorithms)}")
    if oidc.get("ca"):
        ca_file.write_bytes(_decoded(oidc["ca"]))
        flags.append(f"--oidc-ca-file={ca_file}")
    return flags


def _decoded(ca: str) -> bytes:
    try:
        return base64.b64decode(ca)
    except binascii.Error:
        return ca.encode()  # no certificate either: kube-apiserver says so


def _kubeconfig(webhook: Mapping[str, Any] | None, path: Path) -> Path | None:
    """Write the file in which kube-apiserver reads where a webhook is; None if there is none.

    Without a `ca` the certificate is checked against the roots of the process.
    """
    if not webhook or not webhook.get("server"):
        return None
    cluster = {"server": webhook["server"]}
    if webhook.get("ca"):
        cluster["certificate-authority-data"] = webhook["ca"]
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "webhook", "cluster": cluster}],
        "users": [{"name": "kube-apiserver", "user": {}}],
        "contexts": [{"name": "it", "context": {"cluster": "webhook", "user": "kube-apiserver"}}],
        "current-context": "it",
    }
    path.write_text(json.dumps(content, indent=1))
    return path
