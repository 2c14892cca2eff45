"""Checks that a stack file must pass to make sense; they have no rule id and cannot be waived."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress

from cks_components.kubernetes.kubeconfig import (
    DEFAULT_CONTEXT,
    OPERATORS,
    PEOPLE,
    of_pipeline,
    wrong_pattern,
)
from cks_components.kubernetes.nearest_name import nearest
from cks_components.rules import expectations
from cks_components.rules.custom_roles import conflicts, misshapen
from cks_components.rules.pipelines import clashes
from cks_components.rules.rule import Violation
from cks_components.stack_file.expectation import ExpectationSettings
from cks_components.stack_file.role import RoleSettings
from cks_components.stack_file.settings import (
    AccessSettings,
    BindingSettings,
    ClusterSettings,
    Located,
    StackSettings,
    WebhooksSettings,
)
from cks_components.stack_file.unknown_values import UnknownValueError, each_known


def violations(settings: StackSettings) -> Iterator[Violation]:
    """Yield every place where a stack file makes no sense, although its values are well-formed.

    Nothing is concluded from values that are not known.
    """
    for check in _CHECKS:
        with suppress(UnknownValueError):
            yield from check(settings)


def _purpose(settings: StackSettings) -> Iterator[Violation]:
    is_bound = any(
        part.roles or part.bindings or part.automation or part.webhooks != WebhooksSettings()
        for _, part in settings.parts()
    )
    if settings.identity is None and not is_bound:
        yield Violation(
            "identity",
            "is missing, and there are no roles, no bindings, no automation and no webhooks, so "
            "this stack would do nothing; write one of them",
        )


def _references(settings: StackSettings) -> Iterator[Violation]:
    def judge(entry: tuple[int, ClusterSettings]) -> Iterator[Violation]:
        index, cluster = entry
        if (cluster.name is None) == (cluster.id is None):
            text = "must have either a name or an id; write one of the two"
            yield Violation(f"clusters[{index}]", text)

    return each_known(enumerate(settings.clusters), judge)


def _repeated_clusters(settings: StackSettings) -> Iterator[Violation]:
    first: dict[tuple[str, str], int] = {}

    def judge(entry: tuple[int, ClusterSettings]) -> Iterator[Violation]:
        index, cluster = entry
        name, uuid = cluster.known("name"), cluster.known("id")
        if "alias" in cluster.unknown or (name and uuid):  # which has a finding of its own
            return
        called = cluster.alias or name or uuid
        own = [(k, v) for k, v in (("id", uuid), ("name", name), ("called", called)) if v]
        kind, value = next((mark for mark in own if mark in first), ("", ""))
        if not kind:
            first.update(dict.fromkeys(own, index))
            return
        before = f"clusters[{first[kind, value]}]"
        if kind == "called":
            text = (
                f'is called "{value}" in outputs and kubeconfigs, as {before} is; give one of the '
                "two another alias"
            )
        else:
            text = f"has the {kind} {value}, which {before} has already; remove one of the two"
        yield Violation(f"clusters[{index}]", text)

    return each_known(enumerate(settings.clusters), judge)


def _roles(settings: StackSettings) -> Iterator[Violation]:
    def judge(entry: Located[RoleSettings]) -> Iterator[Violation]:
        path, role = entry
        yield from (Violation(f"{path}.{p}", text) for p, text in misshapen(role))

    return _in_each_part(settings, lambda s, part: each_known(part.located_roles(s), judge))


def _role_conflicts(settings: StackSettings) -> Iterator[Violation]:
    def judge(index: int) -> Iterator[Violation]:
        grants = [*settings.bindings_on(index), *settings.pipelines_on(index)]
        return conflicts(settings.roles_on(index), grants)

    return each_known(range(len(settings.clusters)), judge)


def _expectations(settings: StackSettings) -> Iterator[Violation]:
    def judge(entry: Located[ExpectationSettings]) -> Iterator[Violation]:
        path, expectation = entry
        for inner, text in expectations.misshapen(expectation):
            yield Violation(f"{path}.{inner}".rstrip("."), text)

    return _in_each_part(settings, lambda s, part: each_known(part.located_expectations(s), judge))


def _verification(settings: StackSettings) -> Iterator[Violation]:
    if settings.verify and not any(part.expect for _, part in settings.parts()):
        yield Violation("verify", "has nothing to test; write expect, or remove it")


def _bindings(settings: StackSettings) -> Iterator[Violation]:
    def judge(entry: Located[BindingSettings]) -> Iterator[Violation]:
        path, binding = entry
        if not binding.users and not binding.groups:
            yield Violation(path, "names no users and no groups; write at least one")

    return _in_each_part(settings, lambda s, part: each_known(part.located_bindings(s), judge))


def _pipelines(settings: StackSettings) -> Iterator[Violation]:
    def judge(index: int) -> Iterator[Violation]:
        return clashes(settings.pipelines_on(index))

    return each_known(range(len(settings.clusters)), judge)


def _in_each_part(
    settings: StackSettings, judge: Callable[[str, AccessSettings], Iterator[Violation]]
) -> Iterator[Violation]:
    """What is wrong in the stack's own part and in each cluster's."""
    parts = settings.parts() if settings.known("clusters") else [Located("", settings)]
    return each_known(parts, lambda part: judge(*part))


def _contexts(settings: StackSettings) -> Iterator[Violation]:
    """Report kubeconfigs with the same context, because merging them would lose one."""
    path = "kubeconfig.context"
    wrong = wrong_pattern(settings.kubeconfig.context)
    if wrong:
        yield Violation(path, wrong)
        return
    naming, seen = settings.naming("stack"), dict[str, tuple[str, str]]()
    for index, cluster in enumerate(settings.clusters):
        pipelines = [pipeline.name for _, pipeline in settings.pipelines_on(index)]
        people = [PEOPLE] if settings.identity else []
        kinds = (*people, OPERATORS, *map(of_pipeline, pipelines))
        for kind in kinds if cluster.key else ():  # without a key it is wrong already
            context = naming.entry(cluster.key, kind).context
            first = seen.setdefault(context, (cluster.key, kind))
            if first != (cluster.key, kind):
                yield Violation(
                    path,
                    f"gives the same context to the kubeconfigs of {first[0]} for {first[1]} and "
                    f"of {cluster.key} for {kind}, so one of them would be lost when the two are "
                    f'merged; write {{cluster}} and {{kind}} into it, as in "{DEFAULT_CONTEXT}"',
                )
                return


def _acknowledgements(settings: StackSettings) -> Iterator[Violation]:
    keys = [cluster.key for cluster in settings.clusters]
    for index, entry in enumerate(settings.acknowledge):
        if entry.cluster is not None and entry.cluster not in keys:
            yield Violation(
                f"acknowledge[{index}].cluster",
                f'"{entry.cluster}" is no cluster of this stack{nearest(entry.cluster, keys)}; it has '
                f"{', '.join(keys)}",
            )


_CHECKS = (
    _purpose,
    _references,
    _repeated_clusters,
    _roles,
    _role_conflicts,
    _expectations,
    _verification,
    _bindings,
    _pipelines,
    _contexts,
    _acknowledgements,
)
