"""A cluster is asked about every promise, and where it differs from the file, the reason is said."""

from __future__ import annotations

from typing import Any

import pytest

from cks_components.access import promise_report
from cks_components.access.live_promise_check import LiveOutcome, outcomes
from cks_components.api.clock import Clock
from cks_components.api.environment import ApiAccess
from cks_components.api.errors import CksError
from cks_components.kubernetes.client import KubernetesClient
from cks_components.kubernetes.labels import MANAGED_BY
from cks_components.kubernetes.user import User
from cks_components.rbac.authorizer import Authorizer
from cks_components.rbac.policy import Policy, binding_from, role_from
from cks_components.rbac.rule import ResourceRequest, UrlRequest
from cks_components.stack_file.settings import StackSettings
from lab.api.emulator import Answer, Request
from tests.kubernetes_api import FakeKubernetes

TOKEN = "CW-SECRET-live"
GROUP = "rbac.authorization.k8s.io"
PODS = {"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}
SECRETS = {"verbs": ["get"], "apiGroups": [""], "resources": ["secrets"]}
ANN = {"users": ["ann"], "clusterRole": "reader", "namespaces": ["a"]}
CAN = {"user": "ann", "can": ["get pods -n a"]}
CANNOT = {"user": "ann", "cannot": ["get secrets"]}


def role(*rules: dict[str, Any], name: str = "reader") -> dict[str, Any]:
    return {"metadata": {"name": name, "uid": "1", "labels": MANAGED_BY}, "rules": list(rules)}


def bound(
    *users: str, name: str = "b", namespace: str = "a", role: str = "reader", is_own: bool = True
) -> dict[str, Any]:
    labels = {"labels": MANAGED_BY} if is_own else {}
    place = {"namespace": namespace} if namespace else {}
    return {
        "metadata": {"name": name, "uid": "1", **place, **labels},
        "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": role},
        "subjects": [{"apiGroup": GROUP, "kind": "User", "name": user} for user in users],
    }


def cluster(*, roles: list[dict[str, Any]], bindings: list[dict[str, Any]]) -> FakeKubernetes:
    """A cluster that decides by its roles and bindings."""
    wide = [b for b in bindings if "namespace" not in b["metadata"]]
    placed = [b for b in bindings if "namespace" in b["metadata"]]
    policy = Policy(map(role_from, roles), map(binding_from, bindings))

    def decide(spec: dict[str, Any]) -> dict[str, Any]:
        user = User(spec["user"], tuple(spec["groups"]))
        url = spec.get("nonResourceAttributes")
        request = UrlRequest(**url) if url else ResourceRequest(**spec["resourceAttributes"])
        decision = Authorizer(policy).decide(user, request)
        reason = {"reason": decision.permits[0].reason} if decision.permits else {}
        return {"allowed": decision.is_allowed, **reason}

    return FakeKubernetes(
        TOKEN,
        policy={
            "clusterroles": roles,
            "roles": [],
            "clusterrolebindings": wide,
            "rolebindings": placed,
        },
        decide=decide,
    )


def checked(fake: FakeKubernetes, expectation: dict[str, Any], **values: Any) -> list[LiveOutcome]:
    file = {
        "clusters": [{"name": "east"}],
        "roles": [{"name": "reader", "rules": [PODS]}],
        "bindings": [ANN],
        "expect": [expectation],
    }
    access = ApiAccess("https://east.example.com", TOKEN)
    client = KubernetesClient(access, transport=fake.transport, clock=Clock(sleep=lambda _: None))
    return outcomes(StackSettings.model_validate(file | values), 0, client)


def only(fake: FakeKubernetes, expectation: dict[str, Any], **values: Any) -> LiveOutcome:
    (found,) = checked(fake, expectation, **values)
    return found


AS_WRITTEN = cluster(roles=[role(PODS)], bindings=[bound("ann")])


def test_a_cluster_that_is_as_the_file_says_differs_nowhere() -> None:
    can, cannot = only(AS_WRITTEN, CAN), only(AS_WRITTEN, CANNOT)

    assert (can.live.verdict, can.difference) == ("kept", "")
    assert can.live.reason == (
        'the cluster allows it in namespace "a": RBAC: allowed by RoleBinding "b/a" of ClusterRole '
        '"reader" to User "ann"'
    )
    assert (cannot.live.verdict, cannot.difference) == ("kept", "")


@pytest.mark.parametrize(
    ("roles", "bindings", "expectation", "why"),
    [
        (
            [role(PODS), role(SECRETS, name="thief")],
            [bound("ann"), bound("ann", name="by-hand", role="thief", is_own=False, namespace="b")],
            CANNOT,
            "it is given by RoleBinding by-hand in namespace b of ClusterRole thief, which this "
            "stack did not make",
        ),
        (
            [role(PODS), role(SECRETS, name="thief")],
            [bound("ann"), bound("ann", name="old", role="thief", namespace="")],
            CANNOT,
            "it is given by ClusterRoleBinding old of ClusterRole thief, which is not in this stack "
            "file",
        ),
        (
            [role(PODS, SECRETS)],
            [bound("ann")],
            CANNOT,
            "ClusterRole reader was changed on the cluster: it also gives get secrets",
        ),
        (
            [role(SECRETS)],
            [bound("ann")],
            CAN,
            "ClusterRole reader was changed on the cluster: it does not give get pods",
        ),
        ([], [bound("ann")], CAN, 'ClusterRole reader is not on the cluster; run "pulumi up"'),
        (
            [role(PODS)],
            [bound("ben")],
            CAN,
            "no binding on the cluster gives ClusterRole reader to User ann, as bindings[0] says; "
            'run "pulumi up"',
        ),
    ],
)
def test_a_difference_has_a_reason(
    roles: list[dict[str, Any]],
    bindings: list[dict[str, Any]],
    expectation: dict[str, Any],
    why: str,
) -> None:
    found = only(cluster(roles=roles, bindings=bindings), expectation)

    assert (found.live.verdict, found.offline.verdict) == ("broken", "kept")
    assert found.difference == why
    (line,) = promise_report.lines([found])
    assert line.text.endswith(f"; the stack file alone says otherwise, because {why}")
    assert promise_report.data(found)["offline"] == "kept"


