"""Which grants somebody has under a name and with groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cks_components.access.held_grants import held_grants, nearest_subject

if TYPE_CHECKING:
    from tests.unit.access.conftest import Stack

ALICE = "alice@example.com"
PIPELINE = {"name": "deployer", "namespace": "ci", "clusterRole": "edit"}


def test_a_user_has_what_is_bound_to_the_name_and_to_the_groups_byte_for_byte(stack: Stack) -> None:
    access = stack.access(
        stack.binding("edit", "ml"),
        stack.binding("view", "ML"),
        {"clusterRole": "admin", "users": [ALICE]},
        {"clusterRole": "admin", "users": ["okta:ml"]},
    )

    found = held_grants(access, ALICE, ["okta:ml", "system:authenticated"], ["east"])

    assert [(g.scope.role, g.source) for g in found] == [
        ("edit", "bindings[0]"),
        ("admin", "bindings[2]"),
    ]


def test_grants_on_other_clusters_do_not_count(stack: Stack) -> None:
    access = stack.access(
        stack.binding("edit", "ml"), clusters=[{"name": "east"}, {"name": "west"}]
    )

    assert [g.cluster for g in held_grants(access, ALICE, ["okta:ml"], ["west"])] == ["west"]


def test_a_pipeline_has_the_grants_of_its_service_account(stack: Stack) -> None:
    access = stack.access(automation=[PIPELINE])

    (grant,) = held_grants(access, "system:serviceaccount:ci:deployer", [], ["east"])

    assert grant.source == "automation[0]"


def test_the_group_that_cks_binds_counts_with_and_without_prefix(stack: Stack) -> None:
    access = stack.identity(adminGroupBinding="root")

    for group in ("root", "okta:root"):
        assert len(held_grants(access, ALICE, [group], ["east"])) == 1
    assert held_grants(access, ALICE, ["okta:ml"], ["east"]) == ()


def test_the_nearest_bound_name_is_found_for_whoever_has_none(stack: Stack) -> None:
    access = stack.access(stack.binding("edit", "ml-engineers"))

    assert "okta:ml-engineers" in nearest_subject(access, ALICE, ["ml-engineers"])
    assert nearest_subject(access, ALICE, []) == ""


def test_a_job_of_github_with_ids_is_told_which_binding_is_of_the_form_without(
    stack: Stack,
) -> None:
    old, new = "repo:acme/infra:environment:prod", "repo:acme@65/infra@77:environment:prod"
    access = stack.access({"clusterRole": "edit", "users": [old]})
    prefix = access.grants[0].holder.subject.removesuffix(old)

    found = nearest_subject(access, prefix + new, [])

    assert f'"{prefix}{old}" is bound' in found
    assert found.endswith(f'bind "{new}" as well')
    assert "as well" not in nearest_subject(access, f"{prefix}{old}x", [])
