"""A stack's own roles in what is said of access: their meaning, and what a change of them changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cks_components.access import json_report, markdown_report, report, review_flags, text_report
from cks_components.access.difference import compare
from cks_components.access.quoted_text import spoken
from cks_components.access.rule_wording import meaning
from cks_components.stack_file.role import RoleSettings

if TYPE_CHECKING:
    from tests.unit.access.conftest import Stack

READ = {"verbs": ["get", "list", "watch"], "apiGroups": [""], "resources": ["pods", "pods/log"]}
SECRETS = {"verbs": ["get"], "apiGroups": [""], "resources": ["secrets"]}
JOBS = {"name": "jobs", "rules": [READ]}
ON_CALL = {"name": "on-call", "extends": "view", "rules": [READ]}
QUEUE = {"name": "queue", "namespaces": ["a"], "rules": [READ]}


def words(*rules: dict[str, Any], **more: Any) -> str:
    given = {"name": "jobs", "rules": list(rules), **more}
    return meaning(RoleSettings.model_validate(given)).gives


def rule(verbs: str, resources: str, group: str = "", **more: Any) -> dict[str, Any]:
    return {
        "verbs": verbs.split(),
        "apiGroups": [group],
        "resources": resources.split(),
        **more,
    }


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (words(READ), "may read pods and pods/log"),
        (words(READ, rule("create", "jobs", "batch")), "may read pods and pods/log; create jobs.batch"),
        (words(rule("get patch", "deployments deployments/scale", "apps")), "may get and patch deployments.apps and deployments.apps/scale"),
        (words(rule("list create update patch delete watch get", "jobs", "batch")), "may read and change jobs.batch"),
        (words(rule("get", "secrets", resourceNames=["db", "web"])), "may get secrets named db and web"),
        (words({"verbs": ["get"], "nonResourceURLs": ["/metrics", "*"]}), "may get /metrics and every URL"),
        (words(rule("get", "*", "apps"), rule("patch", "*", "batch", resourceNames=["x"])), "may get everything of apps; patch everything of batch named x"),
        (words(rule("get", "pods"), rule("get", "services pods")), "may get pods and services"),
        (words(extends="view"), "may do what view may"),
        (words(READ, extends="edit"), "may do what edit may, and read pods and pods/log"),
        (words(SECRETS), "may get secrets; this lets its holder read every password, key and token that is kept there"),
    ],
)  # fmt: skip
def test_rules_are_said_in_words(said: str, expected: str) -> None:
    assert said == expected


def test_everything_says_all_that_it_leads_to() -> None:
    said = words(rule("*", "*"))

    assert said.startswith("may do everything with everything of the core API group; this lets ")
    assert "read every password" in said
    assert "log in as every service account" in said


def test_the_legend_explains_own_roles_by_their_rules(stack: Stack) -> None:
    access = stack.access(
        stack.binding("jobs", "ml"),
        {"groups": ["ml"], "role": "queue", "namespaces": ["a"]},
        {"groups": ["ml"], "role": "theirs", "namespaces": ["a"]},
        roles=[JOBS, QUEUE],
    )

    shown = text_report.render(report.of_access("test", access), width=None)

    assert shown.splitlines()[-3:] == [
        "jobs: may read pods and pods/log",
        "role/queue: may read pods and pods/log",
        "role/theirs: may do what the Role of this name allows in the namespace",
    ]
    data = json_report.of_access("test", access)
    assert data["roles"]["jobs"] == {"gives": "may read pods and pods/log", "withholds": ""}
    keys = [("clusterRole", "jobs"), ("role", "queue"), ("role", "theirs")]
    assert [grant[key] for grant, (key, _) in zip(data["grants"], keys, strict=True)] == [
        name for _, name in keys
    ]


def test_a_role_that_differs_between_clusters_is_explained_for_each(stack: Stack) -> None:
    clusters = [
        {"name": "east", "roles": [JOBS]},
        {"name": "west", "roles": [JOBS]},
        {"name": "south", "roles": [JOBS | {"rules": [rule("get", "pods")]}]},
    ]
    access = stack.access(stack.binding("jobs", "ml"), clusters=clusters)

    shown = text_report.render(report.of_access("test", access), width=None)

    assert shown.splitlines()[-2:] == [
        "jobs (east, west): may read pods and pods/log",
        "jobs (south): may get pods",
    ]


def test_a_rule_cannot_write_markup_into_a_comment(stack: Stack) -> None:
    role = JOBS | {"rules": [rule("get", "<img>`x`")]}
    access = stack.access(stack.binding("jobs", "ml"), roles=[role])

    shown = markdown_report.render(report.of_access("test", access))

    assert "<img>" not in shown
    assert "may&#32;get&#32;&#60;img&#62;&#96;x&#96;" in shown


def flags(before: Any, after: Any) -> list[tuple[str, str]]:
    return [
        (flag.kind, spoken(flag.text, str)) for flag in review_flags.raised(compare(before, after))
    ]


def test_a_changed_role_is_flagged_although_no_binding_changes(stack: Stack) -> None:
    bound = stack.binding("jobs", "ml", namespaces=["a"])
    before = stack.access(bound, roles=[JOBS])
    after = stack.access(
        bound, roles=[JOBS | {"extends": "view", "rules": [READ | {"verbs": ["get"]}]}]
    )

    assert flags(before, after) == [
        (
            "role-changed",
            "the role jobs changes for Group okta:ml (ml) in a; it extends view, and before "
            "nothing; it no longer gives: list and watch pods and pods/log",
        )
    ]
    assert flags(before, before) == []
    assert flags(before, stack.access(bound, roles=[JOBS | {"rules": [READ, READ]}])) == []


def test_a_new_or_removed_role_is_no_changed_one(stack: Stack) -> None:
    assert flags(stack.access(roles=[JOBS]), stack.access(roles=[ON_CALL])) == []


def test_a_role_that_leads_to_more_is_flagged_when_it_is_given(stack: Stack) -> None:
    roles = [JOBS | {"rules": [SECRETS]}]
    after = stack.access(stack.binding("jobs", "ml", namespaces=["a"]), roles=roles)

    assert flags(stack.access(roles=roles), after) == [
        (
            "escalating-role-given",
            "Group okta:ml (ml) gets jobs in a, which lets its holder read every password, key and "
            "token that is kept there",
        )
    ]


@pytest.mark.parametrize("places", [None, ["a", "kube-system"]])
def test_a_role_that_creates_workloads_is_flagged_where_the_control_plane_is(
    stack: Stack, places: list[str] | None
) -> None:
    roles = [JOBS | {"rules": [rule("create", "jobs", "batch")]}]
    where = {"namespaces": places} if places else {}

    ((kind, text),) = flags(
        stack.access(roles=roles), stack.access(stack.binding("jobs", "ml", **where), roles=roles)
    )

    assert kind == "escalating-role-given"
    assert text.endswith(
        "which lets its holder run its own images as every service account there, the control "
        "plane's included"
    )


def test_a_role_that_creates_workloads_in_a_namespace_of_its_own_is_not_flagged(
    stack: Stack,
) -> None:
    roles = [JOBS | {"rules": [rule("create update patch", "jobs cronjobs", "batch")]}]
    after = stack.access(stack.binding("jobs", "ml", namespaces=["a"]), roles=roles)

    assert flags(stack.access(roles=roles), after) == []


def test_a_role_that_changes_bindings_is_flagged_when_it_is_given(stack: Stack) -> None:
    roles = [JOBS | {"rules": [rule("create", "rolebindings", "rbac.authorization.k8s.io")]}]
    after = stack.access(stack.binding("jobs", "ml", namespaces=["a"]), roles=roles)

    ((kind, text),) = flags(stack.access(roles=roles), after)

    assert kind == "escalating-role-given"
    assert text.endswith(
        "change others' roles and bindings, within the rights that it has or may give"
    )


def test_a_role_that_extends_edit_is_flagged_cluster_wide(stack: Stack) -> None:
    roles = [JOBS | {"extends": "edit"}]
    after = stack.access(stack.binding("jobs", "ml"), roles=roles)

    assert [kind for kind, _ in flags(stack.access(roles=roles), after)] == ["cluster-wide-given"]


def test_who_has_a_role_that_extends_admin_is_not_nobody(stack: Stack) -> None:
    before = stack.access(stack.binding("admin", "ml", namespaces=["a"]))
    after = stack.access(
        stack.binding("jobs", "ml", namespaces=["a"]), roles=[JOBS | {"extends": "admin"}]
    )

    assert flags(before, after) == []


def test_a_role_that_extends_what_somebody_had_takes_nothing_away(stack: Stack) -> None:
    before = stack.access(stack.binding("view", "ml", namespaces=["a"]), roles=[ON_CALL])
    after = stack.access(stack.binding("on-call", "ml", namespaces=["a"]), roles=[ON_CALL])

    there, back = compare(before, after), compare(after, before)

    assert [change.scope.role for change in there.gains] == ["on-call"]
    assert there.losses == ()
    assert [change.scope.role for change in back.losses] == ["on-call"]
    assert back.gains == ()


def test_the_roles_of_a_removed_cluster_are_explained_as_they_were(stack: Stack) -> None:
    gone = {"clusters": [{"name": "east", "roles": [ON_CALL]}]}
    before = stack.access(stack.binding("on-call", "ml"), **gone)
    after = stack.access(stack.binding("view", "ml"), clusters=[{"name": "west"}])

    data = json_report.of_difference("test", "main", compare(before, after))

    assert data["roles"]["on-call"]["gives"] == "may do what view may, and read pods and pods/log"
