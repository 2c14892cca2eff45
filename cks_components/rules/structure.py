"""Checks that a stack file must pass to make sense; they have no rule id and cannot be waived."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from cks_components.kubernetes.kubeconfig import (
    DEFAULT_CONTEXT,
    OPERATORS,
    PEOPLE,
    of_pipeline,
    wrong_pattern,
)
from cks_components.rules import expectations
from cks_components.rules.custom_roles import conflicts, misshapen
from cks_components.rules.pipelines import clashes
from cks_components.rules.rule import Violation
from cks_components.stack_file.settings import StackSettings, WebhooksSettings
from cks_components.stack_file.unknown_values import UnknownValueError


def violations(settings: StackSettings) -> Iterator[Violation]:
    """Yield every place where a stack file makes no sense, although its values are well-formed.

    Nothing is concluded from values that are not known.
    """
    for check in (_purpose, _clusters, _roles, _expectations, _bindings, _pipelines, _contexts):
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


def _clusters(settings: StackSettings) -> Iterator[Violation]:
    first: dict[tuple[str, str], int] = {}
    for index, cluster in enumerate(settings.clusters):
        path = f"clusters[{index}]"
        if (cluster.name is None) == (cluster.id is None):
            yield Violation(path, "must have either a name or an id; write one of the two")
            continue
        marks = {"key": cluster.key, "id": cluster.id, "name": cluster.name}
        own = [(kind, value) for kind, value in marks.items() if value is not None]
        doubled = next((mark for mark in own if mark in first), None)
        if doubled is not None:
            yield Violation(
                path,
                f"is the same cluster, or has the same name, as clusters[{first[doubled]}] "
                f"({doubled[1]}); name each cluster once, or give it an alias",
            )
        else:
            first.update(dict.fromkeys(own, index))


def _roles(settings: StackSettings) -> Iterator[Violation]:
    for start, part in settings.parts():
        for path, role in part.located_roles(start):
            yield from (Violation(f"{path}.{p}", text) for p, text in misshapen(role))
    for index in range(len(settings.clusters)):
        grants = [*settings.bindings_on(index), *settings.pipelines_on(index)]
        yield from conflicts(settings.roles_on(index), grants)


def _expectations(settings: StackSettings) -> Iterator[Violation]:
    for start, part in settings.parts():
        for path, expectation in part.located_expectations(start):
            for inner, text in expectations.misshapen(expectation):
                yield Violation(f"{path}.{inner}".rstrip("."), text)
    if settings.verify and not any(part.expect for _, part in settings.parts()):
        yield Violation("verify", "has nothing to test; write expect, or remove it")


def _bindings(settings: StackSettings) -> Iterator[Violation]:
    for start, part in settings.parts():
        for path, binding in part.located_bindings(start):
            if not binding.users and not binding.groups:
                yield Violation(path, "names no users and no groups; write at least one")


def _pipelines(settings: StackSettings) -> Iterator[Violation]:
    for index in range(len(settings.clusters)):
        yield from clashes(settings.pipelines_on(index))


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
