"""The roles of a stack file become roles of its clusters, before the bindings that name them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from cks_components import (
    AutomationAccess,
    Binding,
    ClusterAccess,
    ClusterAccessArgs,
    CustomRole,
    CustomRoles,
    Pipeline,
    Place,
    RoleBindings,
    RoleRule,
)
from cks_components.api import errors
from cks_components.api.models import OidcConfig
from cks_components.engine.arguments import ArgumentError
from cks_components.kubernetes.labels import MANAGED_BY
from cks_components.stack import deploy
from tests.kubernetes_api import FakeKubernetes
from tests.mocks.test_presence import Fleet, config, fleet, host

if TYPE_CHECKING:
    from tests.mocks.conftest import RecordingEngine

__all__ = ["fleet"]  # pytest finds the fixture here
PODS = {"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}
JOBS = {"name": "jobs", "rules": [PODS]}
ON_CALL = {"name": "on-call", "extends": "view", "rules": [PODS]}
QUEUE = {"name": "queue", "namespaces": ["training", "training"], "rules": [PODS]}
RULE = RoleRule(verbs=["get"], api_groups=[""], resources=["pods"])
OIDC = OidcConfig(issuer_url="https://idp.example.com", client_id="cks", username_claim="email")
GROUP = "rbac.authorization.k8s.io"


def declare(engine: RecordingEngine, make: Callable[[], object]) -> None:
    def program() -> None:
        make()

    engine.deploy(program)


def test_the_names_in_the_state_and_on_the_cluster_are_these(
    engine: RecordingEngine, fleet: Fleet
) -> None:
    """What people's states hold never changes."""
    fleet(1)
    bindings = [
        {"groups": ["ml"], "clusterRole": "jobs"},
        {"groups": ["ml"], "role": "queue", "namespaces": ["training"]},
    ]
    pipeline = {"name": "cd", "namespace": "training", "role": "queue", "namespaces": ["training"]}
    values = config({"roles": [JOBS, ON_CALL, QUEUE], "bindings": bindings})
    values["cks-access:automation"] = json.dumps([pipeline])

    engine.deploy(lambda: deploy(values))

    key = "000000000000"
    named = {
        (r.typ.rpartition(":")[2], r.name): (r.inputs.get("metadata") or {}).get("name")
        for r in engine.registered.values()
        if "rbac" in r.typ or r.typ == "cks:index:CustomRoles"
    }
    assert named == {
        ("CustomRoles", f"{key}-roles"): None,
        ("ClusterRole", f"{key}-roles:jobs"): "jobs",
        ("ClusterRole", f"{key}-roles:on-call"): "on-call",
        (
            "ClusterRole",
            f"{key}-roles:cks-access:aggregate-to-on-call",
        ): "cks-access:aggregate-to-on-call",
        ("Role", f"{key}-roles:training:queue"): "queue",
        ("ClusterRoleBinding", f"{key}-rbac:jobs"): None,
        ("RoleBinding", f"{key}-rbac:training:Role:queue"): None,
        ("RoleBinding", f"{key}:cd:training:Role:queue"): None,
    }


def test_a_role_that_extends_another_aggregates_it_and_its_own_rules(
    engine: RecordingEngine,
) -> None:
    role = CustomRole(name="on-call", extends="view", rules=[RULE])

    declare(engine, lambda: CustomRoles("c", [role]))

    added = engine.registered["c:cks-access:aggregate-to-on-call"].inputs
    whole = engine.registered["c:on-call"].inputs
    assert added["metadata"]["labels"] == {**MANAGED_BY, "cks-access/aggregate-to": "on-call"}
    assert added["rules"] == [PODS]
    assert "rules" not in whole
    assert whole["aggregationRule"]["clusterRoleSelectors"] == [
        {"matchLabels": {f"{GROUP}/aggregate-to-view": "true"}},
        {"matchLabels": {"cks-access/aggregate-to": "on-call"}},
    ]


def test_a_role_that_adds_nothing_has_one_object(engine: RecordingEngine) -> None:
    declare(engine, lambda: CustomRoles("c", [CustomRole(name="readers", extends="view")]))

    (role,) = engine.typed(":ClusterRole")
    assert role.inputs["aggregationRule"]["clusterRoleSelectors"] == [
        {"matchLabels": {f"{GROUP}/aggregate-to-view": "true"}}
    ]


