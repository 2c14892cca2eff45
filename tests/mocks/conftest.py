"""Pulumi's mock engine in the process: it records registrations; providers never run."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Callable, Iterator
from typing import Any

import grpc
import httpx
import pulumi
import pytest
from pulumi.runtime.mocks import MockMonitor

from cks_components.api.client import Client
from cks_components.api.environment import ApiAccess
from cks_components.engine import provider_call
from cks_components.kubernetes.client import KubernetesClient
from tests.kubernetes_api import FakeKubernetes

# Outputs that a test makes outside of a program need a loop, and Python 3.12 and newer make none.
asyncio.set_event_loop(asyncio.new_event_loop())


class _HalfAStateError(grpc.RpcError):
    """The engine read the state while a file backend was writing it."""

    def code(self) -> grpc.StatusCode:
        return grpc.StatusCode.UNKNOWN

    def details(self) -> str:
        return "unexpected end of JSON input"


class RecordingEngine(pulumi.runtime.Mocks):
    """Remembers every registration by name.

    Attributes:
        outputs: what resources of a type answer beside their inputs, by the end of its token.
        state: what the stack's state holds when the program begins, by URN.
        failing_calls: how many lookups fail before one is answered.
        aliases: the former names of every registration, by its name.
        stack: its name.
    """

    def __init__(self) -> None:
        self.registered: dict[str, pulumi.runtime.MockResourceArgs] = {}
        self.outputs: dict[str, dict[str, Any]] = {}
        self.state: dict[str, dict[str, Any]] = {}
        self.failing_calls = 0
        self.aliases: dict[str, list[str]] = {}
        self.stack = "test"

    def new_resource(
        self, args: pulumi.runtime.MockResourceArgs
    ) -> tuple[str | None, dict[Any, Any]]:
        self.registered[args.name] = args
        more = next((o for kind, o in self.outputs.items() if args.typ.endswith(kind)), {})
        return f"{args.name}-id", {**args.inputs, **more}

    def call(
        self, args: pulumi.runtime.MockCallArgs
    ) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        if self.failing_calls:
            self.failing_calls -= 1
            raise _HalfAStateError
        if args.token == "pulumi:pulumi:readStackResourceOutputs":
            project = args.args["stackName"].split("/")[1]
            assert args.args == {"stackName": f"acme/{project}/{self.stack}"}
            return {"name": args.args["stackName"], "outputs": self.state}, []
        message = f"nothing of ours looks anything up, but {args.token} was called"
        raise AssertionError(message)

    def deploy(
        self, program: Callable[[], None], *, preview: bool = False, project: str = "cks-access"
    ) -> None:
        """Run a program until all its registrations have landed."""
        pulumi.runtime.set_mocks(
            self,
            project=project,
            stack=self.stack,
            preview=preview,
            monitor=_AliasMonitor(self),
            organization="acme",
        )
        pulumi.runtime.test(program)()  # type: ignore[no-untyped-call] # the SDK leaves it untyped

    def typed(self, kind: str) -> list[pulumi.runtime.MockResourceArgs]:
        return [r for r in self.registered.values() if r.typ.endswith(kind)]


class _AliasMonitor(MockMonitor):
    """Shows the aliases of a registration, which the SDK's own leaves out."""

    mocks: RecordingEngine

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        names = [alias.spec.name for alias in request.aliases]
        self.mocks.aliases[request.name] = names
        return super().RegisterResource(request)  # type: ignore[no-untyped-call] # the SDK leaves it untyped


@pytest.fixture(scope="session", autouse=True)
def quiet_end() -> Iterator[None]:
    """Pulumi's mock engine leaves failures in futures; the end of Python would print them all."""
    yield
    logging.getLogger("asyncio").disabled = True


@pytest.fixture
def tidy() -> Iterator[None]:
    """Collect what a failed program left, so that asyncio complains of it here and not later."""
    yield
    gc.collect()


@pytest.fixture(autouse=True)
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An API that has every cluster that it is asked for, without an endpoint of its own yet."""

    def answer(request: httpx.Request) -> httpx.Response:
        id_ = request.url.path.rpartition("/")[2]
        if id_ == "clusters":
            return httpx.Response(200, json={"items": []})
        return httpx.Response(200, json={"cluster": {"id": id_, "status": "STATUS_RUNNING"}})

    token = "CW-SECRET-" + "mock"
    monkeypatch.setenv("COREWEAVE_API_TOKEN", token)
    monkeypatch.delenv("COREWEAVE_API_ENDPOINT", raising=False)
    access = ApiAccess("https://api.coreweave.com", token)
    provider_call.clients[access] = Client(access, transport=httpx.MockTransport(answer))
    yield
    del provider_call.clients[access]


class _EveryCluster(dict[ApiAccess, KubernetesClient]):
    """A kube-apiserver behind every managed server, which has what the examples name."""

    def __contains__(self, access: object) -> bool:
        return True

    def __missing__(self, access: ApiAccess) -> KubernetesClient:
        fake = FakeKubernetes(
            access.token,
            namespaces=["default", "ci", "training", "evaluation", "serving"],
            roles=["cluster-admin", "admin", "edit", "view"],
        )
        self[access] = KubernetesClient(access, transport=fake.transport)
        return self[access]


@pytest.fixture(autouse=True)
def clusters(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the managed server of every cluster answer."""
    monkeypatch.setattr(provider_call, "kubernetes_clients", _EveryCluster())


@pytest.fixture
def engine() -> RecordingEngine:
    return RecordingEngine()
