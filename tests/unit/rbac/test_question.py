"""Questions in a few words: what they ask, and what is said of one that cannot be read."""

from __future__ import annotations

import pytest

from cks_components.rbac.built_in import Resource
from cks_components.rbac.known_names import KnownNames
from cks_components.rbac.question import Question, QuestionError, parse
from cks_components.rbac.rule import ResourceRequest, UrlRequest

KNOWN = KnownNames()


def requests(text: str) -> list[object]:
    return list(parse(text, KNOWN).requests())


@pytest.mark.parametrize(
    ("text", "request_"),
    [
        ("create pods -n training", ResourceRequest(verb="create", resource="pods", namespace="training")),
        ("get pods/log --namespace training", ResourceRequest(verb="get", resource="pods", subresource="log", namespace="training")),
        ("get pods web-0 --namespace=training", ResourceRequest(verb="get", resource="pods", name="web-0", namespace="training")),
        ("list nodes", ResourceRequest(verb="list", resource="nodes")),
        ("list pods -A", ResourceRequest(verb="list", resource="pods")),
        ("patch deployments", ResourceRequest(verb="patch", resource="deployments", group="apps")),
        ("patch deployments.apps/scale", ResourceRequest(verb="patch", resource="deployments", subresource="scale", group="apps")),
        ("get events", ResourceRequest(verb="get", resource="events")),
        ("create serviceaccounts/token ci -n a", ResourceRequest(verb="create", resource="serviceaccounts", subresource="token", name="ci", namespace="a")),
        ("get */log", ResourceRequest(verb="get", resource="*", subresource="log", group="*")),
        ("get jobs.kueue.x-k8s.io", ResourceRequest(verb="get", resource="jobs", group="kueue.x-k8s.io")),
        ("impersonate users", ResourceRequest(verb="impersonate", resource="users")),
        ("* *", ResourceRequest(verb="*", resource="*", group="*")),
        ("get /metrics", UrlRequest(verb="get", path="/metrics")),
    ],
)  # fmt: skip
def test_a_question_is_a_request(text: str, request_: object) -> None:
    assert requests(text) == [request_]


def test_every_verb_is_every_verb_that_there_is() -> None:
    verbs = {getattr(r, "verb") for r in requests("* pods/log")}  # noqa: B009 - either kind has it

    assert verbs == {"get"}
    assert {getattr(r, "verb") for r in requests("* /metrics")} == {  # noqa: B009 - as above
        *("get", "head", "post", "put", "patch", "delete", "options")
    }


def test_a_question_about_everything_is_one_for_each_place_and_name() -> None:
    question = parse("get secrets", KNOWN)

    found = list(question.requests(["", "a"], ["", "db"]))

    assert [(r.namespace, getattr(r, "name")) for r in found] == [  # noqa: B009 - either kind has it
        ("", ""),
        ("", "db"),
        ("a", ""),
        ("a", "db"),
    ]
    assert question.is_everywhere
    assert not parse("get secrets -n a", KNOWN).is_everywhere
    assert not parse("get nodes", KNOWN).is_everywhere


def test_what_kubernetes_does_not_have_is_told_apart() -> None:
    assert parse("get pods", KNOWN).is_known
    assert parse("impersonate users", KNOWN).is_known
    assert not parse("get jobs.kueue.x-k8s.io -n a", KNOWN).is_known


def test_a_cluster_may_have_more() -> None:
    served = [Resource("kueue.x-k8s.io", "workloads", True, ("get", "list"))]
    known = KnownNames(served, version="cluster east")

    assert parse("* workloads", known) == Question(
        verbs=("get", "list"), group="kueue.x-k8s.io", resource="workloads", is_namespaced=True
    )
    with pytest.raises(
        QuestionError, match=r'"workload" is no resource of cluster east \(the near'
    ):
        parse("get workload", known)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("pods", "does not have the form of a question; write a verb"),
        ("get pods web-0 web-1", "does not have the form of a question"),
        ("get pods --all", '"--all" is no option of a question'),
        ("get pods -n", '"-n" has no namespace; write it behind'),
        ("gett pods", '"gett" is no verb of Kubernetes v1.36.3 (the nearest is "get")'),
        ("read pods", '"read" is no verb of Kubernetes v1.36.3 (write get, list or watch)'),
        ("get pod", '"pod" is no resource of Kubernetes v1.36.3 (the nearest is "pods"); a resource of'),
        ("get pods/logs", '"pods/logs" is no resource of the API group "" in Kubernetes v1.36.3 (the nearest is "pods/log")'),
        ("get deployments.app", '"app" is no API group of Kubernetes v1.36.3 (the nearest is "apps")'),
        ("get deployment.apps", '"deployment" is no resource of the API group "apps"'),
        ("get jobs.apps", '"jobs" is not in the API group "apps" but in "batch"'),
        ("get nodes -n training", '"nodes" is in no namespace; remove "-n training"'),
        ("get /metrics -n training", "is about a URL, which has no name and no namespace"),
        ("get /metrics web", "is about a URL"),
        ("list /metrics", '"list" is no verb of requests for URLs that are no resources'),
        ("get secrets -n training,other", '"training,other" is no namespace; write one sentence per namespace'),
        ("get secrets -n Training", '"Training" cannot be a namespace, whose name has lower-case letters'),
        ("get secrets -n training/", '"training/" cannot be a namespace'),
        (f"get secrets -n {'a' * 64}", f'"{"a" * 64}" cannot be a namespace'),
        ("get secrets a,b", '"a,b" cannot be a name; write one sentence per name'),
        ("get secrets db-*", '"db-*" has a *, and names have no wildcards; write each name'),
        ("create secrets db", 'a request to create names no object, so no rule for "db" alone allows it; remove "db"'),
        ("deletecollection pods web", "a request to deletecollection names no object"),
        ("get /*", '"/*" stands for many URLs, and a question is about one; write one URL'),
        ("get /debug*", '"/debug*" stands for many URLs'),
        ("get pods/*", '"pods/*" matches nothing, because the wildcards of RBAC are * alone and */log; write each subresource, such as pods/log'),
        ("get */*", '"*/*" matches nothing'),
        ("get po*", '"po*" matches nothing, because the wildcards of RBAC are * alone and */log; write each resource'),
        ("* jobs.kueue.x-k8s.io", 'the verbs of "jobs" are not known; write a sentence for each verb'),
    ],
)  # fmt: skip
def test_a_question_that_cannot_be_read_says_why(text: str, problem: str) -> None:
    with pytest.raises(QuestionError) as caught:
        parse(text, KNOWN)

    assert str(caught.value).startswith(problem)


@pytest.mark.parametrize("text", ["get *", "get */log", "get pods.*"])
def test_everything_cannot_be_denied(text: str) -> None:
    with pytest.raises(QuestionError, match="cannot be denied as a whole"):
        parse(text, KNOWN, is_single=False)


def test_a_request_to_create_has_no_name_although_the_object_will_have_one() -> None:
    named = {
        getattr(r, "verb"): getattr(r, "name")  # noqa: B009 - either kind has them
        for r in parse("* secrets db -n a", KNOWN).requests()
    }

    assert (named["create"], named["deletecollection"]) == ("", "")
    assert (named["get"], named["list"], named["delete"]) == ("db", "db", "db")
