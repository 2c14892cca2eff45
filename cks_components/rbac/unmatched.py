"""What kube-apiserver never matches: `*` where it is no wildcard, and names where no request has one.

Source: `ResourceMatches`, `ResourceNameMatches` and `NonResourceURLMatches` in
pkg/apis/rbac/v1/evaluation_helpers.go of Kubernetes.
"""

from __future__ import annotations

from collections.abc import Iterator

from cks_components.rbac.rule import ALL, PolicyRule

NAMELESS_VERBS = frozenset({"create", "deletecollection"})
"""Verbs whose requests for a resource itself have no name that kube-apiserver could compare.

It takes that of `list` and `watch` from a field selector, and that of a subresource from the URL.
Only server-side apply, which needs `patch` as well, asks about `create` with a name.
Source: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-resources
"""
_APPLIED = " (only a server-side apply has)"
_SIGNERS = "signers"


def resource_problem(resource: str) -> str:
    """What is wrong with the `*` in a resource; only `*` alone and `*/log` are wildcards."""
    parent, slash, subresource = resource.partition("/")
    if ALL not in resource or resource == ALL or (parent == ALL and ALL not in subresource):
        return ""
    known = f"the wildcards of RBAC are {ALL} alone and {ALL}/log"
    if slash and ALL in subresource:
        return f'"{resource}" matches nothing, because {known}; write each subresource, such as pods/log'
    return f'"{resource}" matches nothing, because {known}; write each resource'


def group_problem(group: str) -> str:
    """What is wrong with the `*` in an API group; only `*` alone is a wildcard."""
    if ALL not in group or group == ALL:
        return ""
    return f'"{group}" matches nothing, because {ALL} is a wildcard only alone; write each group'


def name_problem(name: str) -> str:
    """What is wrong with the `*` in an object's name, where there are no wildcards."""
    return (
        f'"{name}" has a {ALL}, and names have no wildcards; write each name' if ALL in name else ""
    )


def _is_every_signer(rule: PolicyRule, name: str) -> bool:
    """Whether a name is that of every signer of a domain, about which a request itself asks.

    Source: https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/
    ("Authorization"); cert-manager does as Kubernetes does.
    """
    domain, _, rest = name.partition("/")
    return _SIGNERS in rule.resources and rest == ALL and ALL not in domain


def url_problem(url: str) -> str:
    """What is wrong with the `*` in a rule's URL; it is a wildcard at the end only."""
    if ALL not in url.rstrip(ALL):
        return ""
    return f'"{url}" has a {ALL} that is no wildcard, because it is not at the end; write each URL'


def is_nameless(verb: str, resource: str) -> bool:
    """Whether requests with a verb have no name; `resource` has its subresource."""
    return verb in NAMELESS_VERBS and "/" not in resource


def problems(rule: PolicyRule) -> Iterator[tuple[str, str]]:
    """The places in a rule that match nothing, such as `resources[0]`, and why."""

    def object_problem(name: str) -> str:
        return "" if _is_every_signer(rule, name) else name_problem(name)

    for field, names, problem in (
        ("apiGroups", rule.api_groups, group_problem),
        ("resources", rule.resources, resource_problem),
        ("resourceNames", rule.resource_names, object_problem),
        ("nonResourceURLs", rule.non_resource_urls, url_problem),
    ):
        for index, name in enumerate(names):
            if problem(name):
                yield f"{field}[{index}]", problem(name)
    for index, verb in enumerate(rule.verbs):
        named = rule.resources if rule.resource_names else ()
        if any(is_nameless(verb, each) for each in named if each != ALL):
            yield (
                f"verbs[{index}]",
                f'"{verb}" gives nothing in a rule with resourceNames, because such a request has '
                f"no name{_APPLIED if verb == 'create' else ''}; write it into a rule without "
                "resourceNames",
            )
