"""What a stack made on a cluster, and what is still there of it."""

from __future__ import annotations

from typing import Any

import pytest

from cks_components.access.live_policy import LivePolicy
from cks_components.diagnosis.own_objects import accounts, own_roles
from cks_components.diagnosis.result import State
from cks_components.rbac.policy import LabelSelector, Policy, Role, rule_from
from cks_components.stack_file.pipeline import PipelineSettings
from cks_components.stack_file.role import RoleSettings
from cks_components.stack_file.settings import Located

READS = {"verbs": ["get", "list"], "apiGroups": [""], "resources": ["pods", "secrets"]}
CURE = '; run "pulumi refresh", then "pulumi up"'


def role(**more: Any) -> RoleSettings:
    return RoleSettings.model_validate({"name": "odd", "rules": [READS]} | more)


def made(given: RoleSettings, *others: Role) -> list[Role]:
    return [*given.objects(), *others]


def rules(*written: dict[str, Any]) -> Any:
    return tuple(map(rule_from, written))


def texts(given: RoleSettings, there: list[Role]) -> list[str]:
    found = own_roles(
        "east", [Located("roles[0]", given)], LivePolicy(Policy(there, []), frozenset())
    )
    assert {result.subject for result in found} == {"cluster east: roles of the stack"}
    return [result.text for result in found if result.state is State.WRONG]


@pytest.mark.parametrize("more", [{}, {"namespaces": ["a", "b"]}, {"extends": "view"}], ids=str)
def test_a_role_that_is_as_the_file_says_is_fine(more: dict[str, Any]) -> None:
    assert texts(role(**more), made(role(**more))) == []


def test_a_role_that_is_gone_is_wrong_in_each_of_its_namespaces() -> None:
    in_two = role(namespaces=["a", "b"])

    assert texts(role(), []) == [
        f"roles[0]: the cluster has no ClusterRole odd, so nobody has a right by it{CURE}"
    ]
    assert texts(in_two, made(in_two)[1:]) == [
        f"roles[0]: the cluster has no Role a/odd, so nobody has a right by it{CURE}"
    ]


def test_the_part_that_is_added_to_another_role_is_looked_for_too() -> None:
    extended = role(extends="view")

    assert texts(extended, made(extended)[1:]) == [
        "roles[0]: the cluster has no ClusterRole cks-access:aggregate-to-odd, so odd gives no more "
        f"than view{CURE}"
    ]


def test_a_role_that_gives_something_else_is_wrong_and_another_order_is_no_difference() -> None:
    parts = [READS | {"resources": [one], "verbs": ["list", "get"]} for one in ("secrets", "pods")]
    other = READS | {"resources": ["pods", "nodes"]}

    assert texts(role(), [Role(name="odd", rules=rules(*parts))]) == []
    assert texts(role(), [Role(name="odd", rules=rules(other))]) == [
        "roles[0]: ClusterRole odd is not as in the stack file: it does not give: get and list "
        f"secrets, and it also gives: get and list nodes{CURE}"
    ]


def test_what_others_add_to_the_role_that_it_extends_is_no_difference() -> None:
    extended = role(extends="view")
    label = {"rbac.authorization.k8s.io/aggregate-to-view": "true"}
    jobs = Role(name="jobs", labels=label, rules=rules(READS | {"resources": ["jobs"]}))
    selector = LabelSelector(match_labels=tuple(label.items()))
    view = Role(name="view", aggregates=(selector,))

    assert texts(extended, made(extended, jobs, view)) == []
    cut = Role(name="odd", aggregates=(selector,))
    assert texts(extended, [*made(extended, jobs, view)[:1], cut, jobs, view]) == [
        "roles[0]: ClusterRole odd is not as in the stack file: it does not give: get and list pods "
        f"and secrets{CURE}"
    ]


def test_roles_that_may_not_be_listed_are_not_judged() -> None:
    (found,) = own_roles("east", [Located("roles[0]", role())], None)

    assert found.state is State.WARNING
    assert "may not list roles and bindings" in found.text


def test_the_account_of_each_pipeline_is_looked_for_in_its_namespace() -> None:
    pipelines = [
        Located(
            f"automation[{i}]",
            PipelineSettings.model_validate(
                {"name": name, "namespace": "ci", "clusterRole": "view"}
            ),
        )
        for i, name in enumerate(("cd", "builds"))
    ]

    (fine,) = accounts("east", pipelines, {("ci", "cd"), ("ci", "builds")})
    (found,) = accounts("east", pipelines, {("ci", "cd"), ("default", "builds")})

    assert fine.state is State.FINE
    assert found.state is State.WRONG
    assert found.subject == "cluster east: service accounts"
    assert found.text == (
        "automation[1]: the cluster has no ServiceAccount ci/builds, so every token of the pipeline "
        f"is refused and none can be minted{CURE}"
    )
