"""Roles, bindings and questions made from a seed, for a comparison with the real authorizer."""

from __future__ import annotations

from random import Random
from typing import Any

from cks_components.kubernetes.user import User, logged_in, service_account
from cks_components.rbac.policy import Policy
from cks_components.rbac.rule import PolicyRule, Request, ResourceRequest, UrlRequest

API = "rbac.authorization.k8s.io"
MARK = "agreement"
NAMESPACES = (f"{MARK}-a", f"{MARK}-b")
_LABELS = tuple(f"{MARK}/to-{letter}" for letter in "xyz")
_VERBS = ("get", "list", "watch", "create", "update", "patch", "delete", "use", "impersonate", "*")
_GROUPS = ("", "apps", "batch", "serving.example.com", "rbac.authorization.k8s.io", "*")
_RESOURCES = (
    *("pods", "secrets", "nodes", "deployments", "jobs", "serviceaccounts", "things", "*"),
    *("pods/log", "pods/exec", "serviceaccounts/token", "deployments/scale", "nodes/proxy"),
    *("*/scale", "*/status", "pods/*", "*/*", "things/a/b"),
)
_NAMES = ("web", "db", "default", "*", "")
_URLS = (
    *("/healthz", "/healthz/*", "/metrics", "/api*", "/", "*", "/a/**", "/a*b", "/apis/apps"),
    *("/livez", "/logs/", "/version"),
)
_PEOPLE = ("ann", "ben@example.com", "okta:cid", "Ann", "https://idp.example.com#dan")
_TEAMS = ("ml", "okta:ml", "platform", "ML", "system:authenticated", "system:unauthenticated")
_ACCOUNTS = ("bot", "default")
_KUBERNETES = (
    *(
        "system:kube-scheduler",
        "system:kube-controller-manager",
        "system:anonymous",
        "system:admin",
    ),
    *("system:node:n1", "system:kube-proxy", ""),
)
_KUBERNETES_GROUPS = (
    *("system:masters", "system:nodes", "system:serviceaccounts", "system:monitoring"),
    f"system:serviceaccounts:{NAMESPACES[0]}",
)
_ABSENT = "absent"