def test_the_rules_of_a_plain_role_may_be_taken_back_from_the_controller(
    engine: RecordingEngine,
) -> None:
    """Kubernetes' controller wrote them, if the role extended another until now."""
    metrics = RoleRule(verbs=("get",), non_resource_urls=("/metrics",))

    declare(engine, lambda: CustomRoles("c", [CustomRole(name="metrics", rules=[metrics])]))

    inputs = engine.registered["c:metrics"].inputs
    assert inputs["metadata"]["annotations"] == {"pulumi.com/patchForce": "true"}
    assert inputs["rules"] == [{"verbs": ["get"], "nonResourceURLs": ["/metrics"]}]


def test_a_binding_names_the_kind_of_its_role(engine: RecordingEngine) -> None:
    both = [
        Binding(role="queue", users=["ann@example.com"], namespaces=["training"]),
        Binding(cluster_role="queue", users=["ben@example.com"], namespaces=["training"]),
    ]

    declare(engine, lambda: RoleBindings("c", both, OIDC))

    found = {r.name: r.inputs["roleRef"]["kind"] for r in engine.typed(":RoleBinding")}
    assert found == {"c:training:Role:queue": "Role", "c:training:queue": "ClusterRole"}


def test_roles_alone_are_written_too(engine: RecordingEngine, fleet: Fleet) -> None:
    (cluster,) = fleet(1)

    engine.deploy(lambda: deploy(config({"roles": [JOBS]})))

    assert [r.name for r in engine.typed(":ClusterRole")] == ["000000000000-roles:jobs"]
    assert cluster.sent == ["GET namespaces", "GET clusterroles"]


def test_the_access_of_a_stack_names_a_role_under_its_own_key(
    engine: RecordingEngine, fleet: Fleet
) -> None:
    made: list[ClusterAccess] = []

    def program() -> None:
        args = ClusterAccessArgs(
            cluster_id="1b5274f2-8012-4b68-9010-000000000000",
            endpoint=host(0),
            roles=[CustomRole(name="queue", namespaces=["training"], rules=[RULE])],
            bindings=[Binding(role="queue", users=["ann"], namespaces=["training"])],
            automation=[
                Pipeline(name="cd", namespace="training", role="queue", namespaces=["training"])
            ],
        )
        made.append(ClusterAccess("east", args))

    seen: list[Any] = []
    fleet(1)

    def observed() -> None:
        program()
        made[0].access.apply(seen.append)

    engine.deploy(observed)

    assert seen == [
        [
            {"kind": "User", "subject": "ann", "role": "queue", "namespaces": ["training"]},
            {
                "kind": "ServiceAccount",
                "subject": "system:serviceaccount:training:cd",
                "role": "queue",
                "namespaces": ["training"],
            },
        ]
    ]


class TestOnTheCluster:
    """What is there is looked at before anything is written."""

    @staticmethod
    def refused(engine: RecordingEngine, **cluster: Any) -> list[str]:
        with pytest.raises(errors.SettingsError) as caught:
            engine.deploy(lambda: deploy(config(cluster)))
        assert engine.registered == {}
        return [finding.partition(";")[0] for finding in caught.value.findings]

    def test_a_role_of_the_stack_need_not_be_there(
        self, engine: RecordingEngine, fleet: Fleet
    ) -> None:
        (cluster,) = fleet(1)
        binding = {"groups": ["ml"], "role": "queue", "namespaces": ["training"]}

        engine.deploy(lambda: deploy(config({"roles": [QUEUE], "bindings": [binding]})))

        assert cluster.sent == ["GET namespaces", "GET clusterroles", "GET roles"]

    def test_a_role_of_somebody_else_must_be_there(
        self, engine: RecordingEngine, fleet: Fleet
    ) -> None:
        fleet(1, namespaced_roles=[("training", "queues"), ("serving", "queue")])
        binding = {"groups": ["ml"], "role": "queue", "namespaces": ["training"]}

        assert self.refused(engine, bindings=[binding]) == [
            'clusters[0].bindings[0].role: namespace "training" of cluster c0 has no Role "queue" '
            '(the nearest is "queues"), so this would grant nothing there'
        ]

    def test_a_role_of_somebody_else_is_never_taken_over(
        self, engine: RecordingEngine, fleet: Fleet
    ) -> None:
        fleet(1, roles=["view", "jobs"], namespaced_roles=[("training", "queue")])

        assert self.refused(engine, roles=[JOBS, QUEUE]) == [
            'clusters[0].roles[0].name: cluster c0 has a ClusterRole "jobs" that this program did '
            "not make, and it is not replaced",
            'clusters[0].roles[1].name: cluster c0 has a Role "queue" in namespace "training" that '
            "this program did not make, and it is not replaced",
        ]

    def test_a_role_that_this_program_made_is_its_own(
        self, engine: RecordingEngine, fleet: Fleet
    ) -> None:
        fleet(1, roles=["view", "jobs"], role_labels={"jobs": MANAGED_BY})

        engine.deploy(lambda: deploy(config({"roles": [JOBS]})))

        assert len(engine.typed(":ClusterRole")) == 1


