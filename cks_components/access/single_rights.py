"""Compares the rules of two roles right by right, so that another order or division is no difference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import product

from cks_components.rbac.rule import PolicyRule, Request, ResourceRequest, UrlRequest


def not_given(rules: Iterable[PolicyRule], others: Iterable[PolicyRule]) -> list[PolicyRule]:
    """What some rules give and no other rule does, with all verbs for a resource, a name or a URL."""
    known = tuple(others)
    singles = dict.fromkeys(one for rule in rules for one in _single_rights(rule))
    return [*_as_rules(one for one in singles if not any(other.allows(one) for other in known))]


def _single_rights(rule: PolicyRule) -> Iterator[Request]:
    """Each verb with each resource, name or URL; a "*" is kept, and only a "*" allows it."""
    for verb, url in product(rule.verbs, rule.non_resource_urls):
        yield UrlRequest(verb=verb, path=url)
    names = rule.resource_names or ("",)
    for verb, group, path, name in product(rule.verbs, rule.api_groups, rule.resources, names):
        resource, _, subresource = path.partition("/")
        yield ResourceRequest(
            verb=verb, group=group, resource=resource, subresource=subresource, name=name
        )


def _as_rules(rights: Iterable[Request]) -> Iterator[PolicyRule]:
    """Single rights as rules with all verbs for a resource, a name or a URL."""
    verbs: dict[PolicyRule, list[str]] = {}
    for right in rights:
        verbs.setdefault(_object(right), []).append(right.verb)
    for one, found in verbs.items():
        yield replace(one, verbs=tuple(found))


def _object(right: Request) -> PolicyRule:
    """A rule without verbs for what a single right is about."""
    if isinstance(right, UrlRequest):
        return PolicyRule(verbs=(), non_resource_urls=(right.path,))
    path = f"{right.resource}/{right.subresource}" if right.subresource else right.resource
    return PolicyRule(
        verbs=(),
        api_groups=(right.group,),
        resources=(path,),
        resource_names=(right.name,) if right.name else (),
    )
