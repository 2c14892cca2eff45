"""What the rules judge, made briefly: blocks, bindings, pipelines, files; and the clauses by number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from cks_components.api.models import OidcConfig, Webhook
from cks_components.identity import providers
from cks_components.identity.discovery_document import Published
from cks_components.identity.preset import Provider
from cks_components.rules import RULES, Rule
from cks_components.rules.addresses import JudgedAddresses
from cks_components.rules.discovery import JudgedIssuer
from cks_components.rules.existence import JudgedEntry, JudgedRole, PresentRole
from cks_components.rules.expectations import JudgedExpectation
from cks_components.rules.expiry import JudgedGrant
from cks_components.rules.judged_binding import JudgedBinding
from cks_components.rules.judged_block import JudgedBlock
from cks_components.rules.lockout import JudgedRemoval
from cks_components.rules.requested_scopes import JudgedLogin
from cks_components.rules.waivers import JudgedWaivers
from cks_components.rules.webhook import JudgedWebhook
from cks_components.stack_file.expectation import ExpectationSettings
from cks_components.stack_file.pipeline import PipelineSettings, TokenSettings
from cks_components.stack_file.reading import StackFile, read
from cks_components.stack_file.role import GrantSettings, RoleSettings
from cks_components.stack_file.settings import (
    BindingSettings,
    Located,
    StackSettings,
    WaiverSettings,
)

NOW = datetime(2026, 6, 1, tzinfo=UTC)
ID = "1b5274f2-8012-4b68-9010-cc4c51613302"
GUID = "8f3c1f2e-0d0a-4a55-9a43-3f6d1e2b7c10"
OTHER_GUID = "5d0b7a34-52f1-4c26-8a3c-0a8e5f0f6f11"
ISSUER = "https://idp.example.com"
IDENTITY = {"issuerUrl": ISSUER, "clientId": "cks", "usernameClaim": "email"}
ENTRA: dict[str, Any] = {
    "issuerUrl": f"https://login.microsoftonline.com/{GUID}/v2.0",
    "clientId": OTHER_GUID,
    "groupsClaim": "groups",
}
ENTRA_V1: dict[str, Any] = ENTRA | {"issuerUrl": f"https://sts.windows.net/{GUID}/"}
GITHUB: dict[str, Any] = {
    "issuerUrl": "https://token.actions.githubusercontent.com",
    "usernameClaim": "sub",
    "usernamePrefix": "github:",
}
OLD_SUB = "repo:acme/infra:environment:prod"
NEW_SUB = "repo:acme@65/infra@77:environment:prod"
GITLAB: dict[str, Any] = GITHUB | {"issuerUrl": "https://gitlab.com", "usernamePrefix": "gitlab:"}
GITLAB_SUB = "project_path:acme/infra:ref_type:branch:ref:main"
GOOGLE: dict[str, Any] = {"issuerUrl": "https://accounts.google.com"}
RBAC = "rbac.authorization.k8s.io"
HOOKS = "admissionregistration.k8s.io"
BY_SUB: dict[str, Any] = {"usernameClaim": "sub", "usernamePrefix": "x:"}
BY_OID: dict[str, Any] = {"usernameClaim": "oid", "usernamePrefix": "x:"}


def oidc(**leaves: object) -> OidcConfig:
    return OidcConfig.model_validate(IDENTITY | leaves)


def pipeline(**changes: Any) -> PipelineSettings:
    usual = {"name": "deployer", "namespace": "ci", "cluster_role": "edit"}
    return PipelineSettings.model_construct(**usual | changes)


def stored(days: float, before: float = 0.001) -> TokenSettings:
    return TokenSettings.model_construct(
        lifetime=timedelta(days=days), renew_before=timedelta(days=before)
    )


def custom(verbs: str, resources: str, group: str = "", **changes: Any) -> RoleSettings:
    """A role with one rule; several names are separated by spaces."""
    names = changes.pop("names", [])
    rule = {"verbs": verbs.split(), "apiGroups": [group], "resources": resources.split()}
    given = {"name": "jobs", "rules": [rule | ({"resourceNames": names} if names else {})]}
    return RoleSettings.model_validate(given | changes)


def expecting(
    *can: str, cannot: tuple[str, ...] = (), user: str | None = "ann", groups: tuple[str, ...] = ()
) -> JudgedExpectation:
    """A test of access, in a file that binds Ann, and the group ml with the prefix idp:."""
    test = ExpectationSettings.model_construct(
        user=user, groups=[*groups], can=[*can], cannot=[*cannot]
    )
    bindings = [
        {"users": ["ann"], "clusterRole": "view"},
        {"groups": ["ml"], "clusterRole": "view"},
        {"groups": ["ml"], "clusterRole": "view", "namespaces": ["training", "team-a"]},
    ]
    identity = {"issuerUrl": "https://idp.example.com", "clientId": "cks", "groupsPrefix": "idp:"}
    values = {"clusters": [{"name": "east"}], "identity": identity, "bindings": bindings}
    return JudgedExpectation(expectation=test, settings=StackSettings.model_validate(values))


def ending(until: datetime | None, role: str = "view", reason: str = "") -> JudgedGrant:
    """An entry with an end, judged NOW."""
    grant = GrantSettings.model_construct(cluster_role=role, until=until, reason=reason)
    return JudgedGrant(grant=grant, now=NOW)


def removed(**changes: Any) -> JudgedRemoval:
    """An update that takes the last administrator."""
    usual: dict[str, Any] = {"cluster": "east", "administrators": ("Group admins",)}
    usual["keeps_administrator"] = False
    return JudgedRemoval(**usual | changes)


def urls(verbs: str, *paths: str) -> RoleSettings:
    rule = {"verbs": verbs.split(), "nonResourceURLs": list(paths)}
    return RoleSettings.model_validate({"name": "jobs", "rules": [rule]})


def made(role: RoleSettings, *present: PresentRole, terminating: bool = False) -> JudgedRole:
    namespaces = {"train": terminating}
    return JudgedRole(role=role, cluster="east", namespaces=namespaces, present=present)


def placed(
    *,
    namespaces: tuple[str, ...] = ("ci", "train"),
    terminating: tuple[str, ...] = (),
    **changes: Any,
) -> JudgedEntry:
    roles = ("edit", "view")
    return JudgedEntry(
        entry=pipeline(**changes),
        cluster="east",
        namespaces=dict.fromkeys(namespaces, False) | dict.fromkeys(terminating, True),
        cluster_roles=roles,
    )


def placed_people(
    role: str = "edit",
    *,
    namespaces: tuple[str, ...] | None = ("train",),
    terminating: bool = False,
) -> JudgedEntry:
    where = None if namespaces is None else list(namespaces)
    people = BindingSettings.model_construct(cluster_role=role, groups=["ml"], namespaces=where)
    return JudgedEntry(
        entry=people,
        cluster="east",
        namespaces={"train": terminating, "serve": False},
        cluster_roles=["edit", "view"],
    )


def block(provider: Provider = "generic", **leaves: object) -> JudgedBlock:
    made = oidc(**leaves)
    known = providers.preset(provider, made)
    return JudgedBlock(oidc=made, preset=known, cluster_ids=[ID], now=NOW)


def bound(
    *groups: str,
    users: tuple[str, ...] = (),
    role: str = "view",
    namespaces: tuple[str, ...] | None = None,
    provider: Provider = "generic",
    **leaves: object,
) -> JudgedBinding:
    made = oidc(**leaves)
    binding = BindingSettings.model_construct(
        cluster_role=role,
        users=list(users),
        groups=list(groups),
        namespaces=None if namespaces is None else list(namespaces),
    )
    known = providers.preset(provider, made)
    return JudgedBinding(binding=binding, oidc=made, preset=known)


def stack(**values: object) -> StackFile:
    return read({"identity": IDENTITY, "clusters": [{"id": ID}]} | values)


def at_endpoint(host: str) -> StackFile:
    return stack(clusters=[{"id": ID, "endpoint": host}])


def asking(provider: Provider, issuer: str, *scopes: str, **leaves: object) -> StackFile:
    written = {"provider": provider, "issuerUrl": issuer, "extraScopes": list(scopes)}
    return stack(identity=IDENTITY | written | leaves)


def login(provider: Provider, issuer: str, *scopes: str, **leaves: object) -> JudgedLogin:
    made = oidc(issuerUrl=issuer, **leaves)
    return JudgedLogin(scopes=scopes, oidc=made, preset=providers.preset(provider, made))


def waivers(*given: tuple[str, str]) -> JudgedWaivers:
    return JudgedWaivers(
        given=[
            Located(f"waivers[{i}]", WaiverSettings.model_construct(rule=r, reason=w))
            for i, (r, w) in enumerate(given)
        ],
        is_waivable={"OIDC-10": True, "OIDC-07": True, "RBAC-01": False},
        needed={"OIDC-10"},
    )


PUBLISHED = Published(
    issuer=ISSUER,
    jwks_uri=f"{ISSUER}/keys",
    algorithms=("ES256", "RS256"),
    pkce_methods=("S256",),
    keys=({"kty": "RSA"},),
)


def discovered(**changes: Any) -> JudgedIssuer:
    return JudgedIssuer(
        oidc=oidc(),
        preset=providers.PRESETS["generic"],
        published=replace(PUBLISHED, **changes),
        has_secret=False,
    )


def certificate(name: str, *, days: int = 365, is_ca: bool | None = True) -> str:
    """PEM text of a certificate that ends so many days after NOW."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    beginning, end = NOW - timedelta(days=99), NOW + timedelta(days=days)
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), 1, beginning, end)
    if is_ca is not None:
        constraints = x509.BasicConstraints(ca=is_ca, path_length=None)
        builder = builder.add_extension(constraints, critical=True)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


ROOT, LEAF, OLD_ROOT = (
    certificate("root"),
    certificate("leaf", is_ca=False),
    certificate("old", is_ca=None),
)


def hook(
    kind: type[Webhook] = Webhook, server: str | None = "https://hook.example.com", **leaves: object
) -> JudgedWebhook:
    return JudgedWebhook(webhook=kind.model_validate({"server": server} | leaves), now=NOW)


def addresses(given: dict[str, str]) -> JudgedAddresses:
    return JudgedAddresses.of_texts(given, NOW)


def _numbered() -> Iterator[tuple[str, Rule[Any]]]:
    count: Counter[str] = Counter()
    for rule in RULES:
        count[rule.id] += 1
        yield f"{rule.id}.{count[rule.id]}", rule


CLAUSES = dict(_numbered())
Case = tuple[str, Any, Any, str, str]
"""A clause, what it accepts, what it refuses, and where and with which text."""
