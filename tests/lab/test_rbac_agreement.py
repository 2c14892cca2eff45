"""What we decide of roles and bindings is what the real authorizer decides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from cks_components.kubernetes.user import User
from cks_components.rbac.authorizer import PRIVILEGED, Authorizer
from cks_components.rbac.built_in import built_in
from cks_components.rbac.policy import Policy, binding_from, role_from
from cks_components.rbac.rule import Request, ResourceRequest, UrlRequest
from lab.built_in_policy import policy as built_in_policy
from lab.state import CHECKOUT
from tests.lab.rbac_questions import API, MARK, NAMESPACES, Generator

if TYPE_CHECKING:
    from tests.lab.conftest import Lab

SEED = 20261128
QUESTIONS = 3000
AT_ONCE = 12
_SENTINEL = f"{MARK}-sentinel"


def ask(lab: Lab, user: User, request: Request) -> dict[str, Any]:
    """The real authorizer's answer, by a SubjectAccessReview."""
    spec: dict[str, Any] = {"user": user.name, "groups": list(user.groups)}
    if isinstance(request, UrlRequest):
        spec["nonResourceAttributes"] = {"path": request.path, "verb": request.verb}
    else:
        spec["resourceAttributes"] = vars(request)
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": spec,
    }
    path = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
    answer = lab.post(lab.host, path, lab.token, body)
    assert answer.status_code == 201, answer.text
    status: dict[str, Any] = answer.json()["status"]
    return status


@pytest.fixture
def objects(lab: Lab) -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """The generated objects on the cluster, and the last of each kind, which all others precede."""
    made = Generator(SEED).objects()
    subject = {"kind": "User", "apiGroup": API, "name": _SENTINEL}
    last = {"metadata": {"name": _SENTINEL}}
    for place in (f"/apis/{API}/v1", f"/apis/{API}/v1/namespaces/{NAMESPACES[0]}"):
        kind = "Role" if "namespaces" in place else "ClusterRole"
        role = {"apiGroup": API, "kind": kind, "name": _SENTINEL}
        rule = {"verbs": ["get"], "apiGroups": [MARK], "resources": [kind]}
        bound = {**last, "roleRef": role, "subjects": [subject]}
        made.append((f"{place}/{kind.lower()}s", {**last, "rules": [rule]}))
        made.append((f"{place}/{kind.lower()}bindings", bound))
    headers = {"Authorization": f"Bearer {lab.token}"}
    for name in NAMESPACES:
        given = lab.post(lab.host, "/api/v1/namespaces", lab.token, {"metadata": {"name": name}})
        assert given.status_code == 201, given.text
    try:
        for path, body in made:
            answer = lab.post(lab.host, path, lab.token, body)
            assert answer.status_code == 201, (body, answer.text)
        yield made
    finally:
        for path, body in reversed(made):
            lab.http.delete(f"https://{lab.host}{path}/{body['metadata']['name']}", headers=headers)
        for name in NAMESPACES:
            lab.http.delete(f"https://{lab.host}/api/v1/namespaces/{name}", headers=headers)
        lab.eventually(lambda: not any(_exists(lab, name) for name in NAMESPACES))


def _exists(lab: Lab, namespace: str) -> bool:
    return lab.get(lab.host, f"/api/v1/namespaces/{namespace}", lab.token).status_code == 200


def generated_policy(objects: list[tuple[str, dict[str, Any]]]) -> Policy:
    """What every cluster has, and the generated objects; nothing of it is read from the cluster."""
    roles, bindings = list(built_in().roles), list(built_in().bindings)
    for path, body in objects:
        place = path.split("/")
        namespace = {"namespace": place[5]} if "namespaces" in place else {}
        full = body | {"metadata": body["metadata"] | namespace}
        if place[-1].endswith("bindings"):
            bindings.append(binding_from(full))
        else:
            roles.append(role_from(full))
    return Policy(roles, bindings)


