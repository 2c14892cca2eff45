"""A kube-apiserver of a few objects: what tokens of service accounts need, with the real rules."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from lab.api.emulator import Answer, Request

Fault = Callable[[Request, Callable[[], Answer]], Answer | None]
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
_TIME = "%Y-%m-%dT%H:%M:%SZ"


@dataclass
class FakeKubernetes:
    """Service accounts, Secrets and the tokens bound to them; a `lab.api.server.Answering`.

    Attributes:
        cap_seconds: the longest life that is granted, whatever is asked for.
        bindings: RoleBindings by namespace and name, ClusterRoleBindings with an empty namespace.
        roles: the names of the ClusterRoles; `role_labels` are the labels of some of them.
        namespaced_roles: the Roles, each a namespace and a name.
        policy: objects of RBAC by their kind's plural, instead of `roles`.
        user: as whom it knows the token's owner; it does not say so without one.
        live_bindings: the bindings that can be read and patched, by namespace and name.
        decide: the status of a SubjectAccessReview by its spec.
        config_maps: by namespace and name; nobody's but others'.
        may_go: says whether a namespace may be deleted; a test fails if not.
        faults: asked before every request, until one answers instead.
    """

    token: str
    now: Callable[[], datetime] = lambda: NOW
    cap_seconds: int = 2**32
    accounts: dict[tuple[str, str], str] = field(default_factory=dict)
    secrets: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    bindings: dict[tuple[str, str], str] = field(default_factory=dict)
    config_maps: dict[tuple[str, str], str] = field(default_factory=dict)
    namespaces: list[str] = field(default_factory=lambda: ["default", "ci"])
    namespace_labels: dict[str, dict[str, str]] = field(default_factory=dict)
    terminating: list[str] = field(default_factory=list)
    roles: list[str] = field(default_factory=lambda: ["view", "edit", "cluster-admin"])
    role_labels: dict[str, dict[str, str]] = field(default_factory=dict)
    namespaced_roles: list[tuple[str, str]] = field(default_factory=list)
    policy: dict[str, list[dict[str, Any]]] = field(
        default_factory=lambda: {"clusterrolebindings": [], "rolebindings": []}
    )
    user: dict[str, Any] | None = field(
        default_factory=lambda: {"username": "runner", "groups": ["system:authenticated"]}
    )
    live_bindings: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    refuses_patches: bool = False
    decide: Callable[[dict[str, Any]], dict[str, Any]] = lambda _spec: {"allowed": False}
    requests: list[tuple[str, str, Any]] = field(default_factory=list)
    may_go: Callable[[str], bool] = lambda _namespace: True
    faults: list[Fault] = field(default_factory=list)
    minted: dict[str, dict[str, Any]] = field(default_factory=dict)
    _count: int = 0

    @property
    def sent(self) -> list[str]:
        return [f"{method} {path.rpartition('/')[2]}" for method, path, _ in self.requests]

    @property
    def secret_names(self) -> list[str]:
        return sorted(name for _, name in self.secrets)

    @property
    def transport(self) -> httpx.BaseTransport:
        def carry(request: httpx.Request) -> httpx.Response:
            path = request.url.raw_path.decode()
            answer = self.answer(
                Request(request.method, path, dict(request.headers), request.content)
            )
            if answer.cut:
                message = "the connection was cut"
                raise httpx.ReadError(message, request=request)
            return httpx.Response(answer.status, headers=answer.headers, content=answer.body)

        return httpx.MockTransport(carry)

    def add_account(self, namespace: str, name: str) -> None:
        self.accounts[namespace, name] = self.uid()

    def delete_namespace(self, namespace: str) -> None:
        """Delete a namespace with everything in it."""
        assert self.may_go(namespace), f"{namespace} is deleted"
        self.namespaces.remove(namespace)
        for kind in (self.accounts, self.secrets, self.bindings, self.config_maps):
            for key in [key for key in kind if key[0] == namespace]:
                del kind[key]

    def answer(self, request: Request) -> Answer:
        headers = {name.lower(): value for name, value in request.headers.items()}
        body = json.loads(request.body) if request.body else None
        self.requests.append((request.method, request.path, body))
        for fault in self.faults:
            answer = fault(request, lambda: self._genuine(request, headers, body))
            if answer is not None:
                return answer
        return self._genuine(request, headers, body)

    def _genuine(self, request: Request, headers: Mapping[str, str], body: Any) -> Answer:
        if headers.get("authorization") != f"Bearer {self.token}":
            return _refused(401, "Unauthorized")
        url = urlsplit(request.path)
        if url.path == "/version":
            return _json(200, {"major": "1"})
        if url.path in _DISCOVERY:
            return _json(200, _DISCOVERY[url.path])
        match request.method, *url.path.strip("/").split("/")[2:]:
            case "GET", "namespaces":
                items = [self._namespace(name) for name in self.namespaces]
                return _json(200, {"items": _labelled(items, url.query)})
            case "DELETE", "namespaces", namespace:
                if namespace not in self.namespaces:
                    return _missing(namespace)
                self.delete_namespace(namespace)
                return _json(200, {})
            case "GET", *_, kind if kind in self.policy and len(url.path.split("/")) < 6:
                return _json(200, {"items": _labelled(self.policy[kind], url.query)})
            case "POST", "v1", "subjectaccessreviews":
                return _json(201, {"status": self.decide(body["spec"])})
            case method, "v1", "namespaces", namespace, "rolebindings", name:
                return self._binding(method, namespace, name, body)
            case method, "v1", "clusterrolebindings", name:
                return self._binding(method, "", name, body)
            case "POST", "v1", "selfsubjectreviews":
                if self.user is None:
                    return _refused(403, "forbidden")
                return _json(201, {"status": {"userInfo": self.user}})
            case "GET", "v1", "clusterroles":
                items = [_object(n, n, self.role_labels.get(n)) for n in self.roles]
                return _json(200, {"items": items})
            case "GET", "v1", "roles":
                return _json(200, {"items": [_role(*place) for place in self.namespaced_roles]})
            case "POST", "v1", "tokenreviews":
                return self._review(body["spec"]["token"])
            case "GET", "namespaces", namespace, "serviceaccounts":
                return _listed(self.accounts, namespace)
            case "GET", "namespaces", namespace, "configmaps":
                return _listed(self.config_maps, namespace)
            case "GET", "v1", "namespaces", namespace, "rolebindings":
                return _listed(self.bindings, namespace)
            case "GET", "namespaces", namespace, "serviceaccounts", name:
                uid = self.accounts.get((namespace, name))
                return _json(200, _object(name, uid)) if uid else _missing(name)
            case "POST", "namespaces", namespace, "serviceaccounts", name, "token":
                return self._mint(namespace, name, body["spec"])
            case method, "namespaces", namespace, "secrets", *name:
                label = parse_qs(url.query).get("labelSelector", [""])[0]
                return self._secrets(method, namespace, "".join(name), label, body)
        return _missing(url.path)

    def _binding(self, method: str, namespace: str, name: str, body: Any) -> Answer:
        found = self.live_bindings.get((namespace, name))
        if found is None:
            return _missing(name)
        if method == "PATCH":
            if self.refuses_patches:
                return _refused(403, "forbidden")
            found["subjects"] = body["subjects"]
        return _json(200, found)

    def _namespace(self, name: str) -> dict[str, Any]:
        found = _object(name, name, self.namespace_labels.get(name))
        if name in self.terminating:
            found["metadata"]["deletionTimestamp"] = "2026-07-01T10:00:00Z"
        return found

    def _secrets(self, method: str, namespace: str, name: str, label: str, body: Any) -> Answer:
        if method == "POST":
            if namespace not in self.namespaces:
                return _missing(namespace)
            name = body["metadata"]["name"]
            made = _object(name, self.uid(), body["metadata"]["labels"]) | {"type": body["type"]}
            made["metadata"]["creationTimestamp"] = f"{self.now():{_TIME}}"
            self.secrets[namespace, name] = made
            return _json(201, made)
        if not name:
            own = [s for (ns, _), s in self.secrets.items() if ns == namespace]
            if label:
                key, _, value = label.partition("=")
                own = [s for s in own if s["metadata"]["labels"].get(key) == value]
            return _json(200, {"items": own})
        found = self.secrets.get((namespace, name))
        if found is None:
            return _missing(name)
        if method == "DELETE":
            if body["preconditions"]["uid"] != found["metadata"]["uid"]:
                return _refused(409, "the UID in the precondition does not match")
            del self.secrets[namespace, name]
        return _json(200, found)

    def _mint(self, namespace: str, name: str, spec: Mapping[str, Any]) -> Answer:
        uid = self.accounts.get((namespace, name))
        if uid is None:
            return _missing(name)
        if spec["expirationSeconds"] < 600:
            return _refused(422, "may not specify a duration less than 10 minutes")
        granted = min(spec["expirationSeconds"], self.cap_seconds)
        expires = self.now() + timedelta(seconds=granted)
        self._count += 1
        payload = {"exp": int(expires.timestamp()), "jti": self._count}
        token = f"eyJ0.{base64.urlsafe_b64encode(json.dumps(payload).encode()).decode()}.sig"
        self.minted[token] = {
            "account": (namespace, name, uid),
            "secret": spec.get("boundObjectRef"),
            "namespace": namespace,
            "expires": expires,
        }
        status = {"token": token, "expirationTimestamp": f"{expires:{_TIME}}"}
        return _json(201, {"spec": {**spec, "expirationSeconds": granted}, "status": status})

    def _review(self, token: str) -> Answer:
        why = self.refusal(token)
        if why:
            return _json(201, {"status": {"error": why}})
        namespace, name, _ = self.minted[token]["account"]
        user = {"username": f"system:serviceaccount:{namespace}:{name}", "groups": ["a"]}
        return _json(201, {"status": {"authenticated": True, "user": user}})

    def refusal(self, token: str) -> str:
        """Why the server does not accept a token; empty if it does."""
        known = self.minted.get(token)
        if known is None:
            return "invalid bearer token"
        if known["expires"] <= self.now():
            return "token has expired"
        namespace, name, uid = known["account"]
        bound = known["secret"]
        secret = self.secrets.get((namespace, bound["name"])) if bound else None
        is_bound = bound is None or (secret and secret["metadata"]["uid"] == bound["uid"])
        if self.accounts.get((namespace, name)) != uid or not is_bound:
            return "service account token has been invalidated"
        return ""

    def uid(self) -> str:
        """One that nothing else has."""
        self._count += 1
        return f"uid-{self._count}"


def _labelled(items: Any, query: str) -> Any:
    """The items that a request's label selector, of the form key=value, selects."""
    key, _, value = parse_qs(query).get("labelSelector", [""])[0].partition("=")
    if not key:
        return items
    return [i for i in items or () if i["metadata"].get("labels", {}).get(key) == value]


