"""Verbs, API groups and resources that exist, and the nearest to a name that does not.

What a cluster serves in addition, by a CustomResourceDefinition or an aggregated API, is known only
if its resources are passed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from functools import cached_property

from cks_components.kubernetes.nearest_name import nearest
from cks_components.rbac.built_in import Resource, built_in
from cks_components.rbac.rule import ALL

SPECIAL_VERBS = (
    *("approve", "attest", "bind", "escalate", "impersonate", "proxy", "sign", "use"),
    *("impersonate:user-info", "impersonate:serviceaccount"),
    *("impersonate:arbitrary-node", "impersonate:associated-node"),
)
"""Verbs that no request has: Kubernetes asks about them while it handles another one."""
_IMPERSONATED = "impersonate-on:"
_VERBS_OF_PEOPLE = dict.fromkeys(("read", "view", "see"), "get, list or watch") | {
    "write": "create, update, patch or delete",
    "edit": "update or patch",
    "change": "update or patch",
    "remove": "delete",
}
"""What people write, and which verbs Kubernetes has for it."""
URL_VERBS = ("get", "head", "post", "put", "patch", "delete", "options")
_EXTRA = "userextras"
"""Its subresources are the keys of what a user has beside a name and groups."""
_ASKED_ABOUT = {
    "": ("users", "groups", "nodes/checkpoint", "nodes/spec", "nodes/statusz"),
    "authentication.k8s.io": ("uids", _EXTRA),
    "certificates.k8s.io": ("signers",),
}
"""Resources that no path has: Kubernetes asks about them while it handles another request."""
_EVERYWHERE = ("finalizers", "status", "scale")
_NEAR = 0.85


class KnownNames:
    """What may be written into rules and questions.

    Args:
        resources: those that a cluster serves; by default those of the pinned version.
        version: the version in messages.
    """

    def __init__(
        self, resources: Sequence[Resource] | None = None, *, version: str | None = None
    ) -> None:
        self.served = built_in().resources if resources is None else tuple(resources)
        self.version = version or f"Kubernetes {built_in().version}"

    @cached_property
    def verbs(self) -> list[str]:
        """Every verb that requests for resources have, and the special ones."""
        return sorted({verb for r in self.served for verb in r.verbs} | {*SPECIAL_VERBS})

    @cached_property
    def groups(self) -> dict[str, list[str]]:
        """The resources of each API group, those included that only rules name."""
        found: dict[str, set[str]] = {g: {*names} for g, names in _ASKED_ABOUT.items()}
        for resource in self.served:
            found.setdefault(resource.group, set()).add(resource.name)
        for rule in (rule for role in built_in().roles for rule in role.rules):
            for group in (g for g in rule.api_groups if g in found):
                found[group].update(name for name in rule.resources if "*" not in name)
        return {group: sorted(names) for group, names in found.items()}

    def groups_of(self, resource: str) -> list[str]:
        """The API groups that have a resource or subresource of this name."""
        return sorted(group for group, names in self.groups.items() if resource in names)

    def verb_problem(self, verb: str) -> str:
        """What is wrong with a verb for resources; empty if it is known."""
        if verb in (ALL, *self.verbs) or verb.startswith(_IMPERSONATED):
            return ""
        meant = _VERBS_OF_PEOPLE.get(verb.lower())
        near = f" (write {meant})" if meant else nearest(verb.lower(), self.verbs)
        return f'"{verb}" is no verb of {self.version}{near}'

    def url_verb_problem(self, verb: str) -> str:
        """What is wrong with a verb for URLs that are no resources; empty if it is known."""
        if verb in (ALL, *URL_VERBS):
            return ""
        near = nearest(verb.lower(), URL_VERBS)
        return f'"{verb}" is no verb of requests for URLs that are no resources{near}'

    def group_problem(self, group: str) -> str:
        """What is wrong with an API group; empty if it is known, or may be one of a cluster's own."""
        if group in (ALL, *self.groups) or group in _optional_groups():
            return ""
        if group.startswith("v1") or "/" in group:
            return f'"{group}" is an API version; write the group alone, and "" for the core group'
        near = get_close_matches(group, list(self.groups), n=1, cutoff=_NEAR)
        if "." in group and not near:
            return ""  # groups of CustomResourceDefinitions have a dot
        return f'"{group}" is no API group of {self.version}{nearest(group, list(self.groups))}'

    def resource_problem(self, resource: str, groups: Iterable[str]) -> str:
        """What is wrong with a resource in API groups; empty if it is known, or may be a cluster's.

        Args:
            resource: such as `pods/log`.
            groups: the groups in which it is enough to exist in one; none are another mistake.
        """
        asked = list(groups)
        if not asked or "*" in resource or any(group not in self.groups for group in asked):
            return ""
        known = sorted({name for group in asked for name in self.groups[group]})
        parent, slash, subresource = resource.partition("/")
        is_open = subresource in _EVERYWHERE or parent == _EXTRA
        if resource in known or (slash and parent in known and is_open):
            return ""
        where = " and ".join(f'"{group}"' for group in asked)
        others = self.groups_of(resource)
        if others:
            names = " and ".join(f'"{group}"' for group in others)
            return f'"{resource}" is not in the API group {where} but in {names}'
        return (
            f'"{resource}" is no resource of the API group {where} in {self.version}'
            f"{nearest(resource.lower(), known)}"
        )

    def anywhere_problem(self, resource: str) -> str:
        """What is wrong with a resource that no known API group has."""
        known = sorted({name for names in self.groups.values() for name in names})
        near = nearest(resource.lower(), known)
        return (
            f'"{resource}" is no resource of {self.version}{near}; a resource of a '
            "CustomResourceDefinition is written with its API group, such as jobs.kueue.x-k8s.io"
        )


def _optional_groups() -> set[str]:
    """Groups that Kubernetes' own roles name although not every cluster serves them."""
    return {group for role in built_in().roles for rule in role.rules for group in rule.api_groups}