def test_no_answer_differs_from_that_of_the_real_authorizer(
    lab: Lab,
    objects: list[tuple[str, dict[str, Any]]],
    record_property: Callable[[str, object], None],
) -> None:
    policy = generated_policy(objects)
    path = f"/apis/{API}/v1/clusterroles"

    def differing() -> list[str]:
        """The aggregated roles whose rules on the cluster are not those that we make."""
        found = []
        for manifest in lab.get(lab.host, path, lab.token).json()["items"]:
            there = role_from(manifest)
            if there.aggregates is not None and {*there.rules} != {*policy.rules(there)}:
                found.append(there.name)
        return found

    lab.eventually(lambda: differing() == [])
    lab.eventually(lambda: all(_is_known(lab, kind) for kind in ("ClusterRole", "Role")))
    authorizer = Authorizer(policy)
    questions = Generator(SEED + 1).questions(policy, QUESTIONS)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda question: ask(lab, *question), questions))

    wrong = [
        (user, request, status)
        for (user, request), status in zip(questions, answers, strict=True)
        if not agrees(authorizer, user, request, status)
    ]
    allowed = sum(status["allowed"] for status in answers)
    distinct = len({*questions})
    record_property("agreement", f"{distinct} questions, {allowed} allowed, {len(wrong)} disagree")
    assert wrong == []
    assert distinct >= 2000
    assert 0.2 < allowed / QUESTIONS < 0.8


def agrees(authorizer: Authorizer, user: User, request: Request, status: dict[str, Any]) -> bool:
    """Whether verdict and reason are the same; of several bindings the server names any."""
    decision = authorizer.decide(user, request)
    reason = str(status.get("reason", ""))
    if decision.is_allowed != status["allowed"]:
        return False
    if PRIVILEGED in user.groups:
        return reason == ""
    if decision.is_allowed:
        return reason in {permit.reason for permit in decision.permits}
    return bool(decision.unknown) == ("not found" in reason)


def _is_known(lab: Lab, kind: str) -> bool:
    """Whether the authorizer has seen the last role and binding of a kind, and so all before."""
    request = ResourceRequest(verb="get", group=MARK, resource=kind, namespace=NAMESPACES[0])
    return bool(ask(lab, User(_SENTINEL), request)["allowed"])


def test_the_kept_roles_bindings_and_resources_are_those_of_the_pinned_version(lab: Lab) -> None:
    """If not: `python -m lab.built_in_policy cks_components/rbac/built_in.json`."""

    def read(path: str) -> Any:
        return lab.get(lab.host, path, lab.token).json()

    kept = CHECKOUT / "cks_components" / "rbac" / "built_in.json"

    assert kept.read_text() == built_in_policy(read)


def test_a_request_for_one_namespace_is_decided_by_what_is_bound_in_it(lab: Lab) -> None:
    bindings = f"https://{lab.host}/apis/{API}/v1/namespaces/default/rolebindings"
    admin = {"Authorization": f"Bearer {lab.token}"}
    bound = {
        "metadata": {"name": f"{MARK}-viewer"},
        "roleRef": {"apiGroup": API, "kind": "ClusterRole", "name": "view"},
        "subjects": [{"apiGroup": API, "kind": "User", "name": "ann"}],
    }

    def status(path: str) -> int:
        url = f"https://{lab.host}/api/v1/namespaces{path}"
        return lab.http.get(url, headers={**admin, "Impersonate-User": "ann"}).status_code

    assert lab.http.post(bindings, headers=admin, json=bound).status_code == 201
    try:
        lab.eventually(lambda: status("/default/pods") == 200)

        assert status("/default") == 200
        assert status("/kube-system") == 403
        assert status("") == 403
        assert status("?fieldSelector=metadata.name%3Ddefault") == 403
    finally:
        lab.http.delete(f"{bindings}/{MARK}-viewer", headers=admin)
