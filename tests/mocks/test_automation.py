"""Pipelines in a stack: what is declared, in which order, with which names, and what is exported."""

from __future__ import annotations

import asyncio
import json
import logging
from base64 import b64decode
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pulumi
import pytest
import yaml

from cks_components import (
    ArgumentError,
    AutomationAccess,
    ClusterAccess,
    ClusterAccessArgs,
    Pipeline,
    Place,
)
from cks_components.api import environment, errors
from cks_components.api.clock import Clock
from cks_components.api.environment import ApiAccess
from cks_components.automation_access import former_binding, former_name
from cks_components.engine import provider_call
from cks_components.kubernetes.client import KubernetesClient
from cks_components.lifecycle.token import StoredToken
from cks_components.lifecycle.token_renewal import TokenStatus
from cks_components.rules import Context
from cks_components.stack import deploy
from lab.api.emulator import Answer
from tests.kubernetes_api import FakeKubernetes
from tests.mocks.outputs import Looker

if TYPE_CHECKING:
    from tests.mocks.conftest import RecordingEngine

ID = "1b5274f2-8012-4b68-9010-cc4c51613302"
HOST = "abc123-33de361c.k8s.us-east-04a.coreweave.com"
NAME = "cc4c51613302"
CLUSTER = {"id": ID, "alias": "east", "endpoint": HOST}
DEPLOYER: dict[str, Any] = {
    "name": "deployer",
    "namespace": "ci",
    "clusterRole": "edit",
    "namespaces": ["training", "default"],
}
STORED = DEPLOYER | {"token": {"lifetime": "30d", "renewBefore": "7d"}}
LINTER = {"name": "linter", "namespace": "ci", "clusterRole": "view", "createNamespace": True}
MAKER = Pipeline(name="d", namespace="ci", cluster_role="view", creates_namespace=True)
EXPIRY = "2026-12-25T12:00:00Z"


@pytest.fixture
def kubernetes(monkeypatch: pytest.MonkeyPatch) -> FakeKubernetes:
    fake = FakeKubernetes("CW-SECRET-" + "mock", namespaces=["default", "ci", "training"])
    monkeypatch.setenv(environment.TOKEN, fake.token)
    monkeypatch.delenv(environment.ENDPOINT, raising=False)
    access = ApiAccess(f"https://{HOST}", fake.token)
    clock = Clock(sleep=lambda _seconds: None)
    provider_call.kubernetes_clients[access] = KubernetesClient(
        access, transport=fake.transport, clock=clock
    )
    return fake


