"""A Kubernetes API in this process: it keeps objects, owns fields and says no as the real one."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from pulumi.runtime.proto import provider_pb2

from lab.kubernetes_plugin import properties
from lab.kubernetes_plugin.cluster import Cluster
from lab.kubernetes_plugin.host import Host
from lab.kubernetes_plugin.kubeconfig import Access
from lab.kubernetes_plugin.provider import Provider

SERVER = "https://kube.example"
TOKEN = "KUBE-SECRET-" + "unit"
KUBECONFIG = {
    "current-context": "c",
    "clusters": [{"name": "c", "cluster": {"server": SERVER}}],
    "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
    "users": [{"name": "u", "user": {"token": TOKEN}}],
}
REASONS = {403: "Forbidden", 404: "NotFound", 409: "AlreadyExists", 422: "Invalid"}


@dataclass
class FakeApi:
    """Objects by path; a namespace must exist before anything is made in it."""

    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    requests: list[httpx.Request] = field(default_factory=list)
    answers: list[httpx.Response] = field(default_factory=list)
    reachable: bool = True
    uids: Any = field(default_factory=itertools.count)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if not self.reachable:
            message = "Connection refused"
            raise httpx.ConnectError(message, request=request)
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self.refuse(401, "Unauthorized")
        if self.answers:
            return self.answers.pop(0)
        if request.url.path == "/api":
            return httpx.Response(200, json={"kind": "APIVersions"})
        return self.answer(request)

    def answer(self, request: httpx.Request) -> httpx.Response:
        path, query = request.url.path, request.url.params
        body = json.loads(request.content) if request.content else {}
        if request.method == "GET":
            return self.found(path)
        if request.method == "DELETE":
            answer = self.found(path)
            self.objects.pop(path, None)
            return answer
        if request.method == "POST":
            path = f"{path}/{body['metadata']['name']}"
            if path in self.objects:
                return self.refuse(409, f'"{body["metadata"]["name"]}" already exists')
        if request.headers["Content-Type"] == "application/json-patch+json":
            self.objects[path]["metadata"]["managedFields"] = body[-1]["value"]
            return self.found(path)
        namespace = path.split("/namespaces/")[-1].split("/")[0] if "/namespaces/" in path else ""
        if namespace and f"/api/v1/namespaces/{namespace}" not in self.objects | {path: {}}:
            return self.refuse(404, f'namespaces "{namespace}" not found')
        made = self.made(body, path, namespace, query["fieldManager"], request.method)
        if not query.get("dryRun"):
            self.objects[path] = made
        return httpx.Response(200, json=made)

    def made(
        self, body: dict[str, Any], path: str, namespace: str, manager: str, method: str
    ) -> dict[str, Any]:
        old = self.objects.get(path, {}).get("metadata", {})
        operation = "Apply" if method == "PATCH" else "Update"
        metadata = {
            **body["metadata"],
            "uid": old.get("uid") or f"uid-{next(self.uids)}",
            "resourceVersion": "1",
            "managedFields": [
                {"manager": manager, "operation": operation, "fieldsV1": {"f:metadata": {}}}
            ],
        }
        if namespace and body["kind"] != "Namespace":
            metadata["namespace"] = namespace
        return {**body, "metadata": metadata}

    def found(self, path: str) -> httpx.Response:
        if path not in self.objects:
            return self.refuse(404, f"{path} not found")
        return httpx.Response(200, json=self.objects[path])

    def refuse(self, status: int, message: str) -> httpx.Response:
        reason = REASONS.get(status, "")
        content = {"kind": "Status", "reason": reason, "message": message}
        return httpx.Response(status, json=content)

    @property
    def sent(self) -> list[httpx.Request]:
        """Requests about objects."""
        return [request for request in self.requests if request.url.path != "/api"]


class Plugin:
    """A provider in front of the API, asked as the engine asks."""

    def __init__(self, api: FakeApi) -> None:
        self.api = api
        self.slept: list[float] = []
        self.provider = Provider(Host(), make_cluster=self.cluster, environment={})

    def configure(self, **settings: Any) -> None:
        settings = {"kubeconfig": json.dumps(KUBECONFIG)} | settings
        variables = {f"kubernetes:config:{key}": value for key, value in settings.items()}
        self.provider.configure(provider_pb2.ConfigureRequest(variables=variables))

    def check(self, urn: str, news: dict[str, Any], **olds: Any) -> dict[str, Any]:
        """The checked inputs, with secrets marked."""
        answer = self.provider.check(
            provider_pb2.CheckRequest(
                urn=urn,
                news=properties.encode(news),
                olds=properties.encode(olds),
                randomSeed=b"seed",
            )
        )
        return properties.decode(answer.inputs)

    def create(self, urn: str, inputs: dict[str, Any], *, preview: bool = False) -> Any:
        """The engine's answer: an id and properties."""
        return self.provider.create(
            provider_pb2.CreateRequest(
                urn=urn, properties=properties.encode(inputs), preview=preview
            )
        )

    def update(
        self, urn: str, stored: dict[str, Any], news: dict[str, Any], *, preview: bool = False
    ) -> dict[str, Any]:
        """The new state."""
        answer = self.provider.update(
            provider_pb2.UpdateRequest(
                urn=urn,
                id=stored["metadata"]["name"],
                olds=properties.encode(stored),
                news=properties.encode(news),
                preview=preview,
            )
        )
        return properties.decode(answer.properties)

    def read(
        self,
        urn: str,
        identifier: str,
        *,
        inputs: dict[str, Any] | None = None,
        stored: dict[str, Any] | None = None,
    ) -> Any:
        """The engine's answer: an id, inputs and properties."""
        return self.provider.read(
            provider_pb2.ReadRequest(
                urn=urn,
                id=identifier,
                inputs=properties.encode(inputs or {}),
                properties=properties.encode(stored or {}),
            )
        )

    def cluster(self, access: Access) -> Cluster:
        return Cluster(access, transport=httpx.MockTransport(self.api), sleep=self.slept.append)


@pytest.fixture
def api() -> FakeApi:
    return FakeApi()


@pytest.fixture
def plugin(api: FakeApi) -> Plugin:
    return Plugin(api)


@pytest.fixture
def kubeconfig() -> dict[str, Any]:
    return json.loads(json.dumps(KUBECONFIG))  # type: ignore[no-any-return] # a deep copy