@pytest.mark.parametrize(
    ("allowed", "expectation", "word"), [(True, CANNOT, "allows"), (False, CAN, "denies")]
)
def test_another_authorizer_is_named(allowed: bool, expectation: dict[str, Any], word: str) -> None:
    fake = cluster(roles=[role(PODS)], bindings=[bound("ann")])
    fake.decide = lambda _spec: {"allowed": allowed}

    found = only(fake, expectation)

    assert found.live.verdict == "broken"
    assert f"so another authorizer {word} it, such as an authorization webhook" in found.difference


def test_an_authorizer_that_fails_leaves_a_promise_undecided() -> None:
    fake = cluster(roles=[role(PODS)], bindings=[bound("ann")])
    fake.decide = lambda _spec: {"allowed": False, "evaluationError": "hook: no answer"}

    for expectation in (CAN, CANNOT):
        found = only(fake, expectation)
        assert found.live.verdict == "undecided"
        assert found.live.reason == "an authorizer of the cluster failed: hook: no answer"


def test_what_only_the_cluster_knows_is_decided_there() -> None:
    kueue = {"verbs": ["get"], "apiGroups": ["kueue.x-k8s.io"], "resources": ["jobs"]}
    fake = cluster(roles=[role(kueue, name="theirs")], bindings=[bound("ann", role="theirs")])
    theirs = ANN | {"clusterRole": "theirs"}
    expectation = {"user": "ann", "can": ["get jobs.kueue.x-k8s.io -n a", "gett pods", "get pod"]}

    known, verb, resource = checked(fake, expectation, bindings=[theirs])

    assert (known.live.verdict, known.offline.verdict) == ("kept", "undecided")
    assert known.difference == ""
    assert verb.live.verdict == "undecided"
    assert verb.live.reason.startswith('"gett" is no verb of cluster east')
    assert resource.live.reason.startswith('"pod" is no resource of cluster east')


def test_a_url_that_is_no_resource_is_asked_about_as_one() -> None:
    urls = {"verbs": ["get"], "nonResourceURLs": ["/reports"]}
    fake = cluster(roles=[role(urls)], bindings=[bound("ann", namespace="")])
    reader = {"name": "reader", "rules": [urls]}
    everywhere = {"users": ["ann"], "clusterRole": "reader"}

    found = only(
        fake, {"user": "ann", "can": ["get /reports"]}, roles=[reader], bindings=[everywhere]
    )

    assert (found.live.verdict, found.difference) == ("kept", "")


def test_a_place_that_only_the_cluster_has_is_looked_at_too() -> None:
    fake = cluster(
        roles=[role(SECRETS, name="thief")],
        bindings=[bound("ann", role="thief", namespace="hidden", is_own=False)],
    )

    found = only(fake, CANNOT)

    assert found.live.verdict == "broken"
    assert 'in namespace "hidden"' in found.live.reason


def test_without_the_right_to_list_roles_only_the_verdict_is_known() -> None:
    def refuse(request: Request, _genuine: Any) -> Answer | None:
        is_list = request.method == "GET" and GROUP in request.path
        return Answer(403, b'{"message": "forbidden"}', {}) if is_list else None

    fake = cluster(roles=[role(PODS, SECRETS)], bindings=[bound("ann")])
    fake.faults.append(refuse)

    found = only(fake, CANNOT)

    assert found.live.verdict == "broken"
    assert found.difference.startswith("the token's owner may not list the cluster's roles")


def test_a_cluster_that_does_not_answer_is_an_error() -> None:
    def fail(request: Request, _genuine: Any) -> Answer | None:
        is_review = request.path.endswith("subjectaccessreviews")
        return Answer(403, b'{"message": "forbidden"}', {}) if is_review else None

    fake = cluster(roles=[role(PODS)], bindings=[bound("ann")])
    fake.faults.append(fail)

    with pytest.raises(CksError, match="ask the cluster what a user may do"):
        checked(fake, {"user": "ann", "can": ["get pods -n a", "get /version"]})


def test_a_cluster_whose_kinds_cannot_be_listed_is_an_error() -> None:
    def fail(request: Request, _genuine: Any) -> Answer | None:
        return Answer(403, b'{"message": "forbidden"}', {}) if request.path == "/api/v1" else None

    fake = cluster(roles=[role(PODS)], bindings=[bound("ann")])
    fake.faults.append(fail)

    with pytest.raises(CksError, match="list the kinds of /api/v1"):
        checked(fake, {"user": "ann", "can": ["gett pods"]})


def test_each_question_is_asked_once() -> None:
    fake = cluster(roles=[role(PODS)], bindings=[bound("ann")])

    checked(fake, {"user": "ann", "can": ["get pods -n a", "get pods -n a"]})

    assert fake.sent.count("POST subjectaccessreviews") == 1
