"""Rules for a whole stack file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from cks_components.api.urls import host_of
from cks_components.identity import providers
from cks_components.identity.preset import GUID, Preset
from cks_components.rules.issuer import ONE_ISSUER
from cks_components.rules.rule import (
    ERROR,
    INFORMATION,
    WARNING,
    Rule,
    Violation,
)
from cks_components.stack_file.base_model import Location, holds_duration
from cks_components.stack_file.moment import moment_text
from cks_components.stack_file.reading import StackFile, path_of
from cks_components.stack_file.settings import (
    AccessSettings,
    BindingSettings,
    ClusterSettings,
    GivenRight,
    Located,
    StackSettings,
)
from cks_components.stack_file.unknown_values import each_known

_CKS_HOST = re.compile(r"(?:api\.)?(?P<label>[^.]+)\.k8s\.[^.]+\.coreweave\.com")
_CLUSTER_NAME = re.compile(r"(?=.{1,30}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?")
"""What the API accepts when a cluster is created (schema of `name`)."""
_PLACEHOLDER = re.compile(r"\$\{[^}]*\}|\{\{.*?\}\}|<[A-Za-z][^<>]*>")
_PROSE = ("reason", "context")
"""The keys whose texts may hold such signs."""
_BARE_NUMBER = re.compile(r"[0-9.]+")
_HASHED = re.compile(r"[^-]+-[0-9a-f]{8}")


def _one_identity(file: StackFile) -> Iterator[Violation]:
    written = file.values.get("identity")
    if isinstance(written, list) and len(written) > 1:
        yield Violation("identity[1]", ONE_ISSUER)


def _hashed_host(file: StackFile) -> Iterator[Violation]:
    def judge(entry: tuple[int, ClusterSettings]) -> Iterator[Violation]:
        index, cluster = entry
        host = host_of(f"https://{(cluster.endpoint or '').rpartition('://')[2]}")
        match = _CKS_HOST.fullmatch(host)
        if match and not _HASHED.fullmatch(match["label"]):
            yield Violation(
                f"clusters[{index}].endpoint",
                f'"{host}" contains the name of the cluster, which is deprecated: OIDC tokens work '
                "only on https://api.<apiServerEndpoint>; copy apiServerEndpoint from the console",
            )

    return each_known(enumerate(file.settings.clusters), judge)


def _login_secret(file: StackFile) -> Iterator[Violation]:
    identity = file.settings.identity
    if identity is None or identity.client_secret:
        return
    preset = providers.preset(identity.provider, identity.oidc)
    if preset.wants_secret:
        yield Violation(
            "identity.clientSecret",
            f'is missing, and {preset.title} issues no token without it; run "pulumi config set '
            '--secret --path cks-access:identity.clientSecret"',
        )


def _other_provider(file: StackFile) -> Iterator[Violation]:
    identity, preset = file.settings.identity, _preset(file)
    if identity is None or preset is None or identity.provider in ("generic", preset.provider):
        return
    if preset.is_home_of(identity.oidc.issuer_url):
        yield Violation(
            "identity.provider",
            f'is "{identity.provider}", but issuerUrl is {preset.title}\'s, so the rules and scopes '
            f'of {preset.title} apply; write "{preset.provider}"',
        )
    else:
        yield Violation(
            "identity.provider",
            f'"{identity.provider}" means the jobs of GitHub Actions, but this issuer and these '
            "claims are of people who log in through a broker; write the broker's name, such as "
            '"dex" or "keycloak", or "generic"',
        )


def _preset(file: StackFile) -> Preset | None:
    identity = file.settings.identity
    return providers.preset(identity.provider, identity.oidc) if identity else None


def _cluster_name(file: StackFile) -> Iterator[Violation]:
    def judge(entry: tuple[int, ClusterSettings]) -> Iterator[Violation]:
        index, cluster = entry
        name = cluster.name
        if name is None or _CLUSTER_NAME.fullmatch(name):
            return
        if GUID.fullmatch(name.lower()):
            yield Violation(
                f"clusters[{index}].name",
                f'"{name}" is an id and not a name; write "id:" instead of "name:"',
            )
            return
        usual = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        is_meant = _CLUSTER_NAME.fullmatch(usual) and usual != name
        instead = f'"{usual}" if that is its name, or ' if is_meant else ""
        yield Violation(
            f"clusters[{index}].name",
            f'"{name}" cannot be the name of a CKS cluster, which has 1 to 30 lower-case letters, '
            "digits and dashes, with a letter or a digit at both ends; write "
            f"{instead}the name from the console, or the cluster's id",
        )

    return each_known(enumerate(file.settings.clusters), judge)


def _granted_twice(file: StackFile) -> Iterator[Violation]:
    """Compare the entries that apply to the same cluster: its own and the stack's."""
    first: dict[tuple[str, GivenRight], str] = {}
    ends: dict[str, datetime | None] = {}

    def judge(owner: str, entry: Located[BindingSettings]) -> Iterator[Violation]:
        path, binding = entry
        ends[path] = binding.known("until")
        repeated: dict[str, list[str]] = {}
        for right in binding.given:
            before = first.get(("", right)) or first.setdefault((owner, right), path)
            if before != path:
                text = f'"{right.name}" gets {right.role} {right.place}'
                repeated.setdefault(before, []).append(text)
        for before, texts in repeated.items():
            once = "it is bound only once"
            if ends[path] != ends[before]:
                both = f"{before} {_end(ends[before])} and this entry {_end(ends[path])}"
                once = f"{both}, and the right stays until the later end"
            yield Violation(
                path, f"repeats {before}: {', '.join(texts)}; {once}, so remove one of the two"
            )

    def judge_part(part: Located[AccessSettings]) -> Iterator[Violation]:
        bindings = part.value.located_bindings(part.path)
        return each_known(bindings, partial(judge, part.path))

    return each_known(file.settings.parts(), judge_part)


