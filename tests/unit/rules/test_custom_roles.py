"""The roles of a stack file make sense, and its entries name them as what they are."""

from __future__ import annotations

from typing import Any

import pytest

from cks_components.rules import examine

PODS = {"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}
JOBS = {"name": "jobs", "rules": [PODS]}
QUEUE = {"name": "queue", "namespaces": ["train", "serve"], "rules": [PODS]}


def errors(**values: Any) -> list[str]:
    file = {"clusters": [{"name": "a"}, {"name": "b"}]} | values
    return [str(finding) for finding in examine(file).findings if finding.refuses]


def role_errors(**changes: Any) -> list[str]:
    return errors(roles=[JOBS | changes])


def rule_errors(rule: dict[str, Any], **changes: Any) -> list[str]:
    return role_errors(rules=[rule], **changes)


def bound(**changes: Any) -> dict[str, Any]:
    return {"users": ["ann@example.com"]} | changes


def test_a_role_alone_is_a_reason_for_a_stack() -> None:
    assert role_errors() == []
    assert role_errors(extends="view", rules=[]) == []


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (role_errors(extends="view", namespaces=["train"]), "roles[0].extends: is for ClusterRoles only, and a role with namespaces is a Role; remove one of the two"),
        (role_errors(rules=[]), "roles[0].rules: is empty, so the role would give nothing; write rules"),
        (role_errors(extends="veiw"), 'roles[0].extends: must be view, edit or admin; did you mean "view"?'),
        (role_errors(name="My Role"), 'roles[0].name: "My Role" must be a name of lower-case letters, digits and dashes; write "my-role"'),
        (rule_errors(PODS | {"verbs": []}), "roles[0].rules[0].verbs: is empty; write at least one entry"),
        (rule_errors({"verbs": ["get"]}), "roles[0].rules[0]: names no resources and no nonResourceURLs; write one of the two"),
        (rule_errors({"verbs": ["get"], "resources": ["deployments", "pods"]}), 'roles[0].rules[0].apiGroups: is missing, and a rule for resources has them; write [apps, ""]'),
        (rule_errors({"verbs": ["get"], "resources": ["whatever"]}), 'roles[0].rules[0].apiGroups: is missing, and a rule for resources has them; write [""]'),
        (rule_errors(PODS | {"nonResourceURLs": ["/metrics"]}), "roles[0].rules[0].nonResourceURLs: stands beside resources; write two rules, one for each"),
        (rule_errors({"verbs": ["get"], "nonResourceURLs": ["/metrics"]}, namespaces=["train"]), "roles[0].rules[0].nonResourceURLs: is in no namespace; write the rule into a role without namespaces"),
    ],
)  # fmt: skip
def test_a_role_that_kube_apiserver_would_refuse_is_refused(
    found: list[str], expected: str
) -> None:
    assert found == [expected]


def test_two_roles_of_a_cluster_have_two_names() -> None:
    own = [{"name": "a", "roles": [JOBS]}, {"name": "b", "roles": [JOBS]}]

    assert errors(clusters=own) == []
    assert errors(clusters=own, roles=[QUEUE | {"name": "jobs"}]) == [
        f'clusters[{i}].roles[0].name: "jobs" is the name of roles[0] as well; give each role of a '
        "cluster its own name"
        for i in range(2)
    ]


@pytest.mark.parametrize(
    ("binding", "expected"),
    [
        ({"clusterRole": "jobs"}, None),
        ({"role": "queue", "namespaces": ["train"]}, None),
        ({"role": "theirs", "namespaces": ["train"]}, None),
        ({}, ".clusterRole: is missing; write a clusterRole, or a role and its namespaces"),
        ({"clusterRole": "jobs", "role": "queue"}, ".role: stands beside clusterRole; write one of the two, and a second entry"),
        ({"role": "theirs"}, ".namespaces: is missing, and a Role holds in namespaces only; write them"),
        ({"role": "jobs", "namespaces": ["train"]}, '.role: "jobs" is a ClusterRole (roles[0]); write "clusterRole: jobs"'),
        ({"clusterRole": "queue"}, '.clusterRole: "queue" is a Role (roles[1]); write "role: queue"'),
        ({"role": "queue", "namespaces": ["train", "web"]}, '.namespaces[1]: roles[1] does not define the Role "queue" in "web"; add the namespace there, or remove it here'),
    ],
)  # fmt: skip
def test_an_entry_names_a_role_as_what_it_is(binding: dict[str, Any], expected: str | None) -> None:
    pipeline = {"name": "deployer", "namespace": "ci"}
    roles = [JOBS, QUEUE]

    found = errors(roles=roles, bindings=[bound(**binding)])
    of_pipelines = errors(roles=roles, automation=[pipeline | binding])

    assert found == ([] if expected is None else [f"bindings[0]{expected}"])
    assert of_pipelines == ([] if expected is None else [f"automation[0]{expected}"])


