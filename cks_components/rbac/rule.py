"""PolicyRule, and the requests that it may allow.

Source: `RuleAllows` in plugin/pkg/auth/authorizer/rbac, and pkg/apis/rbac/v1/evaluation_helpers.go
of Kubernetes.
"""

from __future__ import annotations

from dataclasses import dataclass

ALL = "*"
"""Every verb, API group, resource or URL, where it stands alone."""


@dataclass(frozen=True, kw_only=True)
class ResourceRequest:
    """A request for a resource of the API.

    Attributes:
        group: the API group; empty for the core group.
        resource: the plural name in lower case, such as `pods`.
        subresource: such as `log`; empty for the resource itself.
        namespace: empty for a resource outside namespaces, and for all namespaces at once.
        name: the object's name; empty for a request for no single object, such as `list`.
    """

    verb: str
    resource: str
    group: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class UrlRequest:
    """A request for a URL that is no resource, such as `/healthz`; the verb is in lower case."""

    verb: str
    path: str
    namespace: str = ""
    """Always empty: such a URL is in no namespace."""


Request = ResourceRequest | UrlRequest


@dataclass(frozen=True, kw_only=True)
class PolicyRule:
    """One rule of a role: either for resources, or for URLs that are no resources.

    Attributes:
        resource_names: the only objects that it is for; empty for all.
    """

    verbs: tuple[str, ...]
    api_groups: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    resource_names: tuple[str, ...] = ()
    non_resource_urls: tuple[str, ...] = ()

    def allows(self, request: Request) -> bool:
        """Whether it allows a request in the places where it holds."""
        if not _has(self.verbs, request.verb):
            return False
        if isinstance(request, UrlRequest):
            return any(_covers_url(url, request.path) for url in self.non_resource_urls)
        return (
            _has(self.api_groups, request.group)
            and self.has_resource(request.resource, request.subresource)
            and (not self.resource_names or request.name in self.resource_names)
        )

    def has_resource(self, resource: str, subresource: str = "") -> bool:
        """Whether its resources include one; `*/scale` stands for that subresource of each."""
        if not subresource:
            return _has(self.resources, resource)
        return _has(self.resources, f"{resource}/{subresource}") or f"*/{subresource}" in (
            self.resources
        )


def _has(listed: tuple[str, ...], one: str) -> bool:
    return ALL in listed or one in listed


def _covers_url(rule: str, path: str) -> bool:
    if rule in (ALL, path):
        return True
    return rule.endswith(ALL) and path.startswith(rule.rstrip(ALL))
