"""Who is allowed what by roles and bindings; the lab compares thousands with the real one."""

from __future__ import annotations

import pytest

from cks_components.kubernetes.user import User, logged_in, service_account
from cks_components.rbac.authorizer import Authorizer
from cks_components.rbac.built_in import built_in
from cks_components.rbac.policy import (
    Binding,
    Policy,
    Role,
    RoleKind,
    RoleRef,
    Subject,
    binding_from,
    role_from,
)
from cks_components.rbac.rule import PolicyRule, ResourceRequest

RULE = PolicyRule(verbs=("get",), api_groups=("",), resources=("pods",))
READER = Role(name="reader", rules=(RULE,))
ANN = Subject(kind="User", name="ann")
BOT = Subject(kind="ServiceAccount", name="bot", namespace="ci")


def bound(
    *subjects: Subject,
    namespace: str | None = None,
    role: str = "reader",
    kind: RoleKind = "ClusterRole",
) -> Binding:
    return Binding(name="b", subjects=subjects, namespace=namespace, role=RoleRef(kind, role))


def allowed(
    user: User, *bindings: Binding, roles: tuple[Role, ...] = (READER,), at: str = ""
) -> bool:
    request = ResourceRequest(verb="get", resource="pods", namespace=at)
    return Authorizer(Policy(roles, bindings)).decide(user, request).is_allowed


def test_a_user_is_bound_byte_for_byte() -> None:
    assert allowed(User("ann"), bound(ANN))
    assert not allowed(User("Ann"), bound(ANN))


def test_a_group_is_one_of_the_users_groups() -> None:
    group = Subject(kind="Group", name="ml")

    assert allowed(User("ann", ("x", "ml")), bound(group))
    assert not allowed(User("ml"), bound(group))


def test_a_service_account_is_its_user_name() -> None:
    assert allowed(service_account("ci", "bot"), bound(BOT))
    assert allowed(User("system:serviceaccount:ci:bot"), bound(BOT))
    assert not allowed(service_account("other", "bot"), bound(BOT))


def test_a_service_account_without_a_namespace_is_of_the_bindings() -> None:
    local = Subject(kind="ServiceAccount", name="bot")

    assert allowed(service_account("ci", "bot"), bound(local, namespace="ci"), at="ci")
    assert not allowed(service_account("ci", "bot"), bound(local), at="ci")


def test_a_cluster_role_in_a_role_binding_holds_in_its_namespace_only() -> None:
    binding = bound(ANN, namespace="training")

    assert allowed(User("ann"), binding, at="training")
    assert not allowed(User("ann"), binding, at="other")
    assert not allowed(User("ann"), binding)


def test_a_role_is_looked_up_in_the_bindings_namespace() -> None:
    role = Role(name="reader", namespace="training", rules=(RULE,))
    binding = bound(ANN, namespace="training", kind="Role")

    assert allowed(User("ann"), binding, roles=(role,), at="training")
    assert not allowed(User("ann"), binding, roles=(READER,), at="training")


def test_a_binding_to_an_unknown_role_gives_nothing_and_is_named() -> None:
    binding = bound(ANN, role="absent")
    request = ResourceRequest(verb="get", resource="pods")

    decision = Authorizer(Policy([READER], [binding])).decide(User("ann"), request)

    assert not decision.is_allowed
    assert decision.unknown == (binding,)


def test_the_privileged_group_is_allowed_everything_without_a_rule() -> None:
    assert allowed(User("root", ("system:masters",)), roles=())


@pytest.mark.parametrize(
    ("binding", "reason"),
    [
        (bound(ANN), 'ClusterRoleBinding "b" of ClusterRole "reader" to User "ann"'),
        (bound(BOT, namespace="t"), 'RoleBinding "b/t" of ClusterRole "reader" to ServiceAccount "bot/ci"'),
        (bound(Subject(kind="ServiceAccount", name="bot"), namespace="ci"), 'RoleBinding "b/ci" of ClusterRole "reader" to ServiceAccount "bot/ci"'),
    ],
)  # fmt: skip
def test_the_reason_has_kube_apiservers_words(binding: Binding, reason: str) -> None:
    user = User("system:serviceaccount:ci:bot")
    request = ResourceRequest(verb="get", resource="pods", namespace=binding.namespace or "")
    authorizer = Authorizer(Policy([READER], [binding]))

    decisions = [authorizer.decide(one, request) for one in (user, User("ann"))]

    (permit,) = [permit for decision in decisions for permit in decision.permits]
    assert permit.reason == f"RBAC: allowed by {reason}"


def test_the_rules_of_a_user_come_with_their_bindings() -> None:
    binding = bound(ANN, namespace="t")
    authorizer = Authorizer(Policy([READER], [binding, bound(ANN, role="absent")]))

    assert list(authorizer.rules(User("ann"), "t")) == [(binding, RULE)]
    assert list(authorizer.rules(User("ann"))) == []


