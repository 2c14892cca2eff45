"""What the rules of a role give, in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cks_components.access.role_meaning import Meaning
from cks_components.rbac import escalation
from cks_components.rbac.rule import ALL, PolicyRule
from cks_components.stack_file.role import RoleSettings

_READ = {"get", "list", "watch"}
_CHANGE = {"create", "update", "patch", "delete"}


def meaning(role: RoleSettings) -> Meaning:
    """A description of what a role of a stack gives."""
    rules = role.policy_rules
    parts = [sentence(rules)] if rules else []
    if role.extends:
        parts.insert(0, f"do what {role.extends} may")
    consequences = dict.fromkeys(one.consequence for one in escalation.included(rules))
    warning = f"; this lets its holder {', and '.join(consequences)}" if consequences else ""
    return Meaning(f"may {', and '.join(parts)}{warning}")


def sentence(rules: Iterable[PolicyRule]) -> str:
    """The rules as clauses, such as `read pods and pods/log; create jobs.batch`."""
    by_verbs: dict[str, list[str]] = {}
    for rule in rules:
        by_verbs.setdefault(_verbs(rule.verbs), []).extend(_objects(rule))
    return "; ".join(
        f"{verbs} {_listed(list(dict.fromkeys(objects)))}" for verbs, objects in by_verbs.items()
    )


def _verbs(verbs: Sequence[str]) -> str:
    if ALL in verbs:
        return "do everything with"
    given, words = dict.fromkeys(verbs), list[str]()
    for word, meant in (("read", _READ), ("change", _CHANGE)):
        if meant <= given.keys():
            words.append(word)
            given = {verb: None for verb in given if verb not in meant}
    return _listed([*words, *given])


def _objects(rule: PolicyRule) -> Iterable[str]:
    if rule.non_resource_urls:
        yield from ("every URL" if url == ALL else url for url in rule.non_resource_urls)
        return
    named = f" named {_listed(rule.resource_names)}" if rule.resource_names else ""
    for group in rule.api_groups:
        for resource in rule.resources:
            yield f"{_object(resource, group)}{named}"


def _object(resource: str, group: str) -> str:
    if resource == ALL:
        where = {ALL: "", "": " of the core API group"}.get(group, f" of {group}")
        return f"everything{where}"
    name, slash, subresource = resource.partition("/")
    return f"{name}{'.' if group else ''}{group}{slash}{subresource}"


def _listed(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