_RBAC = "rbac.authorization.k8s.io"
_LISTED = {"namespaced": True, "verbs": ["get", "list"]}
_DISCOVERY: dict[str, dict[str, Any]] = {
    "/apis": {
        "groups": [
            {"name": "metrics.k8s.io", "versions": [{"groupVersion": "metrics.k8s.io/v1"}]},
            {"name": "authentication.k8s.io", "versions": [{"groupVersion": "authn/v1"}]},
            {"name": _RBAC, "versions": [{"groupVersion": f"{_RBAC}/v1"}]},
        ]
    },
    "/apis/authn/v1": {"resources": [{"name": "x", "namespaced": True, "verbs": ["create"]}]},
    f"/apis/{_RBAC}/v1": {"resources": [{"name": "rolebindings"} | _LISTED]},
    "/api/v1": {
        "resources": [
            {"name": "serviceaccounts"} | _LISTED,
            {"name": "secrets"} | _LISTED,
            {"name": "configmaps"} | _LISTED,
            {"name": "events"} | _LISTED,
            {"name": "namespaces"} | _LISTED | {"namespaced": False},
        ]
    },
}
"""The groups and kinds that a namespace is looked through for."""


def _object(name: str, uid: str, labels: Mapping[str, str] | None = None) -> dict[str, Any]:
    return {"metadata": {"name": name, "uid": uid, "labels": dict(labels or {})}}


def _role(namespace: str, name: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "uid": name, "namespace": namespace}}


def _listed(found: Mapping[tuple[str, str], str], namespace: str) -> Answer:
    own = [_object(name, uid) for (place, name), uid in found.items() if place == namespace]
    return _json(200, {"items": own})


def _json(status: int, body: Mapping[str, Any]) -> Answer:
    return Answer(status, json.dumps(body).encode(), {"content-type": "application/json"})


def _missing(name: str) -> Answer:
    return _refused(404, f'"{name}" not found')


def _refused(status: int, message: str) -> Answer:
    return _json(status, {"kind": "Status", "message": message, "code": status})