@pytest.fixture
def exported(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    outputs: dict[str, Any] = {}
    monkeypatch.setattr(pulumi, "export", outputs.__setitem__)
    return outputs


def config(*automation: dict[str, Any], **more: Any) -> dict[str, str]:
    given = {"clusters": [CLUSTER], "automation": list(automation)} | more
    return {
        f"cks-access:{key}": value if isinstance(value, str) else json.dumps(value)
        for key, value in given.items()
    }


@pytest.mark.usefixtures("kubernetes")
def test_names_that_live_in_state_never_change(engine: RecordingEngine) -> None:
    """Once one of these differs, existing stacks cannot be refreshed, updated or destroyed."""
    engine.deploy(lambda: deploy(config(STORED, environment="staging")))

    assert engine.registered[f"{NAME}:deployer"].typ == "cks:index:AutomationAccess"
    account = engine.registered[f"{NAME}:deployer-account"]
    assert account.typ == "kubernetes:core/v1:ServiceAccount"
    token = engine.registered[f"{NAME}:deployer-token"]
    assert token.typ == "pulumi-python:dynamic/cks:ServiceAccountToken"
    assert set(token.inputs) == {
        "__context",
        "__judged",
        "__provider",
        "__urn",
        "cluster_id",
        "lifetime_seconds",
        "namespace",
        "renew_before_seconds",
        "server",
        "service_account",
    }
    assert set(StoredToken.model_fields) == {
        "account_uid",
        "expires_at",
        "former_secret_name",
        "former_secret_uid",
        "generation",
        "granted_seconds",
        "secret_name",
        "secret_uid",
        "status",
        "token",
    }
    assert set(TokenStatus) == {"live", "expired", "revoked", "orphaned", "refused"}
    stored = b64decode(token.inputs["__provider"])
    assert b"cks_components.service_account_token" in stored
    assert b"ServiceAccountTokenProvider" in stored
    assert len(stored) < 110  # a reference; code or a captured token would be longer
    assert token.inputs["server"] == f"https://{HOST}"
    assert token.inputs["lifetime_seconds"] == 30 * 86400


@pytest.mark.usefixtures("kubernetes")
def test_a_pipeline_without_a_wish_for_one_stores_no_token(
    engine: RecordingEngine, exported: dict[str, Any]
) -> None:
    look = Looker()

    def program() -> None:
        deploy(config(DEPLOYER))
        look.at(access=exported["access"]["east"])

    engine.deploy(program)

    assert engine.typed("ServiceAccountToken") == []
    assert engine.typed(":Secret") == []
    assert engine.typed(":Namespace") == []
    assert "automationKubeconfigs" not in exported
    assert look["access"].value == [
        {
            "kind": "ServiceAccount",
            "subject": "system:serviceaccount:ci:deployer",
            "clusterRole": "edit",
            "namespaces": ["training", "default"],
        }
    ]


@pytest.mark.usefixtures("kubernetes")
def test_the_account_is_bound_where_it_may_work_and_nowhere_else(engine: RecordingEngine) -> None:
    engine.deploy(lambda: deploy(config(DEPLOYER, LINTER)))

    bindings = engine.typed(":RoleBinding")
    assert sorted(b.inputs["metadata"]["namespace"] for b in bindings) == ["default", "training"]
    assert bindings[0].inputs["subjects"] == [
        {"kind": "ServiceAccount", "name": "deployer", "namespace": "ci"}
    ]
    (wide,) = engine.typed(":ClusterRoleBinding")
    assert wide.inputs["roleRef"]["name"] == "view"
    accounts = engine.typed(":ServiceAccount")
    assert {a.inputs["automountServiceAccountToken"] for a in accounts} == {False}


def test_a_namespace_is_made_only_when_told_and_before_whoever_is_in_it(
    engine: RecordingEngine, kubernetes: FakeKubernetes
) -> None:
    kubernetes.namespaces.remove("ci")

    engine.deploy(lambda: deploy(config(DEPLOYER, LINTER)))

    names = list(engine.registered)
    (guard,) = engine.typed("NamespaceGuard")
    assert guard.inputs["namespace"] == "ci"
    assert guard.name == f"{NAME}:ci"
    assert names.index(guard.name) < names.index(f"{NAME}:linter-account")
    assert names.index(guard.name) < names.index(f"{NAME}:deployer-account")


@pytest.mark.usefixtures("kubernetes")
def test_the_kubeconfig_of_a_stored_token_is_secret_and_its_end_is_not(
    engine: RecordingEngine, exported: dict[str, Any]
) -> None:
    token = "eyJ." + "stored" + ".x"
    engine.outputs["ServiceAccountToken"] = {"token": token, "expires_at": EXPIRY}
    seen: dict[str, Any] = {}
    tasks: list[asyncio.Future[bool]] = []

    def program() -> None:
        deploy(config(STORED))
        kubeconfigs = exported["automationKubeconfigs"]
        tasks.append(asyncio.ensure_future(kubeconfigs.is_secret()))
        kubeconfigs.apply(lambda value: seen.update(kubeconfigs=value))
        expiry = exported["access"]["east"].apply(lambda rows: rows[0]["tokenExpiresAt"])
        tasks.append(asyncio.ensure_future(expiry.is_secret()))
        expiry.apply(lambda value: seen.update(expiry=value))

    engine.deploy(program)

    assert [task.result() for task in tasks] == [True, False]
    assert seen["expiry"] == EXPIRY
    kubeconfig = yaml.safe_load(seen["kubeconfigs"]["east"]["deployer"])
    assert kubeconfig["clusters"][0]["cluster"] == {"server": f"https://api.{HOST}"}
    assert kubeconfig["users"][0]["user"] == {"token": token}
    assert kubeconfig["contexts"][0]["context"]["namespace"] == "training"


@pytest.mark.parametrize("preview", [True, False])
def test_what_the_cluster_lacks_is_named_with_the_nearest_and_nothing_is_declared(
    engine: RecordingEngine, kubernetes: FakeKubernetes, preview: bool
) -> None:
    wrong = DEPLOYER | {"namespace": "cii", "clusterRole": "edti", "namespaces": ["trainin"]}

    with pytest.raises(errors.SettingsError) as caught:
        engine.deploy(lambda: deploy(config(wrong)), preview=preview)

    assert [line.partition(";")[0] for line in caught.value.findings] == [
        'automation[0].namespace: cluster east has no namespace "cii" (the nearest is "ci")',
        "automation[0].namespaces[0]: cluster east "
        'has no namespace "trainin" (the nearest is "training")',
        "automation[0].clusterRole: cluster east "
        'has no ClusterRole "edti" (the nearest is "edit"), so this would grant nothing',
    ]
    assert engine.registered == {}
    assert kubernetes.sent == ["GET namespaces", "GET clusterroles"]


def test_a_namespace_that_the_stack_makes_need_not_be_there(
    engine: RecordingEngine, kubernetes: FakeKubernetes
) -> None:
    kubernetes.namespaces.remove("ci")

    engine.deploy(lambda: deploy(config(DEPLOYER, LINTER)))

    assert f"{NAME}:deployer-account" in engine.registered


def test_a_preview_goes_on_where_the_cluster_cannot_be_asked_and_an_update_does_not(
    engine: RecordingEngine, kubernetes: FakeKubernetes
) -> None:
    kubernetes.faults.append(lambda _request, _genuine: Answer(401, b'{"message": "no"}'))

    engine.deploy(lambda: deploy(config(DEPLOYER)), preview=True)
    assert f"{NAME}:deployer-account" in engine.registered
    engine.registered.clear()

    with pytest.raises(errors.SettingsError, match="cannot list the namespaces"):
        engine.deploy(lambda: deploy(config(DEPLOYER)))
    assert engine.registered == {}


@pytest.mark.parametrize(
    ("automation", "more", "message"),
    [
        (
            [DEPLOYER, DEPLOYER],
            {},
            'automation[1].name: "deployer" is the name of automation[0] as well',
        ),
        (
            [DEPLOYER],
            {"clusters": [CLUSTER | {"automation": [DEPLOYER]}]},
            'clusters[0].automation[0].name: "deployer" is the name of automation[0] as well',
        ),
        (
            [DEPLOYER | {"deleteNamespace": True}],
            {},
            "automation[0].deleteNamespace: would delete a namespace that this stack did not create",
        ),
        (
            [STORED | {"token": {"lifetime": "5m", "renewBefore": "9m"}}],
            {},
            "automation[0].token.renewBefore: must be less than the lifetime",
        ),
        (
            [STORED | {"token": {"lifetime": "soon", "renewBefore": "9m"}}],
            {},
            'automation[0].token.lifetime: write a duration such as "90s"',
        ),
        ([DEPLOYER | {"namespace": "CI"}], {}, 'automation[0].namespace: "CI" must be a name of'),
        (
            [DEPLOYER | {"clusterRole": "cluster-admin"}],
            {"environment": "production"},
            "automation[0].clusterRole: cluster-admin gives everybody who can change the pipeline",
        ),
        (
            [{"name": "d", "namespace": "ci", "clusterRole": "edit"}],
            {"environment": "production"},
            "automation[0].clusterRole: edit cluster wide can create tokens",
        ),
    ],
    ids=[
        "twice",
        "in both lists",
        "not made",
        "times",
        "no duration",
        "a name",
        "admin",
        "cluster wide",
    ],
)
def test_a_wrong_entry_is_found_at_its_path_and_nothing_is_sent(
    engine: RecordingEngine,
    kubernetes: FakeKubernetes,
    automation: list[dict[str, Any]],
    more: dict[str, Any],
    message: str,
) -> None:
    values = config(*automation, **more)

    with pytest.raises(errors.SettingsError) as caught:
        engine.deploy(lambda: deploy(values))

    assert [line for line in caught.value.findings if line.startswith(message)] != []
    assert kubernetes.requests == []
    assert engine.registered == {}


def test_a_component_that_is_used_alone_judges_itself(engine: RecordingEngine) -> None:
    pipeline = Pipeline(name="d", namespace="ci", cluster_role="cluster-admin")
    place = Place(cluster="east", cluster_id=ID, endpoint=HOST)
    strict = Context(environment="production")

    with pytest.raises(errors.SettingsError, match="cluster-admin gives everybody"):
        engine.deploy(lambda: _ignored(AutomationAccess("d", pipeline, place, context=strict)))
    engine.deploy(lambda: _ignored(AutomationAccess("d", pipeline, place)))

    assert "d-account" in engine.registered


STACK_URN = "urn:pulumi:test::cks-access::"
GUARD = {"cluster_id": ID, "namespace": "ci", "deletes": False}
GUARD_TYPE = "pulumi-python:dynamic/cks:NamespaceGuard"
FORMER = (
    "urn:pulumi:test::cks-access::cks:index:ClusterAccess$cks:index:AutomationAccess$"
    "kubernetes:core/v1:Namespace::east-{}-namespace"
)


def made_before(engine: RecordingEngine, **guard: Any) -> None:
    engine.state["urn:x"] = {"type": GUARD_TYPE, "outputs": GUARD | guard}


def made_by_0_1_0(engine: RecordingEngine, maker: str) -> None:
    outputs = {"metadata": {"name": "ci"}}
    namespace = {"type": "kubernetes:core/v1:Namespace", "outputs": outputs}
    engine.state[FORMER.format(maker)] = namespace


@pytest.mark.usefixtures("kubernetes")
@pytest.mark.parametrize("release", ["0.1.0", "present", "killed before its guard"])
def test_a_namespace_that_was_made_stays_declared_while_a_pipeline_is_in_it(
    engine: RecordingEngine, release: str
) -> None:
    if release == "0.1.0":
        made_by_0_1_0(engine, "deployer")
    elif release != "present":
        urn = f"{STACK_URN}cks:index:ClusterAccess$kubernetes:core/v1:Namespace::{NAME}:ci"
        outputs = {"metadata": {"name": "ci"}}
        engine.state[urn] = {"type": "kubernetes:core/v1:Namespace", "outputs": outputs}
    else:
        made_before(engine)

    engine.deploy(lambda: deploy(config(DEPLOYER)))

    (guard,) = engine.typed("NamespaceGuard")
    assert guard.typ == GUARD_TYPE
    assert guard.inputs["deletes"] is False
    assert set(guard.inputs) == {
        "__label",
        "__provider",
        "__urn",
        "cluster_id",
        "deletes",
        "namespace",
        "server",
    }


def test_a_namespace_that_somebody_else_made_is_used_as_it_is(
    engine: RecordingEngine, kubernetes: FakeKubernetes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    engine.deploy(lambda: deploy(config(LINTER)))

    assert engine.typed("NamespaceGuard") == []
    assert 'namespace "ci" already exists' in caplog.text
    assert "ci" in kubernetes.namespaces


def test_without_an_answer_a_preview_plans_a_namespace_and_an_update_stops(
    engine: RecordingEngine, kubernetes: FakeKubernetes
) -> None:
    kubernetes.faults.append(lambda _request, _genuine: Answer(401, b'{"message": "no"}'))
    args = ClusterAccessArgs(cluster_id=ID, endpoint=HOST, automation=[MAKER], is_judged=True)

    engine.deploy(lambda: _ignored(ClusterAccess("train", args)), preview=True)
    assert len(engine.typed("NamespaceGuard")) == 1

    with pytest.raises(errors.UnauthenticatedError):
        engine.deploy(lambda: _ignored(ClusterAccess("train", args)))


@pytest.mark.usefixtures("kubernetes")
@pytest.mark.parametrize(
    ("deletes", "said"),
    [
        (False, 'namespace "ci" and everything in it is kept on the cluster'),
        (True, 'namespace "ci" is deleted if it is empty; if not, the delete is refused'),
    ],
)
def test_a_namespace_that_nobody_is_in_any_more_is_said_to_stay_or_to_go(
    engine: RecordingEngine, caplog: pytest.LogCaptureFixture, deletes: bool, said: str
) -> None:
    caplog.set_level(logging.INFO)
    made_before(engine, deletes=deletes)

    engine.deploy(lambda: deploy(config(DEPLOYER | {"namespace": "default"})))

    assert engine.typed("NamespaceGuard") == []
    assert said in caplog.text


def test_one_of_0_1_0_is_not_dropped_before_the_state_knows_that_it_stays(
    engine: RecordingEngine, kubernetes: FakeKubernetes
) -> None:
    """The engine would delete it: release 0.1.0 recorded no wish to keep it."""
    made_by_0_1_0(engine, "gone")

    with pytest.raises(errors.SettingsError, match='the namespace "ci" was created by'):
        engine.deploy(lambda: deploy(config(DEPLOYER)))

    assert engine.registered == {}
    assert kubernetes.sent == ["GET namespaces", "GET clusterroles"]


def test_a_pipeline_that_is_used_alone_makes_its_own_namespace(engine: RecordingEngine) -> None:
    place = Place(cluster="east", cluster_id=ID, endpoint=HOST)
    pipeline = replace(MAKER, namespace="new", deletes_namespace=True)

    engine.deploy(lambda: _ignored(AutomationAccess("d", pipeline, place)))

    (guard,) = engine.typed("NamespaceGuard")
    assert guard.name == "d-namespace"
    assert guard.inputs["deletes"] is True


@pytest.mark.usefixtures("kubernetes")
@pytest.mark.parametrize("is_ours", [True, False])
def test_a_pipeline_that_is_used_alone_owns_only_a_namespace_that_it_made(
    engine: RecordingEngine, is_ours: bool
) -> None:
    """Somebody else's would go with the pipeline; one of ours would go if it were dropped."""
    place = Place(cluster="east", cluster_id=ID, endpoint=HOST)
    if is_ours:
        made_by_0_1_0(engine, "d")

    engine.deploy(
        lambda: _ignored(AutomationAccess("d", replace(MAKER, deletes_namespace=True), place))
    )

    assert len(engine.typed("NamespaceGuard")) == int(is_ours)
    assert "d-account" in engine.registered


@pytest.mark.usefixtures("kubernetes")
def test_pipelines_of_two_clusters_never_want_one_name(engine: RecordingEngine) -> None:
    """A cluster's name and a pipeline's, a role and a namespace: the parts are told apart."""
    a = Pipeline(name="a-d", namespace="ci", cluster_role="view-x", namespaces=["y", "y"])
    d = Pipeline(name="d", namespace="ci", cluster_role="view", namespaces=["x-y"])
    other = Pipeline(name="a", namespace="ci", cluster_role="d:view", namespaces=["x-y"])

    def program() -> None:
        for name, pipelines in {"train": [a, other], "train-a": [d]}.items():
            args = ClusterAccessArgs(
                cluster_id=ID, endpoint=HOST, automation=pipelines, is_judged=True
            )
            ClusterAccess(name, args)

    engine.deploy(program)

    assert len(engine.typed("AutomationAccess")) == 3
    assert len(engine.typed(":ServiceAccount")) == 3
    assert len(engine.typed(":RoleBinding")) == 3


def test_two_pipelines_of_one_name_are_refused_in_a_program_too(engine: RecordingEngine) -> None:
    pipeline = Pipeline(name="d", namespace="ci", cluster_role="view")
    args = ClusterAccessArgs(cluster_id=ID, endpoint=HOST, automation=[pipeline, pipeline])

    with pytest.raises(errors.SettingsError, match=r'automation\[1\].name: "d" is the name of'):
        engine.deploy(lambda: _ignored(ClusterAccess("train", args)))

    assert engine.typed("AutomationAccess") == []


def test_the_names_of_release_0_1_0_never_change() -> None:
    assert former_name("east", "deployer") == "east-deployer"
    assert former_binding("east-deployer", "x:y", None) == "east-deployer-x-y"
    assert former_binding("east-deployer", "edit", "training") == "east-deployer-edit-training"


def _ignored(_component: pulumi.ComponentResource) -> None:
    """A program returns nothing."""


def test_two_pipelines_of_a_program_that_make_one_namespace_are_refused(
    engine: RecordingEngine, kubernetes: FakeKubernetes
) -> None:
    """The second would end the update with "already exists", and with a part of it done."""
    kubernetes.namespaces.remove("ci")
    place = Place(cluster="east", cluster_id=ID, endpoint=HOST)

    def program() -> None:
        for name in ("deployer", "linter"):
            AutomationAccess(name, MAKER, place)

    with pytest.raises(ArgumentError) as caught:
        engine.deploy(program)

    assert str(caught.value) == (
        'linter: makes the namespace "ci" on cluster east, which deployer makes as well; leave '
        "creates_namespace out of one of the two, and let it depend on the other"
    )
    assert "linter" not in engine.registered
