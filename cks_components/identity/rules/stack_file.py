"""What the rules of a whole stack file look at, and those rules."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from cks_components.api.models import AuthenticationWebhook, OidcConfig, Webhook
from cks_components.identity import issuers
from cks_components.identity.rules.bound import Binding
from cks_components.identity.rules.issuer import ONE_ISSUER
from cks_components.identity.rules.pipelines import Pipeline
from cks_components.identity.rules.rule import (
    BARE,
    ERROR,
    INFORMATION,
    WARNING,
    Broken,
    Context,
    Rule,
)
from cks_components.identity.rules.waivers import Waiver

_CKS_HOST = re.compile(r"(?:api\.)?(?P<label>[^.]+)\.k8s\.[^.]+\.coreweave\.com")
_HASHED = re.compile(r"[^-]+-[0-9a-f]{8}")


@dataclass(frozen=True, kw_only=True)
class Site:
    """A cluster as the file names it."""

    path: str
    id: str | None = None
    endpoint: str | None = None


@dataclass(frozen=True, kw_only=True)
class StackFile:
    """What a stack file says, as far as it can be read.

    Attributes:
        oidc: unset where the stack leaves the clusters' blocks alone.
        identities: how many identity providers the file names.
        has_secret: whether there is a client secret for the kubeconfigs.
        bindings: each with its path.
        webhooks: likewise.
        automation: likewise.
        ways: how clusters are reached, each text by its path below the cluster's.
    """

    context: Context = BARE
    oidc: OidcConfig = field(default_factory=OidcConfig)
    identities: int = 0
    has_secret: bool = False
    clusters: Sequence[Site] = ()
    bindings: Sequence[tuple[str, Binding]] = ()
    webhooks: Sequence[tuple[str, Webhook]] = ()
    automation: Sequence[tuple[str, Pipeline]] = ()
    waivers: Sequence[Waiver] = ()
    ways: Sequence[tuple[str, Mapping[str, str]]] = ()

    @property
    def preset(self) -> issuers.Preset:
        """What is known of the identity provider."""
        return issuers.preset(self.context.provider, self.oidc.issuer_url)

    def has_webhook(self, path: str) -> bool:
        """Whether an authentication webhook names people wherever the binding of a path counts."""
        owners = {
            place.rpartition("webhooks.")[0]
            for place, hook in self.webhooks
            if isinstance(hook, AuthenticationWebhook)
        }
        own = path.rpartition("bindings[")[0]
        counts = [own] if own else [f"{site.path}." for site in self.clusters]
        return "" in owners or owners.issuperset(counts)


def _one_identity(stack: StackFile) -> Iterator[Broken]:
    if stack.identities > 1:
        yield Broken("identity[1]", ONE_ISSUER)


def _hashed_host(stack: StackFile) -> Iterator[Broken]:
    for site in stack.clusters:
        host = issuers.host_of(f"https://{(site.endpoint or '').rpartition('://')[2]}")
        match = _CKS_HOST.fullmatch(host)
        if match and not _HASHED.fullmatch(match["label"]):
            yield Broken(
                f"{site.path}.endpoint",
                f'"{host}" has the name of the cluster in it, which is deprecated: OIDC tokens '
                "work on https://api.<apiServerEndpoint> only; copy apiServerEndpoint from the "
                "console",
            )


def _login_secret(stack: StackFile) -> Iterator[Broken]:
    if stack.identities and stack.preset.wants_secret and not stack.has_secret:
        yield Broken(
            "identity.clientSecret",
            f'is missing, and {stack.preset.title} gives no token without it; run "pulumi '
            'config set --secret --path cks-access:identity.clientSecret"',
        )


def _said_twice(stack: StackFile) -> Iterator[Broken]:
    """Entries of one cluster; those of other clusters are others', and the stack's are everybody's."""
    first: dict[tuple[str, ...], str] = {}
    for path, binding in stack.bindings:
        owner = path.rpartition("bindings[")[0]
        people = [("users", name) for name in binding.users]
        groups = [("groups", name) for name in binding.groups]
        places = ["cluster wide"]
        if binding.namespaces is not None:
            places = [f"in namespace {name}" for name in binding.namespaces]
        again: dict[str, list[str]] = {}
        for kind, name in (*people, *groups):
            for place in places:
                said = (kind, name, binding.cluster_role, place)
                before = first.get(("", *said)) or first.setdefault((owner, *said), path)
                if before != path:
                    text = f'"{name}" gets {binding.cluster_role} {place}'
                    again.setdefault(before, []).append(text)
        for before, texts in again.items():
            yield Broken(
                path,
                f"says again what {before} says: {', '.join(texts)}; it is bound once, and one of "
                "the two can go",
            )


RULES: tuple[Rule[StackFile], ...] = (
    Rule("OIDC-17", "a stack names one identity provider", ERROR, _one_identity),
    Rule(
        "OIDC-18",
        "a pinned `endpoint` is the cluster's `apiServerEndpoint`, with its hash and not with the "
        "cluster's name",
        ERROR,
        _hashed_host,
    ),
    Rule(
        "OIDC-20",
        "there is a `clientSecret` where the token endpoint insists on one (Google)",
        WARNING,
        _login_secret,
    ),
    Rule("RBAC-10", "two entries do not give the same twice", INFORMATION, _said_twice),
)