class TestInAProgram:
    """What a program passes is judged like a stack file."""

    @pytest.mark.parametrize(
        ("roles", "text"),
        [
            ([CustomRole(name="a b", rules=[RULE])], 'roles[0].name: "a b" must be a name of'),
            ([CustomRole(name="a", rules=[RoleRule(verbs="get")])], "roles[0].rules[0].verbs: must be a list"),
            ([CustomRole(name="a", namespaces=["A"], rules=[RULE])], 'roles[0].namespaces[0]: "A" must be a name'),
            ([CustomRole(name="a")], "roles[0].rules: is empty"),
            ([CustomRole(name="a", rules=[RULE])] * 2, 'roles[1].name: "a" is the name of roles[0]'),
            ([CustomRole(name="view", rules=[RULE])], 'roles[0].name: "view" is a role that every cluster'),
            ([JOBS], "roles[0]: must be CustomRole, but is of type dict"),
            ([CustomRole(name="a", rules=[PODS])], "roles[0].rules[0]: must be RoleRule"),  # type: ignore[list-item] # what a program without types may pass
            ("jobs", "roles: must be a list"),
        ],
    )  # fmt: skip
    def test_a_wrong_role_is_refused(self, engine: RecordingEngine, roles: Any, text: str) -> None:
        with pytest.raises(ArgumentError) as caught:
            declare(engine, lambda: CustomRoles("c", roles))

        assert caught.value.findings[0].startswith(text)
        assert engine.registered == {}

    @pytest.mark.parametrize(
        ("given", "text"),
        [
            ({}, "cluster_role: is empty"),
            ({"role": 7}, "role: must be a string"),
            ({"cluster_role": 7, "role": "a"}, "cluster_role: must be a string"),
            ({"cluster_role": "view", "role": "a"}, "role: stands beside clusterRole"),
            ({"role": "a"}, "namespaces: is missing, and a Role holds in namespaces only"),
        ],
    )
    def test_an_entry_names_one_role(
        self, engine: RecordingEngine, given: dict[str, Any], text: str
    ) -> None:
        binding = Binding(users=["ann"], **given)
        pipeline = Pipeline(name="cd", namespace="ci", **given)
        place = Place(
            cluster="east", cluster_id="1b5274f2-8012-4b68-9010-000000000000", endpoint=host(0)
        )
        tries: list[tuple[str, Callable[[], object]]] = [
            ("bindings[0]", lambda: RoleBindings("c", [binding], OIDC)),
            ("cd", lambda: AutomationAccess("cd", pipeline, place, is_looked_up=True)),
        ]
        for path, make in tries:
            with pytest.raises(ArgumentError) as caught:
                declare(engine, make)

            assert caught.value.findings[0].startswith(f"{path}.{text}")
        assert engine.registered == {}

    def test_bindings_and_pipelines_may_name_a_role_of_the_same_program(
        self, engine: RecordingEngine, fleet: Fleet
    ) -> None:
        def program() -> None:
            roles = [CustomRole(name="jobs", rules=[RULE])]
            place = Place(
                cluster="east", cluster_id="1b5274f2-8012-4b68-9010-000000000000", endpoint=host(0)
            )
            RoleBindings(
                "people",
                [Binding(cluster_role="jobs", users=["ann"])],
                OIDC,
                endpoint=host(0),
                roles=roles,
            )
            pipeline = Pipeline(name="cd", namespace="training", cluster_role="jobs")
            AutomationAccess("cd", pipeline, place, roles=roles)

        (cluster,) = fleet(1)
        engine.deploy(program)

        assert isinstance(cluster, FakeKubernetes)
        assert {r.inputs["roleRef"]["name"] for r in engine.typed(":ClusterRoleBinding")} == {
            "jobs"
        }
