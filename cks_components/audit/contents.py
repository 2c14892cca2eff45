"""Reads from a cluster everything by which somebody may have got in."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Self, TypeVar

from cks_components.access.live_policy import LivePolicy, is_own, read_policy
from cks_components.api.errors import CksError
from cks_components.kubernetes.client import ClusterKind, KubernetesClient, OwnKind
from cks_components.rbac.policy import Policy, Role

T = TypeVar("T")
_SECONDS = 20.0
"""For each list; a cluster that does not answer must not hold up the others for long."""
_ACCOUNT = "kubernetes.io/service-account.name"
_WEBHOOK_KINDS: tuple[tuple[str, ClusterKind], ...] = (
    ("MutatingWebhookConfiguration", "mutatingwebhookconfigurations"),
    ("ValidatingWebhookConfiguration", "validatingwebhookconfigurations"),
)
_OWN_KINDS: tuple[tuple[str, OwnKind], ...] = (
    ("Namespace", "namespaces"),
    ("ServiceAccount", "serviceaccounts"),
    ("Secret", "secrets"),
)
_CLIENT_SIGNER = "kubernetes.io/kube-apiserver-client"
"""Signs certificates by which people log in; kubelets have a signer of their own."""


@dataclass(frozen=True)
class TokenSecret:
    """A Secret with a token of a service account, which works until the Secret is deleted."""

    namespace: str
    name: str
    account: str
    made: str


@dataclass(frozen=True)
class CertificateRequest:
    """A request for a client certificate that nobody has denied.

    Attributes:
        user: whom the certificate names; empty if the request cannot be read.
        groups: likewise.
        is_approved: whether somebody has approved it, so that its certificate works.
        until: when its certificate expires, if it was issued.
    """

    name: str
    user: str
    groups: tuple[str, ...]
    requested_by: str
    is_approved: bool
    until: datetime | None


@dataclass(frozen=True)
class AdmissionWebhook:
    """A server that sees, and may change or refuse, what people write."""

    kind: str
    configuration: str
    name: str
    server: str
    objects: tuple[str, ...]


@dataclass(frozen=True)
class MadeObject:
    """An object that this program made, by its label; a namespace lies in none."""

    kind: str
    name: str
    namespace: str | None = None

    @classmethod
    def of_role(cls, role: Role) -> Self:
        """The object of a role."""
        kind = "ClusterRole" if role.namespace is None else "Role"
        return cls(kind, role.name, role.namespace)

    @property
    def place(self) -> str:
        """Such as "ServiceAccount ci/deployer"."""
        return f"{self.kind} {f'{self.namespace}/' if self.namespace else ''}{self.name}"


@dataclass(frozen=True)
class ClusterContents:
    """What was read from a cluster.

    Attributes:
        namespaces: their names; None if they are not known.
        made: the objects beside bindings that this program made, whichever stack asked for them.
        problems: what could not be read.
    """

    live: LivePolicy = field(default_factory=lambda: LivePolicy(Policy([], []), frozenset()))
    namespaces: frozenset[str] | None = None
    secrets: tuple[TokenSecret, ...] = ()
    requests: tuple[CertificateRequest, ...] = ()
    webhooks: tuple[AdmissionWebhook, ...] = ()
    made: tuple[MadeObject, ...] = ()
    problems: tuple[str, ...] = ()


def read(client: KubernetesClient) -> ClusterContents:
    """Read a cluster. What the token's owner may not list is among the problems.

    Raises:
        CksError: the cluster does not answer, or refuses the token.
    """
    client.knows_the_token(deadline_seconds=_SECONDS)
    problems: list[str] = []
    live = read_policy(client, deadline_seconds=_SECONDS)
    if live is None:
        problems.append("the token's owner may not list roles and bindings there")

    def listed(read: Callable[..., Iterable[T]]) -> list[T]:
        try:
            return list(read(deadline_seconds=_SECONDS))
        except CksError as error:
            problems.append(str(error))
            return []

    namespaces = frozenset(listed(client.namespaces))
    secrets = listed(client.token_secrets)
    requests = listed(partial(client.cluster_objects, "certificatesigningrequests"))
    webhooks = [
        _webhook(kind, configuration, webhook)
        for kind, plural in _WEBHOOK_KINDS
        for configuration in listed(partial(client.cluster_objects, plural))
        for webhook in configuration.get("webhooks") or ()
    ]
    made = [
        MadeObject(kind, one["name"], one.get("namespace"))
        for kind, plural in _OWN_KINDS
        for one in listed(partial(client.own_objects, plural))
    ]
    live = live or ClusterContents().live
    return ClusterContents(
        live=live,
        namespaces=namespaces or None,
        secrets=tuple(map(_secret, secrets)),
        requests=tuple(r for manifest in requests for r in _request(manifest)),
        webhooks=tuple(webhooks),
        made=(
            *(MadeObject.of_role(role) for role in live.policy.roles if is_own(role.labels)),
            *made,
        ),
        problems=tuple(problems),
    )


def _secret(metadata: Mapping[str, Any]) -> TokenSecret:
    account = (metadata.get("annotations") or {}).get(_ACCOUNT) or ""
    made = str(metadata.get("creationTimestamp") or "")
    return TokenSecret(metadata.get("namespace") or "", metadata["name"], account, made)


def _request(manifest: Mapping[str, Any]) -> list[CertificateRequest]:
    spec, status = manifest.get("spec") or {}, manifest.get("status") or {}
    conditions = {condition.get("type") for condition in status.get("conditions") or ()}
    if spec.get("signerName") != _CLIENT_SIGNER or conditions & {"Denied", "Failed"}:
        return []
    user, groups = _named(str(spec.get("request") or ""))
    return [
        CertificateRequest(
            name=manifest["metadata"]["name"],
            user=user,
            groups=groups,
            requested_by=str(spec.get("username") or ""),
            is_approved="Approved" in conditions,
            until=_expiry(str(status.get("certificate") or "")),
        )
    ]


def _named(request: str) -> tuple[str, tuple[str, ...]]:
    """The user and the groups of a certificate: its common name and its organizations."""
    from cryptography import x509  # only where there is such a request
    from cryptography.x509.oid import NameOID

    try:
        subject = x509.load_pem_x509_csr(base64.b64decode(request)).subject
    except (ValueError, binascii.Error):
        return "", ()

    def values(oid: x509.ObjectIdentifier) -> tuple[str, ...]:
        return tuple(str(a.value) for a in subject.get_attributes_for_oid(oid))

    user = values(NameOID.COMMON_NAME)
    return (user[0] if user else ""), values(NameOID.ORGANIZATION_NAME)


def _expiry(certificate: str) -> datetime | None:
    from cryptography import x509  # only where there is such a request

    try:
        return x509.load_pem_x509_certificate(base64.b64decode(certificate)).not_valid_after_utc
    except (ValueError, binascii.Error):
        return None


def _webhook(
    kind: str, configuration: Mapping[str, Any], webhook: Mapping[str, Any]
) -> AdmissionWebhook:
    client = webhook.get("clientConfig") or {}
    service = client.get("service") or {}
    own = f"service {service.get('namespace')}/{service.get('name')}" if service else ""
    objects = [
        resource for rule in webhook.get("rules") or () for resource in rule.get("resources") or ()
    ]
    return AdmissionWebhook(
        kind=kind,
        configuration=configuration["metadata"]["name"],
        name=str(webhook.get("name") or ""),
        server=str(client.get("url") or own),
        objects=tuple(dict.fromkeys(objects)),
    )