def _end(until: datetime | None) -> str:
    return "never ends" if until is None else f"ends {moment_text(until)}"


def _without_unit(file: StackFile) -> Iterator[Violation]:
    for place, value in _scalars(file.values):
        field = StackSettings.field_at(place)
        if field is not None and holds_duration(field) and _BARE_NUMBER.fullmatch(value):
            seconds = "second" if value == "1" else "seconds"
            text = f'{value} has no unit and means {value} {seconds}; write "{value}s"'
            yield Violation(path_of(place), f'{text}, or another unit, such as "{value}m"')


def _placeholders(file: StackFile) -> Iterator[Violation]:
    for place, value in _scalars(file.values):
        field, found = StackSettings.field_at(place), _PLACEHOLDER.search(value)
        if found and field is not None and field.repr and place[-1] not in _PROSE:
            yield Violation(
                path_of(place),
                f'contains "{found[0]}", which looks like a placeholder, and nothing replaces it; '
                "write the value",
            )


def _scalars(value: Any, place: Location = ()) -> Iterator[tuple[Location, str]]:
    """Every value that is no list and no mapping, as text, with its place."""
    if isinstance(value, Mapping | list):
        parts = value.items() if isinstance(value, Mapping) else enumerate(value)
        for key, part in parts:
            yield from _scalars(part, (*place, key))
    else:
        yield place, str(value)


def _nobody_bound(file: StackFile) -> Iterator[Violation]:
    settings = file.settings
    if settings.identity is None or settings.identity.admin_group_binding:
        return
    if not any(part.located_bindings(start) for start, part in settings.parts()):
        yield Violation(
            "bindings",
            "are none, so people can log in, but this stack gives them no rights; write bindings, "
            "unless something else binds them on the clusters",
        )


RULES: tuple[Rule[StackFile], ...] = (
    Rule(
        "CLUSTER-01",
        "a cluster's `name` is one that the API can have given",
        ERROR,
        _cluster_name,
    ),
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
        "OIDC-28",
        "`provider` is the one that the issuer belongs to",
        WARNING,
        _other_provider,
    ),
    Rule(
        "RBAC-10",
        "no two entries give the same subject the same role in the same place",
        INFORMATION,
        _granted_twice,
    ),
    Rule(
        "RBAC-12",
        "somebody of those who can log in is bound",
        INFORMATION,
        _nobody_bound,
    ),
    Rule(
        "TEXT-01",
        "no value is a placeholder (`${…}`, `{{…}}`, `<…>`)",
        WARNING,
        _placeholders,
    ),
    Rule(
        "TIME-01",
        "a duration is written with its unit",
        WARNING,
        _without_unit,
    ),
)
