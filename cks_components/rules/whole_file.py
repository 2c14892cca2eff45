"""Rules for a whole stack file."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cks_components.identity import providers
from cks_components.rules.issuer import ONE_ISSUER
from cks_components.rules.rule import (
    ERROR,
    INFORMATION,
    WARNING,
    Rule,
    Violation,
)
from cks_components.stack_file.reading import StackFile

_CKS_HOST = re.compile(r"(?:api\.)?(?P<label>[^.]+)\.k8s\.[^.]+\.coreweave\.com")
_HASHED = re.compile(r"[^-]+-[0-9a-f]{8}")


def _one_identity(file: StackFile) -> Iterator[Violation]:
    written = file.values.get("identity")
    if isinstance(written, list) and len(written) > 1:
        yield Violation("identity[1]", ONE_ISSUER)


def _hashed_host(file: StackFile) -> Iterator[Violation]:
    for index, cluster in enumerate(file.settings.clusters):
        host = providers.host_of(f"https://{(cluster.endpoint or '').rpartition('://')[2]}")
        match = _CKS_HOST.fullmatch(host)
        if match and not _HASHED.fullmatch(match["label"]):
            yield Violation(
                f"clusters[{index}].endpoint",
                f'"{host}" contains the name of the cluster, which is deprecated: OIDC tokens work '
                "only on https://api.<apiServerEndpoint>; copy apiServerEndpoint from the console",
            )


def _login_secret(file: StackFile) -> Iterator[Violation]:
    identity = file.settings.identity
    if identity is None or identity.client_secret:
        return
    preset = providers.preset(identity.provider, identity.oidc.issuer_url)
    if preset.wants_secret:
        yield Violation(
            "identity.clientSecret",
            f'is missing, and {preset.title} issues no token without it; run "pulumi config set '
            '--secret --path cks-access:identity.clientSecret"',
        )


def _granted_twice(file: StackFile) -> Iterator[Violation]:
    """Compare the entries that apply to the same cluster: its own and the stack's."""
    first: dict[tuple[str, ...], str] = {}
    entries = [
        (o, entry) for o, part in file.settings.parts() for entry in part.located_bindings(o)
    ]
    for owner, (path, binding) in entries:
        people = [("users", name) for name in binding.users]
        groups = [("groups", name) for name in binding.groups]
        places = ["cluster wide"]
        if binding.namespaces is not None:
            places = [f"in namespace {name}" for name in binding.namespaces]
        repeated: dict[str, list[str]] = {}
        for kind, name in (*people, *groups):
            for place in places:
                granted = (kind, name, binding.cluster_role, place)
                before = first.get(("", *granted)) or first.setdefault((owner, *granted), path)
                if before != path:
                    text = f'"{name}" gets {binding.cluster_role} {place}'
                    repeated.setdefault(before, []).append(text)
        for before, texts in repeated.items():
            yield Violation(
                path,
                f"repeats {before}: {', '.join(texts)}; it is bound only once, "
                "so remove one of the two",
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
        "`clientSecret` is set where the token endpoint requires one (Google)",
        WARNING,
        _login_secret,
    ),
    Rule(
        "RBAC-10",
        "no two entries give the same subject the same role in the same place",
        INFORMATION,
        _granted_twice,
    ),
)
