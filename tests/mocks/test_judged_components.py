"""A component of somebody's own program is judged as a stack file is, before it declares anything."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_kubernetes as kubernetes
import pytest

from cks_components import Binding, ClusterAccess, ClusterAccessArgs, RoleBindings
from cks_components.api import errors
from cks_components.api.environment import ApiAccess
from cks_components.api.models import OidcConfig
from cks_components.automation_access import AutomationAccess
from cks_components.cluster_access import Identity
from cks_components.components.pipeline import Pipeline
from cks_components.components.place import Place
from cks_components.engine import provider_call, rule_check
from cks_components.kubernetes.client import KubernetesClient
from cks_components.rules import BARE, Context
from cks_components.stack_file.settings import Located
from tests.kubernetes_api import FakeKubernetes

if TYPE_CHECKING:
    from tests.mocks.conftest import RecordingEngine

ID = "1b5274f2-8012-4b68-9010-cc4c51613302"
HOST = "abc123-33de361c.k8s.us-east-04a.coreweave.com"
TOKEN = "CW-SECRET-" + "mock"
PRODUCTION = Context(environment="production")
OIDC = OidcConfig(
    issuer_url="https://idp.example.com",
    client_id="cks",
    username_claim="email",
    groups_claim="groups",
    groups_prefix="idp:",
)
WIDE = Binding(cluster_role="edit", groups=["ml"])
MISSPELT = Binding(cluster_role="edti", groups=["ml"], namespaces=["trainin"])
DEPLOYER = Pipeline(name="deployer", namespace="cii", cluster_role="view", namespaces=["training"])
EAST = Place(cluster="east", cluster_id=ID, endpoint=HOST)


@pytest.fixture
def cluster() -> Iterator[FakeKubernetes]:
    """A kube-apiserver behind the managed server."""
    fake = FakeKubernetes(TOKEN, namespaces=["training", "ci"])
    access = ApiAccess(f"https://{HOST}", TOKEN)
    provider_call.kubernetes_clients[access] = KubernetesClient(access, transport=fake.transport)
    yield fake
    del provider_call.kubernetes_clients[access]


def access(**changes: Any) -> ClusterAccess:
    usual: dict[str, Any] = {
        "cluster_id": ID,
        "endpoint": HOST,
        "identity": Identity(oidc=OIDC),
        "label": "east",
    }
    return ClusterAccess("east", ClusterAccessArgs(**usual | changes))


def pipeline(given: Pipeline = DEPLOYER, context: Context = BARE) -> AutomationAccess:
    return AutomationAccess("ci", given, EAST, context=context)


def refusal(engine: RecordingEngine, program: Any, *, preview: bool = False) -> list[str]:
    with pytest.raises(errors.SettingsError) as caught:
        engine.deploy(program, preview=preview)
    assert engine.registered == {}
    return [line.partition(";")[0].partition(" (the")[0] for line in caught.value.findings]


@pytest.mark.parametrize("preview", [True, False])
def test_what_is_not_on_the_cluster_is_refused_before_anything_is_declared(
    engine: RecordingEngine, cluster: FakeKubernetes, preview: bool
) -> None:
    missing = [
        'bindings[0].namespaces[0]: cluster east has no namespace "trainin"',
        'bindings[0].clusterRole: cluster east has no ClusterRole "edti"',
        'automation[0].namespace: cluster east has no namespace "cii"',
    ]

    assert refusal(
        engine, lambda: access(bindings=[MISSPELT], automation=[DEPLOYER]), preview=preview
    ) == (missing)
    assert cluster.sent == ["GET namespaces", "GET clusterroles"]


@pytest.mark.usefixtures("cluster")
def test_a_component_that_stands_alone_looks_for_itself(engine: RecordingEngine) -> None:
    bound = refusal(engine, lambda: RoleBindings("east", [MISSPELT], OIDC, endpoint=HOST))
    piped = refusal(engine, pipeline)

    assert bound[0] == 'bindings[0].namespaces[0]: cluster east has no namespace "trainin"'
    assert piped == ['ci.namespace: cluster east has no namespace "cii"']


@pytest.mark.usefixtures("cluster")
def test_a_waiver_lets_a_component_pass(engine: RecordingEngine) -> None:
    waived = Context(waivers={"RBAC-08": "made later", "RBAC-09": "made later"})

    engine.deploy(lambda: _ignored(access(bindings=[MISSPELT], context=waived)))

    assert len(engine.typed(":RoleBinding")) == 1


@pytest.mark.parametrize("kind", ["ClusterAccess", "RoleBindings", "AutomationAccess"])
def test_edit_cluster_wide_warns_and_is_refused_in_production_as_in_a_stack_file(
    engine: RecordingEngine, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    caplog.set_level(logging.WARNING)
    wide = Pipeline(name="deployer", namespace="ci", cluster_role="edit")

    def program(context: Context) -> None:
        if kind == "ClusterAccess":
            access(bindings=[WIDE], context=context)
        elif kind == "RoleBindings":
            RoleBindings("east", [WIDE], OIDC, context=context)
        else:
            pipeline(wide, context)

    engine.deploy(lambda: program(BARE))
    said = [r.getMessage().rpartition(" ")[2] for r in caplog.records]
    assert [text for text in said if text.startswith("[")] == ["[RBAC-05]"]
    engine.registered.clear()
    (line,) = refusal(engine, lambda: program(PRODUCTION))
    assert "clusterRole: edit cluster wide" in line


@pytest.mark.usefixtures("cluster")
@pytest.mark.parametrize("how", ["none", "provider", "providers", "parent", "ClusterAccess"])
def test_a_component_that_may_reach_any_cluster_warns(
    engine: RecordingEngine, caplog: pytest.LogCaptureFixture, how: str
) -> None:
    caplog.set_level(logging.WARNING)
    inside = Pipeline(name="deployer", namespace="ci", cluster_role="view", namespaces=["ci"])
    narrow = Binding(cluster_role="view", groups=["ml"], namespaces=["ci"])

    def program() -> None:
        east = kubernetes.Provider("east")
        above = pulumi.ResourceOptions(providers=[east])
        parent = pulumi.ComponentResource("t:t:T", "parent", None, above)
        opts = {
            "none": None,
            "provider": pulumi.ResourceOptions(provider=east),
            "providers": pulumi.ResourceOptions(providers=[east]),
            "parent": pulumi.ResourceOptions(parent=parent),
        }
        if how == "ClusterAccess":
            access(bindings=[narrow], automation=[inside])
        else:
            RoleBindings("east", [narrow], OIDC, opts[how])
            AutomationAccess("ci", inside, EAST, opts[how])

    engine.deploy(program)

    said = [r for r in caplog.records if "name no Kubernetes provider" in r.getMessage()]
    assert len(said) == (2 if how == "none" else 0)


def test_an_endpoint_that_an_output_tells_is_given_back_after_the_look(
    engine: RecordingEngine, cluster: FakeKubernetes
) -> None:
    told: list[str] = []
    wanted = [
        Located("bindings[0]", Binding(cluster_role="view", namespaces=["training"]).settings)
    ]

    def program() -> None:
        later = pulumi.Output.from_input(HOST)
        found = rule_check.looked_up(later, "east", wanted, BARE)
        pulumi.Output.from_input(found).apply(told.append)

    engine.deploy(program)

    assert told == [HOST]
    assert cluster.sent == ["GET namespaces", "GET clusterroles"]


def _ignored(_component: pulumi.ComponentResource) -> None:
    pass


def test_a_scope_that_the_provider_refuses_is_refused_as_in_a_stack_file(
    engine: RecordingEngine,
) -> None:
    google = OidcConfig(
        issuer_url="https://accounts.google.com", client_id="x.apps.googleusercontent.com"
    )

    def scopes(*given: Any) -> Any:
        return lambda: access(identity=Identity(oidc=google, scopes=list(given)))

    assert refusal(engine, scopes("email", "offline_access")) == [
        'identity.scopes[1]: "offline_access" makes Google refuse every log-in'
    ]
    engine.deploy(scopes("email"))
    engine.deploy(scopes(pulumi.Output.from_input("offline_access")))


def test_what_is_wrong_in_several_arguments_is_refused_at_once(engine: RecordingEngine) -> None:
    odd: Any = "ml"

    shapes = refusal(
        engine,
        lambda: access(
            label=7,
            bindings=[Binding(cluster_role="view", groups=odd)],
            automation=[replace(DEPLOYER, name="")],
            context=replace(BARE, environment=odd),
        ),
    )
    broken = refusal(
        engine,
        lambda: access(
            bindings=[Binding(cluster_role="view", users=["system:admin"], namespaces=["a"])],
            automation=[replace(DEPLOYER, namespace="kube-system")],
        ),
    )

    assert [text.partition(": ")[0] for text in shapes] == [
        "label",
        "context.environment",
        "bindings[0].groups",
        "automation[0].name",
    ]
    assert [text.partition(": ")[0] for text in broken] == [
        "bindings[0].users[0]",
        "automation[0].namespace",
    ]
