"""The example for the Pulumi Kubernetes Operator is one that a real kube-apiserver accepts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.lab.operator_stack import DEFINITION, LONGEST_NAME
from tests.program import ROOT

if TYPE_CHECKING:
    from tests.lab.conftest import Lab

PATHS = {
    "ServiceAccount": "/api/v1/namespaces/pulumi/serviceaccounts",
    "ClusterRoleBinding": "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
    "Stack": "/apis/pulumi.com/v1/namespaces/pulumi/stacks",
}
STRICT = "?fieldValidation=Strict"
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


def objects() -> list[dict[str, Any]]:
    text = (ROOT / "examples" / "fleet" / "operator.yaml").read_text()
    return list(yaml.safe_load_all(text))


@pytest.fixture(scope="module")
def cluster(lab: Lab) -> Iterator[Lab]:
    """The lab's cluster, with the operator's namespace and its kind; without them afterwards."""
    namespaces = "/api/v1/namespaces"
    made = [(namespaces, {"metadata": {"name": "pulumi"}}), (DEFINITIONS, DEFINITION)]
    for path, body in made:
        answer = lab.post(lab.host, path, lab.token, body)
        assert answer.status_code == 201, answer.text
    lab.eventually(lambda: lab.get(lab.host, PATHS["Stack"], lab.token).status_code == 200)
    yield lab
    for path, name in (
        (PATHS["ClusterRoleBinding"], "cks-access:system:auth-delegator"),
        (DEFINITIONS, DEFINITION["metadata"]["name"]),
        (namespaces, "pulumi"),
    ):
        url = f"https://{lab.host}{path}/{name}"
        lab.http.delete(url, headers={"Authorization": f"Bearer {lab.token}"})


def test_the_cluster_accepts_every_object_of_the_example(cluster: Lab) -> None:
    given = objects()

    answers = [
        cluster.post(cluster.host, PATHS[one["kind"]] + STRICT, cluster.token, one) for one in given
    ]

    assert [(a.status_code, a.json().get("message")) for a in answers] == [(201, None)] * len(given)
    assert {one["kind"] for one in given} == PATHS.keys()
    (stack,) = [one for one in given if one["kind"] == "Stack"]
    assert len(stack["metadata"]["name"]) <= LONGEST_NAME


def test_the_cluster_refuses_a_misspelt_field_of_the_example(cluster: Lab) -> None:
    (stack,) = [one for one in objects() if one["kind"] == "Stack"]
    stack["spec"]["projectRepository"] = stack["spec"].pop("projectRepo")

    answer = cluster.post(cluster.host, PATHS["Stack"] + STRICT, cluster.token, stack)

    assert answer.status_code == 400
    assert 'unknown field "spec.projectRepository"' in answer.json()["message"]
