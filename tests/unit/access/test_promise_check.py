"""The promises of a stack file, decided by the file alone or said to be undecided."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from cks_components.access import promise_report
from cks_components.access.promise_check import Outcome, Verdict, outcomes
from cks_components.stack_file.settings import StackSettings

IDENTITY = {
    "issuerUrl": "https://idp.example.com",
    "clientId": "cks",
    "usernameClaim": "sub",
    "usernamePrefix": "okta:",
    "groupsClaim": "groups",
    "groupsPrefix": "okta:",
}
EDITORS = {"groups": ["ml"], "clusterRole": "edit", "namespaces": ["training"]}
VIEWERS = {"users": ["ann"], "clusterRole": "view"}
ONE_SECRET = {
    "name": "db-reader",
    "namespaces": ["training"],
    "rules": [
        {"verbs": ["get"], "apiGroups": [""], "resources": ["secrets"], "resourceNames": ["db"]}
    ],
}
PIPELINE = {"name": "cd", "namespace": "ci", "role": "db-reader", "namespaces": ["training"]}
NO_RULE = "no rule of the stack or of Kubernetes allows it"


def checked(expectation: dict[str, Any], **values: Any) -> list[Outcome]:
    file = {
        "clusters": [{"name": "east"}],
        "identity": IDENTITY,
        "bindings": [EDITORS, VIEWERS],
        "automation": [PIPELINE],
        "roles": [ONE_SECRET],
        "expect": [expectation],
    }
    return outcomes(StackSettings.model_validate(file | values))


def only(expectation: dict[str, Any], **values: Any) -> tuple[str, str]:
    (found,) = checked(expectation, **values)
    return str(found.verdict), found.reason


def ml(**more: Any) -> dict[str, Any]:
    return {"user": "ben", "groups": ["ml"], **more}


def test_what_a_rule_allows_is_said_with_its_role_and_binding() -> None:
    assert only(ml(can=["get pods/log -n training"])) == (
        "kept",
        'ClusterRole edit by bindings[0] (to Group okta:ml) allows it in namespace "training", by '
        "the rule: read bindings, limitranges, namespaces/status, pods/log, pods/status, "
        "replicationcontrollers/status, resourcequotas and resourcequotas/status",
    )


@pytest.mark.parametrize(
    ("expectation", "verdict"),
    [
        (ml(can=["get pods -n other"]), "broken"),
        (ml(can=["get pods"]), "broken"),
        (ml(can=["* pods -n training"]), "kept"),
        (ml(can=["* secrets -n training"]), "kept"),
        (ml(can=["* resourcequotas -n training"]), "broken"),
        (ml(can=["get namespaces training"]), "kept"),
        (ml(can=["get namespaces/status training"]), "kept"),
        (ml(can=["get namespaces other"]), "broken"),
        (ml(can=["get namespaces"]), "broken"),
        (ml(can=["list namespaces training"]), "broken"),
        (ml(cannot=["get namespaces training"]), "broken"),
        (ml(cannot=["get namespaces"]), "broken"),
        (ml(cannot=["list namespaces"]), "kept"),
        (ml(cannot=["delete namespaces"]), "kept"),
        (ml(cannot=["delete nodes"]), "kept"),
        (ml(cannot=["get secrets -n other"]), "kept"),
        (ml(cannot=["get secrets"]), "broken"),
        (ml(cannot=["* rolebindings"]), "kept"),
        ({"groups": ["ml"], "can": ["create pods -n training"]}, "kept"),
        ({"groups": ["ML"], "can": ["create pods -n training"]}, "broken"),
        ({"user": "ann", "can": ["list pods"], "cannot": []}, "kept"),
        ({"user": "ann", "cannot": ["get secrets"]}, "kept"),
        ({"user": "nobody", "can": ["create selfsubjectaccessreviews"]}, "kept"),
        ({"user": "nobody", "can": ["get /version"]}, "kept"),
        ({"user": "nobody", "cannot": ["get /metrics"]}, "kept"),
        ({"serviceAccount": "ci/cd", "can": ["get secrets db -n training"]}, "kept"),
        ({"serviceAccount": "ci/cd", "can": ["get secrets -n training"]}, "broken"),
        ({"serviceAccount": "ci/cd", "cannot": ["get secrets"]}, "broken"),
        ({"serviceAccount": "ci/cd", "cannot": ["get secrets web"]}, "kept"),
        ({"serviceAccount": "ci/other", "cannot": ["get secrets"]}, "kept"),
    ],
)
def test_a_promise_is_kept_or_broken(expectation: dict[str, Any], verdict: str) -> None:
    assert only(expectation)[0] == verdict


def test_a_broken_promise_says_what_decided() -> None:
    assert only(ml(can=["get pods -n other"]))[1] == (
        'no rule allows it; in namespace "other" the user has no role by the stack'
    )
    assert only(ml(can=["delete nodes"]))[1] == (
        "no rule allows it; cluster wide the user has no role by the stack"
    )
    assert only({"user": "ann", "can": ["create pods -n training"]})[1] == (
        'no rule allows it; in namespace "training" the user has ClusterRole view by bindings[1]'
    )
    assert only({"serviceAccount": "ci/cd", "cannot": ["get secrets"]})[1] == (
        'Role db-reader by automation[0] (to ServiceAccount ci/cd) allows it named "db" in namespace '
        '"training", by the rule: get secrets named db'
    )
    assert only(ml(cannot=["delete nodes"]))[1] == NO_RULE


def test_a_promise_that_an_entry_kept_until_it_ended_says_so() -> None:
    over = EDITORS | {"until": "2020-01-01"}
    file = {
        "clusters": [{"name": "east", "bindings": [over, VIEWERS]}],
        "identity": IDENTITY,
        "expect": [ml(can=["create pods -n training", "list nodes"])],
    }

    pods, nodes = outcomes(StackSettings.model_validate(file).in_force(datetime.now(UTC)))

    assert pods.reason == (
        'no rule allows it; in namespace "training" the user has no role by the stack; '
        "clusters[0].bindings[0] allowed it until it ended"
    )
    assert nodes.reason == "no rule allows it; cluster wide the user has no role by the stack"


def test_groups_that_no_token_carries_give_nothing() -> None:
    identity = {k: v for k, v in IDENTITY.items() if not k.startswith("groups")}

    assert only(ml(can=["get pods -n training"]), identity=identity)[0] == "broken"


def test_without_an_identity_names_are_as_written() -> None:
    values = {"identity": IDENTITY, "bindings": [EDITORS]}
    del values["identity"]
    file = {"clusters": [{"name": "a"}], "expect": [ml(can=["get pods -n training"])]} | values

    (found,) = outcomes(StackSettings.model_validate(file))

    assert found.verdict is Verdict.KEPT


def test_members_of_masters_may_do_everything() -> None:
    identity = IDENTITY | {"groupsPrefix": ""}

    assert only({"groups": ["system:masters"], "can": ["* *"]}, identity=identity)[0] == "kept"
    bound = {"groups": ["x"], "clusterRole": "cluster-admin"}
    assert only({"groups": ["x"], "can": ["* *"]}, bindings=[bound])[0] == "kept"


class TestUndecided:
    """What only the cluster knows is never counted as kept."""

    def test_a_role_that_only_the_cluster_knows(self) -> None:
        bound = [{"groups": ["ml"], "clusterRole": "theirs"}]
        reason = (
            "ClusterRole theirs by bindings[0] may allow it, and only the cluster knows the rules of "
            'this role; define it in roles, or ask the cluster with "--live"'
        )

        assert only(ml(can=["get pods"]), bindings=bound) == ("undecided", reason)
        assert only(ml(cannot=["get pods"]), bindings=bound) == ("undecided", reason)
        assert only(ml(can=["get pods"]), bindings=[*bound, VIEWERS | {"groups": ["ml"]}])[0] == (
            "kept"
        )

    def test_what_other_software_may_have_added_to_a_role(self) -> None:
        verdict, reason = only(ml(cannot=["get jobs.kueue.x-k8s.io -n training"]))

        assert verdict == "undecided"
        assert reason.startswith('Kubernetes itself has no "jobs.kueue.x-k8s.io", and the software')
        pipeline = {"serviceAccount": "ci/cd", "cannot": ["get jobs.kueue.x-k8s.io -n training"]}
        assert only(pipeline) == ("kept", NO_RULE)

    def test_the_group_that_cks_binds(self) -> None:
        identity = IDENTITY | {"adminGroupBinding": "ml"}

        assert only(ml(cannot=["get nodes"]), identity=identity)[0] == "undecided"
        assert only({"user": "ann", "cannot": ["delete nodes"]}, identity=identity)[0] == "kept"

    def test_an_authorization_webhook(self) -> None:
        webhooks = {"authorization": {"server": "https://hook.example.com"}}

        verdict, reason = only(ml(can=["get pods -n training"]), webhooks=webhooks)

        assert verdict == "undecided"
        assert reason.startswith("the authorization webhook")

    def test_a_sentence_that_cannot_be_read(self) -> None:
        assert only(ml(can=["gett pods"])) == (
            "undecided",
            '"gett" is no verb of Kubernetes v1.36.3 (the nearest is "get")',
        )


def test_the_report_begins_with_what_is_broken_and_joins_clusters() -> None:
    found = checked(
        ml(can=["get pods -n training", "gett pods"], cannot=["get secrets -n training"]),
        clusters=[{"name": "east"}, {"name": "west"}],
    )

    shown = promise_report.lines(found)

    assert [line.verdict for line in shown] == ["broken", "undecided", "kept"]
    assert shown[0].text.startswith(
        "east, west: expect[0].cannot[0]: ben (ml) cannot get secrets -n training: ClusterRole edit"
    )
    assert promise_report.summary(found) == "6 promises: 2 kept, 2 undecided, 2 broken"
    assert not promise_report.is_kept(found)
    assert promise_report.summary(found[:1]) == "1 promise: 1 kept"
    data = promise_report.data(found[2])
    assert data["cannot"] == "get secrets -n training"
    assert data["groups"] == ["okta:ml", "system:authenticated"]


def test_a_promise_about_somebody_whom_nothing_binds_says_so() -> None:
    unbound = f"{NO_RULE}; no binding of the stack is for this user or these groups"

    assert only({"groups": ["ML"], "cannot": ["get secrets"]}) == ("kept", unbound)
    assert only(ml(cannot=["delete nodes"])) == ("kept", NO_RULE)