def test_a_role_of_one_cluster_is_none_of_the_others() -> None:
    clusters = [{"name": "a", "roles": [QUEUE]}, {"name": "b"}]
    binding = bound(role="queue", namespaces=["web"])

    (found,) = errors(clusters=clusters, bindings=[binding])

    assert found.startswith("bindings[0].namespaces[0]: clusters[0].roles[0] does not define")


def test_what_extends_edit_is_judged_like_edit() -> None:
    roles = [JOBS | {"extends": "edit"}]
    found = errors(
        environment="production", roles=roles, bindings=[{"groups": ["ml"], "clusterRole": "jobs"}]
    )

    assert [line for line in found if "RBAC-05" in line] == [
        "bindings[0].clusterRole: jobs (which extends edit) cluster wide can create tokens for every "
        "service account, including those of kube-system, which is nearly cluster-admin; write "
        "namespaces, or waive RBAC-05 with a reason [RBAC-05]"
    ]


def test_a_pipeline_may_not_get_more_than_its_role_says() -> None:
    pipeline = {"name": "deployer", "namespace": "ci"}
    jobs = JOBS | {"rules": [PODS | {"verbs": ["create"]}]}
    found = errors(
        environment="production",
        roles=[jobs],
        automation=[
            pipeline | {"clusterRole": "jobs"},
            pipeline | {"name": "node", "clusterRole": "system:node"},
        ],
    )

    assert [(line.split(":")[0], line.rpartition("[")[2]) for line in found] == [
        ("automation[0].clusterRole", "ROLE-14]"),
        ("automation[1].clusterRole", "RBAC-13]"),
    ]


def test_a_role_of_others_is_judged_although_its_namespaces_are_not_known() -> None:
    binding = {"groups": ["ml"], "clusterRole": "theirs", "namespaces": "${places}"}

    unapplied = examine({"clusters": [{"name": "a"}], "bindings": [binding]}).unapplied

    assert not {"RBAC-13", "ROLE-14"} & {*unapplied}


def test_a_waived_rule_about_a_role_is_shown_with_its_reason() -> None:
    role = JOBS | {"rules": [PODS | {"resources": ["secrets"]}]}
    waivers = [{"rule": "ROLE-04", "reason": "the backup reads them"}]
    found = examine(
        {
            "environment": "production",
            "clusters": [{"name": "a"}],
            "roles": [role],
            "waivers": waivers,
        }
    ).findings

    (finding,) = [f for f in found if f.rule == "ROLE-04"]
    assert (finding.path, finding.refuses) == ("roles[0].rules[0]", False)


@pytest.mark.parametrize(
    ("expectation", "expected"),
    [
        ({"user": "ann", "can": ["get pods"]}, []),
        ({"groups": ["ml"], "cannot": ["get pods"]}, []),
        ({"serviceAccount": "ci/cd", "can": ["get pods"]}, []),
        ({"can": ["get pods"]}, ["expect[0]: names nobody; write a user, groups or a serviceAccount"]),
        ({"user": "ann", "serviceAccount": "ci/cd", "can": ["get pods"]}, ["expect[0].serviceAccount: stands beside a user or groups, and is a user of its own; write two tests"]),
        ({"user": "ann"}, ["expect[0]: says nothing; write sentences into can or cannot"]),
    ],
)  # fmt: skip
def test_a_test_of_access_is_about_one_user_and_says_something(
    expectation: dict[str, Any], expected: list[str]
) -> None:
    assert errors(roles=[JOBS], expect=[expectation]) == expected


def test_an_update_verifies_only_what_there_is() -> None:
    assert errors(roles=[JOBS], verify=True) == [
        "verify: has nothing to test; write expect, or remove it"
    ]