def test_an_aggregated_role_has_the_rules_of_all_that_its_labels_lead_to() -> None:
    def selecting(name: str, label: str, *labels: str) -> Role:
        selector = {"matchLabels": {label: "true"}}
        return role_from(
            {
                "metadata": {"name": name, "labels": dict.fromkeys(labels, "true")},
                "aggregationRule": {"clusterRoleSelectors": [selector]},
                "rules": [{"verbs": ["stale"], "apiGroups": [""], "resources": ["pods"]}],
            }
        )

    part = Role(name="part", labels={"to-lower": "true", "to-upper": "false"}, rules=(RULE,))
    lower = selecting("lower", "to-lower", "to-upper")
    upper = selecting("upper", "to-upper", "to-lower")  # a circle, which the controller copes with
    elsewhere = Role(name="part", namespace="t", labels={"to-upper": "true"}, rules=(RULE, RULE))
    policy = Policy([part, lower, upper, elsewhere], [])

    assert policy.rules(upper) == policy.rules(lower) == (RULE,)
    assert policy.rules(upper) is policy.rules(upper)  # made once


@pytest.mark.parametrize(
    ("operator", "values", "labels", "expected"),
    [
        ("In", ["a", "b"], {"k": "a"}, True),
        ("In", ["a"], {}, False),
        ("NotIn", ["a"], {}, True),
        ("NotIn", ["a"], {"k": "a"}, False),
        ("Exists", None, {"k": ""}, True),
        ("Exists", None, {}, False),
        ("DoesNotExist", None, {}, True),
        ("DoesNotExist", None, {"k": "a"}, False),
    ],
)
def test_an_expression_selects_by_a_label(
    operator: str, values: list[str] | None, labels: dict[str, str], expected: bool
) -> None:
    part = Role(name="part", labels=labels, rules=(RULE,))
    expression = {"key": "k", "operator": operator, "values": values}
    whole = role_from(
        {
            "metadata": {"name": "whole"},
            "aggregationRule": {"clusterRoleSelectors": [{"matchExpressions": [expression]}]},
        }
    )

    assert bool(Policy([part, whole], []).rules(whole)) is expected


def test_objects_of_the_api_become_roles_and_bindings() -> None:
    group = "rbac.authorization.k8s.io"
    role = role_from(
        {
            "metadata": {"name": "urls", "labels": None},
            "rules": [{"verbs": ["get"], "nonResourceURLs": ["/metrics"]}],
        }
    )
    binding = binding_from(
        {
            "metadata": {"name": "b", "namespace": "t"},
            "roleRef": {"apiGroup": group, "kind": "Role", "name": "r"},
            "subjects": [
                {"apiGroup": group, "kind": "User", "name": "ann"},
                {"kind": "ServiceAccount", "name": "bot", "namespace": "ci"},
            ],
        }
    )

    assert role == Role(
        name="urls", rules=(PolicyRule(verbs=("get",), non_resource_urls=("/metrics",)),)
    )
    assert binding == Binding(
        name="b", namespace="t", role=RoleRef("Role", "r"), subjects=(ANN, BOT)
    )
    unbound = {"metadata": {"name": "b"}, "roleRef": {"kind": "ClusterRole", "name": "r"}}
    assert binding_from(unbound).subjects == ()


def test_everybody_may_ask_who_he_is_on_every_cluster() -> None:
    authorizer = Authorizer(Policy(built_in().roles, built_in().bindings))
    request = ResourceRequest(
        verb="create", group="authentication.k8s.io", resource="selfsubjectreviews"
    )

    assert authorizer.decide(logged_in("ann"), request).is_allowed
    assert not authorizer.decide(User("ann"), request).is_allowed


@pytest.mark.parametrize(
    ("role", "verb", "resource", "expected"),
    [
        ("view", "get", "pods", True),
        ("view", "get", "secrets", False),
        ("edit", "get", "secrets", True),
        ("edit", "create", "rolebindings", False),
        ("admin", "create", "rolebindings", True),
        ("cluster-admin", "escalate", "clusterroles", True),
    ],
)
def test_the_roles_of_every_cluster_are_filled(
    role: str, verb: str, resource: str, expected: bool
) -> None:
    binding = bound(ANN, role=role, namespace="t")
    authorizer = Authorizer(Policy(built_in().roles, [*built_in().bindings, binding]))
    group = "rbac.authorization.k8s.io" if "role" in resource else ""
    request = ResourceRequest(verb=verb, group=group, resource=resource, namespace="t")

    assert authorizer.decide(User("ann"), request).is_allowed is expected