class Generator:
    """Makes the objects of a cluster, and questions about them; the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311 - makes questions, guards nothing

    def objects(self) -> list[tuple[str, dict[str, Any]]]:
        """Objects of RBAC, each with the path of its collection."""
        plain = [self._cluster_role(f"{MARK}-plain-{i}") for i in range(30)]
        merged = [self._aggregated(f"{MARK}-merged-{i}") for i in range(10)]
        found = [(f"/apis/{API}/v1/clusterroles", role) for role in (*plain, *merged)]
        names = [role["metadata"]["name"] for role in (*plain, *merged)]
        names += ["view", "edit", "system:auth-delegator", _ABSENT]
        for namespace in NAMESPACES:
            place = f"/apis/{API}/v1/namespaces/{namespace}"
            own = [f"{MARK}-own-{i}" for i in range(6)]
            for name in own:
                rules = self._rules(with_urls=False)
                found.append((f"{place}/roles", {"metadata": {"name": name}, "rules": rules}))
            for i in range(20):
                kind = self._random.choice(("ClusterRole", "Role"))
                role = self._random.choice(names if kind == "ClusterRole" else [*own, _ABSENT])
                found.append((f"{place}/rolebindings", self._binding(i, kind, role)))
        for i in range(20):
            binding = self._binding(i, "ClusterRole", self._random.choice(names))
            found.append((f"/apis/{API}/v1/clusterrolebindings", binding))
        return found

    def questions(self, policy: Policy, number: int) -> list[tuple[User, Request]]:
        """Questions, most of which are near to what some rule allows to somebody."""
        found: list[tuple[User, Request]] = []
        bindings = [b for b in policy.bindings if policy.role_of(b) is not None and b.subjects]
        while len(found) < number:
            binding = self._random.choice(bindings)
            role = policy.role_of(binding)
            rules = policy.rules(role) if role is not None else ()
            if not rules:
                continue
            subject = self._random.choice(binding.subjects)
            user = self._user()
            if self._random.random() < 0.7:
                user = {
                    "User": logged_in(subject.name),
                    "Group": User("somebody", (subject.name,)),
                    "ServiceAccount": service_account(subject.namespace, subject.name),
                }[subject.kind]
            namespace = self._random.choice((binding.namespace or "", *NAMESPACES, "", "other"))
            found.append((user, self._near(self._random.choice(rules), namespace)))
        return found

    def _near(self, rule: PolicyRule, namespace: str) -> Request:
        """A request that a rule allows, or nearly."""
        verb = self._pick(rule.verbs, _VERBS)
        if rule.non_resource_urls:
            path = self._pick(rule.non_resource_urls, _URLS)
            return UrlRequest(
                verb=verb, path=path.rstrip("*") + self._random.choice(("", "x", "*"))
            )
        resource, _, subresource = self._pick(rule.resources, _RESOURCES).partition("/")
        if self._random.random() < 0.1:
            subresource = self._random.choice(("", "scale", "log", "status"))
        if resource == "*" and self._random.random() < 0.8:
            resource = self._random.choice(("pods", "deployments", "replicasets"))
        return ResourceRequest(
            verb=verb,
            group=self._pick(rule.api_groups, _GROUPS),
            resource=resource,
            subresource=subresource,
            namespace=namespace,
            name=self._pick(rule.resource_names or _NAMES, _NAMES),
        )

    def _pick(self, likely: tuple[str, ...], possible: tuple[str, ...]) -> str:
        return self._random.choice(likely if self._random.random() < 0.85 else possible)

    def _user(self) -> User:
        r = self._random
        groups = tuple(r.sample((*_TEAMS, *_KUBERNETES_GROUPS), r.randint(0, 3)))
        if r.random() < 0.3:
            return service_account(r.choice(NAMESPACES), r.choice(_ACCOUNTS))
        name = r.choice((*_PEOPLE, *_KUBERNETES))
        return User(name, groups or ("nobody",) if not name else groups)

    def _cluster_role(self, name: str) -> dict[str, Any]:
        labels = {label: "true" for label in _LABELS if self._random.random() < 0.3}
        return {
            "metadata": {"name": name, "labels": labels},
            "rules": self._rules(with_urls=True),
        }

    def _aggregated(self, name: str) -> dict[str, Any]:
        r = self._random
        selectors: list[dict[str, Any]] = [
            {"matchLabels": {r.choice(_LABELS): "true"}},
            {
                "matchExpressions": [
                    {"key": _LABELS[0], "operator": "Exists"},
                    {"key": _LABELS[1], "operator": "DoesNotExist"},
                ]
            },
            {"matchExpressions": [{"key": _LABELS[2], "operator": "In", "values": ["true", "1"]}]},
            {"matchLabels": {f"{API}/aggregate-to-view": "true"}},
        ]
        labels = {label: "true" for label in _LABELS if r.random() < 0.15}
        return {
            "metadata": {"name": name, "labels": labels},
            "aggregationRule": {"clusterRoleSelectors": r.sample(selectors, r.randint(1, 2))},
        }

    def _rules(self, *, with_urls: bool) -> list[dict[str, Any]]:
        return [self._rule(with_urls=with_urls) for _ in range(self._random.randint(0, 3))]

    def _rule(self, *, with_urls: bool) -> dict[str, Any]:
        if with_urls and self._random.random() < 0.25:
            return {"verbs": self._some(_VERBS), "nonResourceURLs": self._some(_URLS)}
        rule = {
            "verbs": self._some(_VERBS),
            "apiGroups": self._some(_GROUPS),
            "resources": self._some(_RESOURCES),
        }
        return rule | ({"resourceNames": self._some(_NAMES)} if self._random.random() < 0.3 else {})

    def _some(self, possible: tuple[str, ...]) -> list[str]:
        """A few of them; `*` seldom, or nearly everything would be allowed."""
        chosen = self._random.sample(possible, self._random.randint(1, 3))
        return [c for c in chosen if c != "*" or self._random.random() < 0.2] or [possible[0]]

    def _binding(self, index: int, kind: str, role: str) -> dict[str, Any]:
        return {
            "metadata": {"name": f"{MARK}-{index}"},
            "roleRef": {"apiGroup": API, "kind": kind, "name": role},
            "subjects": [self._subject() for _ in range(self._random.randint(0, 3))],
        }

    def _subject(self) -> dict[str, str]:
        r = self._random
        kind = r.choice(("User", "Group", "ServiceAccount"))
        if kind == "ServiceAccount":
            return {"kind": kind, "namespace": r.choice(NAMESPACES), "name": r.choice(_ACCOUNTS)}
        account = f"system:serviceaccount:{NAMESPACES[0]}:{_ACCOUNTS[0]}"
        name = r.choice((*_PEOPLE, account) if kind == "User" else (*_TEAMS, *_KUBERNETES_GROUPS))
        return {"kind": kind, "apiGroup": API, "name": name}
