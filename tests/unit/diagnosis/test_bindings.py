"""The bindings on a cluster, compared with those of a stack file."""

from __future__ import annotations

import pytest

from cks_components.access.live_policy import LivePolicy
from cks_components.api.models import OidcConfig
from cks_components.diagnosis.bindings import bindings
from cks_components.diagnosis.result import Result, State
from cks_components.rbac.policy import Binding, Policy, RoleRef, Subject

VIEW = RoleRef("ClusterRole", "view")
BLOCK = OidcConfig.read(
    {"issuerUrl": "https://idp.example.com", "clientId": "c", "groupsClaim": "g"}
)
WITHOUT_GROUPS = BLOCK.model_copy(update={"groups_claim": None, "groups_prefix": "oidc:"})
ANN = Subject(kind="User", name="ann")
DEPLOYER = Subject(kind="ServiceAccount", name="deployer", namespace="ci")


def group(name: str) -> Subject:
    return Subject(kind="Group", name=name)


def bound(*subjects: Subject, namespace: str | None = None, role: RoleRef = VIEW) -> Binding:
    return Binding(name="bindings[0]", role=role, subjects=subjects, namespace=namespace)


def results(
    wanted: list[Binding], *there: Binding, block: OidcConfig = BLOCK, has_webhook: bool = False
) -> list[Result]:
    live = LivePolicy(Policy([], there), frozenset())
    return bindings("east", wanted, live, block, has_webhook=has_webhook)


def texts(wanted: list[Binding], *there: Binding) -> list[str]:
    return [result.text for result in results(wanted, *there) if result.state is State.WRONG]


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
    (found,) = bindings("east", [bound(DEPLOYER)], None, BLOCK)

    assert found.state is State.WARNING
    assert "may not list roles and bindings" in found.text


def test_groups_are_not_compared_where_logins_have_none() -> None:
    """Whatever is bound: without a groupsClaim no name is that of a group."""
    wanted = [bound(group("oidc:ml"), group("ops"), ANN, DEPLOYER)]

    (found,) = results(wanted, bound(group("ml"), ANN, DEPLOYER), block=WITHOUT_GROUPS)

    assert found.state is State.WRONG
    assert found.text.startswith(
        "logins by the cluster's block have no groups, because it has no groupsClaim, so nobody is "
        'in Group "oidc:ml", Group "ops"; set groupsClaim in the stack file\'s identity'
    )
    assert found.text.endswith('and run "pulumi up"')


def test_users_are_compared_where_logins_have_no_groups() -> None:
    (found,) = results(
        [bound(ANN)], bound(Subject(kind="User", name="o:ann")), block=WITHOUT_GROUPS
    )

    assert 'a login gives "ann"' in found.text


def test_without_a_block_nobody_logs_in_and_no_name_is_that_of_a_login() -> None:
    wanted = [bound(group("okta:ml"), ANN, DEPLOYER)]

    nobody, missing = results(wanted, bound(group("ml"), ANN, DEPLOYER), block=OidcConfig())

    assert nobody.state is State.WARNING
    assert nobody.text == (
        'the cluster has no OIDC block, so nobody logs in and nobody is Group "okta:ml", User '
        '"ann"; set '
        'identity in the stack file if it has none, and run "pulumi up"'
    )
    assert missing.text == (
        'bindings[0]: Group "okta:ml" has no binding to ClusterRole view cluster wide. Run "pulumi '
        'up --refresh"'
    )


def test_a_webhook_may_give_the_names_that_logins_lack() -> None:
    wanted = [bound(group("ml"), ANN)]

    for block in (OidcConfig(), WITHOUT_GROUPS):
        (found,) = results(wanted, *wanted, block=block, has_webhook=True)
        (missing,) = results(wanted, bound(group("x:ml"), ANN), block=block, has_webhook=True)

        assert (found.state, found.text) == (State.FINE, "those of the stack file are there")
        assert 'Group "ml" has no binding' in missing.text
        assert "a login gives" not in missing.text


@pytest.mark.parametrize("block", [OidcConfig(), WITHOUT_GROUPS], ids=["none", "no groups"])
def test_who_needs_no_login_is_fine_without_one(block: OidcConfig) -> None:
    wanted = [bound(group("system:authenticated"), DEPLOYER)]

    (found,) = results(wanted, *wanted, block=block)

    assert found.state is State.FINE
