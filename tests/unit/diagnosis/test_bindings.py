"""The bindings on a cluster, compared with those of a stack file."""

from __future__ import annotations

import pytest

from cks_components.access.live_policy import LivePolicy
from cks_components.diagnosis.bindings import bindings
from cks_components.diagnosis.result import State
from cks_components.rbac.policy import Binding, Policy, RoleRef, Subject

VIEW = RoleRef("ClusterRole", "view")
DEPLOYER = Subject(kind="ServiceAccount", name="deployer", namespace="ci")


def group(name: str) -> Subject:
    return Subject(kind="Group", name=name)


def bound(*subjects: Subject, namespace: str | None = None, role: RoleRef = VIEW) -> Binding:
    return Binding(name="bindings[0]", role=role, subjects=subjects, namespace=namespace)


def texts(wanted: list[Binding], *there: Binding) -> list[str]:
    found = bindings("east", wanted, LivePolicy(Policy([], there), frozenset()))
    return [result.text for result in found if result.state is State.WRONG]


def test_what_is_bound_in_one_or_several_bindings_is_fine() -> None:
    wanted = [bound(group("okta:ml"), group("okta:ops"), DEPLOYER)]

    assert texts(wanted, bound(group("okta:ml")), bound(group("okta:ops"), DEPLOYER)) == []


@pytest.mark.parametrize(
    ("there", "near"),
    [
        ([], ""),
        ([bound(group("okta:ml"), namespace="training")], ""),
        ([bound(group("okta:ml"), role=RoleRef("ClusterRole", "edit"))], ""),
        ([bound(Subject(kind="User", name="okta:ml"))], ""),
        ([bound(group("ml"))], '"ml"'),
        ([bound(group("okta:ML"), group("x"))], '"okta:ML"'),
        ([bound(group("https://idp.example.com#ml"))], '"https://idp.example.com#ml"'),
    ],
)
def test_another_place_role_kind_prefix_or_case_is_another_name(
    there: list[Binding], near: str
) -> None:
    (text,) = texts([bound(group("okta:ml"))], *there)

    begin = 'bindings[0]: Group "okta:ml" has no binding to ClusterRole view cluster wide'
    assert text.startswith(begin)
    assert (f"; {near} has one, but names are compared byte for byte" in text) == bool(near)
    assert text.endswith('Run "pulumi up --refresh"')


def test_a_pipeline_is_named_with_its_namespace() -> None:
    (text,) = texts([bound(DEPLOYER, namespace="training")])

    assert 'ServiceAccount "ci/deployer" has no binding to ClusterRole view in namespace' in text


def test_bindings_that_may_not_be_listed_are_not_judged() -> None:
    (found,) = bindings("east", [bound(DEPLOYER)], None)

    assert found.state is State.WARNING
    assert "may not list roles and bindings" in found.text
