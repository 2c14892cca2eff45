"""What a stack file grants, without asking anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cks_components import role_bindings
from cks_components.access.grants import Cluster, Subject
from cks_components.access.rights import Scope
from cks_components.api.models import OidcConfig

if TYPE_CHECKING:
    from tests.unit.access.conftest import Stack


def test_each_cluster_has_the_stacks_bindings_and_its_own(stack: Stack) -> None:
    own = stack.binding("view", "auditors", namespaces=["b", "a", "b"])
    clusters = [{"name": "east"}, {"name": "w", "alias": "west", "bindings": [own]}]

    found = stack.access(stack.binding("edit", "ml"), clusters=clusters)

    assert found.clusters == (Cluster("east", "east", None), Cluster("west", "w", None))
    assert [(g.cluster, g.holder.subject, g.scope, g.source) for g in found.grants] == [
        ("east", "okta:ml", Scope("edit", None), "bindings[0]"),
        ("west", "okta:ml", Scope("edit", None), "bindings[0]"),
        ("west", "okta:auditors", Scope("view", ("b", "a")), "clusters[1].bindings[0]"),
    ]


def test_the_group_that_cks_binds_is_a_grant_of_cluster_admin_as_it_is_written(
    stack: Stack,
) -> None:
    (grant,) = stack.identity(adminGroupBinding="root").grants

    assert grant.holder == Subject("Group", "root", "root", is_bound_by_cks=True)
    assert grant.scope == Scope("cluster-admin", None)
    assert grant.source == "identity.adminGroupBinding"


def test_without_a_provider_names_are_bound_as_written(stack: Stack) -> None:
    binding = stack.binding("view", "okta:ml", users=["alice"])

    found = [grant.holder for grant in stack.access(binding, identity=None).grants]

    assert found == [Subject("User", "alice", "alice"), Subject("Group", "okta:ml", "okta:ml")]


def test_the_subjects_are_those_that_the_program_binds(stack: Stack) -> None:
    leaves = {"usernameClaim": "sub", "usernamePrefix": "corp#"}
    binding = stack.binding("edit", "ml", "ops", users=["alice"], namespaces=["a"])
    oidc = OidcConfig.model_validate(
        {"issuerUrl": "https://idp.example.com", "groupsPrefix": "okta:"} | leaves
    )
    bound = role_bindings.access(
        [role_bindings.Binding(cluster_role="edit", users=["alice"], groups=["ml", "ops"])], oidc
    )

    found = stack.identity(binding, **leaves)

    assert [(g.holder.kind, g.holder.subject) for g in found.grants] == [
        (row["kind"], row["subject"]) for row in bound
    ]


def test_pipelines_hold_what_their_service_account_is_bound_to(stack: Stack) -> None:
    entry = {"name": "deployer", "namespace": "ci", "clusterRole": "edit", "namespaces": ["a"]}
    own = {"name": "linter", "namespace": "ci", "clusterRole": "view"}

    found = stack.access(clusters=[{"name": "east", "automation": [own]}], automation=[entry])

    deployer, linter = found.grants
    assert deployer.holder == Subject(
        "ServiceAccount", "ci/deployer", "system:serviceaccount:ci:deployer"
    )
    assert (deployer.scope, deployer.source) == (Scope("edit", ("a",)), "automation[0]")
    assert (linter.scope, linter.source) == (Scope("view", None), "clusters[0].automation[0]")
