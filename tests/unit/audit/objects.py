"""Objects on a cluster, made briefly, as its API has them."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from cks_components.kubernetes.labels import MANAGED_BY

IDENTITY = {
    "issuerUrl": "https://idp.example.com",
    "clientId": "cks",
    "usernameClaim": "email",
    "groupsClaim": "groups",
    "groupsPrefix": "okta:",
}
RBAC = "rbac.authorization.k8s.io"
ADMINS = ("Group", "okta:admins")
EVERYTHING = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}
READS = {"verbs": ["get", "list"], "apiGroups": [""], "resources": ["pods"]}


def role(name: str, *rules: dict[str, Any], namespace: str = "", **labels: str) -> dict[str, Any]:
    place = {"namespace": namespace} if namespace else {}
    return {
        "metadata": {"name": name, "uid": name, "labels": labels} | place,
        "rules": list(rules),
    }


def binding(
    name: str, role_name: str, *subjects: tuple[str, str], namespace: str = "", kind: str = ""
) -> dict[str, Any]:
    """A binding; a service account is written as NAMESPACE/NAME."""
    place = {"namespace": namespace} if namespace else {}
    bound = []
    for kind_, text in subjects:
        home, _, account = text.partition("/")
        is_account = kind_ == "ServiceAccount"
        named = {"namespace": home, "name": account} if is_account else {"name": text}
        bound.append({"kind": kind_, **named})
    return {
        "metadata": {"name": name, "uid": name} | place,
        "roleRef": {"kind": kind or "ClusterRole", "name": role_name},
        "subjects": bound,
    }


def own(name: str, role_name: str, *subjects: tuple[str, str], **more: str) -> dict[str, Any]:
    """A binding with the label of this program."""
    made = binding(name, role_name, *subjects, **more)
    made["metadata"]["labels"] = dict(MANAGED_BY)
    return made


def policy(*bindings: dict[str, Any], roles: tuple[Any, ...] = ()) -> dict[str, Any]:
    """What a cluster lists, by kind, with two roles of every cluster."""
    return {
        "clusterroles": [role("cluster-admin", EVERYTHING), role("view", READS), *roles],
        "roles": [],
        "clusterrolebindings": [b for b in bindings if "namespace" not in b["metadata"]],
        "rolebindings": [b for b in bindings if "namespace" in b["metadata"]],
        "secrets": [],
        "serviceaccounts": [],
        "certificatesigningrequests": [],
        "mutatingwebhookconfigurations": [],
        "validatingwebhookconfigurations": [],
    }


def token_secret(namespace: str, name: str, account: str) -> dict[str, Any]:
    return {
        "metadata": {
            "name": name,
            "uid": name,
            "namespace": namespace,
            "annotations": {"kubernetes.io/service-account.name": account},
            "creationTimestamp": "2024-05-01T00:00:00Z",
        }
    }


def request(
    name: str,
    *conditions: str,
    groups: tuple[str, ...] = (),
    until: datetime | None = None,
    **spec: str,
) -> dict[str, Any]:
    """A CertificateSigningRequest of `eve` for a client certificate of `mallory`."""
    key = ec.generate_private_key(ec.SECP256R1())
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, "mallory")]
    attributes += [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups]
    subject = x509.Name(attributes)
    made = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    status: dict[str, Any] = {"conditions": [{"type": condition} for condition in conditions]}
    if until is not None:
        begin = until - timedelta(days=9)
        builder = x509.CertificateBuilder(subject, subject, key.public_key(), 1, begin, until)
        issued = builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
        status["certificate"] = base64.b64encode(issued).decode()
    usual = {
        "signerName": "kubernetes.io/kube-apiserver-client",
        "username": "eve",
        "request": base64.b64encode(made.public_bytes(Encoding.PEM)).decode(),
    }
    return {"metadata": {"name": name, "uid": name}, "spec": usual | spec, "status": status}


def webhook(configuration: str, **client: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": configuration, "uid": configuration},
        "webhooks": [
            {"name": "h.example.com", "clientConfig": client, "rules": [{"resources": ["pods"]}]}
        ],
    }
