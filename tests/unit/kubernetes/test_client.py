"""Requests to a kube-apiserver: what is retried, what a lost answer leads to, which error comes."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from cks_components.api import errors
from cks_components.api.clock import Clock
from cks_components.api.environment import ApiAccess
from cks_components.kubernetes.answers import Review, Secret
from cks_components.kubernetes.client import KubernetesClient
from lab.api.emulator import Answer, Request
from tests.kubernetes_api import NOW, FakeKubernetes

SERVER = "https://abc-33de361c.k8s.us-east-04a.coreweave.com"
ACCOUNT = ("ci", "deployer")


@pytest.fixture
def kubernetes() -> FakeKubernetes:
    fake = FakeKubernetes("CW-SECRET-" + "unit")
    fake.add_account(*ACCOUNT)
    return fake


@pytest.fixture
def client(kubernetes: FakeKubernetes) -> KubernetesClient:
    time = [0.0]

    def sleep(seconds: float) -> None:
        time[0] += seconds

    access = ApiAccess(SERVER, kubernetes.token)
    clock = Clock(lambda: time[0], sleep)
    return KubernetesClient(access, transport=kubernetes.transport, clock=clock)


def first(
    times: int, answer: Answer, *, method: str = "", after: bool = False
) -> Callable[[Request, Callable[[], Answer]], Answer | None]:
    """Answer so the first times; `after` the request was processed all the same."""
    left = [times]

    def fault(request: Request, genuine: Callable[[], Answer]) -> Answer | None:
        if method not in ("", request.method) or left[0] <= 0:
            return None
        left[0] -= 1
        if after:
            genuine()
        return answer

    return fault


CUT = Answer(0, b"", cut=True)
BUSY = Answer(503, b'{"message": "down"}')


def test_a_token_is_minted_for_the_server_itself_and_bound_to_its_secret(
    kubernetes: FakeKubernetes, client: KubernetesClient
) -> None:
    secret = client.create_secret("ci", "deployer-1", labels={"a": "b"})

    minted = client.mint(*ACCOUNT, lifetime_seconds=3600, bound_to=secret)

    assert minted.expires_at == NOW + timedelta(hours=1)
    assert minted.lifetime_seconds == 3600
    assert minted.token not in repr(minted)
    assert kubernetes.requests[-1][2]["spec"] == {
        "expirationSeconds": 3600,
        "audiences": [],
        "boundObjectRef": {
            "kind": "Secret",
            "apiVersion": "v1",
            "name": "deployer-1",
            "uid": secret.uid,
        },
    }
    assert client.review(minted.token).reason == ""


def test_what_the_server_cut_is_seen(kubernetes: FakeKubernetes, client: KubernetesClient) -> None:
    kubernetes.cap_seconds = 600

    assert client.mint(*ACCOUNT, lifetime_seconds=3600).lifetime_seconds == 600


def test_a_lost_answer_to_a_mint_is_asked_for_again(
    kubernetes: FakeKubernetes, client: KubernetesClient
) -> None:
    kubernetes.faults.append(first(1, CUT, after=True))

    minted = client.mint(*ACCOUNT, lifetime_seconds=3600)

    assert kubernetes.sent == ["POST token", "POST token"]
    assert client.review(minted.token).reason == ""


def test_a_lost_answer_to_a_new_secret_is_followed_by_a_read(
    kubernetes: FakeKubernetes, client: KubernetesClient
) -> None:
    kubernetes.faults.append(first(1, CUT, method="POST", after=True))

    secret = client.create_secret("ci", "s", labels={})

    assert kubernetes.sent == ["POST secrets", "GET s"]
    assert secret.uid == client.secret_uid("ci", "s")


def test_a_secret_that_was_not_made_is_told_as_the_first_error(
    kubernetes: FakeKubernetes, client: KubernetesClient
) -> None:
    kubernetes.faults.append(first(1, CUT, method="POST"))

    with pytest.raises(errors.NoAnswerError, match="cannot create Secret ci/s"):
        client.create_secret("ci", "s", labels={})

    assert kubernetes.secrets == {}


def test_a_refused_secret_is_not_looked_for(
    kubernetes: FakeKubernetes, client: KubernetesClient
) -> None:
    with pytest.raises(errors.NotFoundError, match="check the names of namespace"):
        client.create_secret("nowhere", "s", labels={})

    assert kubernetes.sent == ["POST secrets"]


def test_reads_are_repeated_until_they_succeed(
    kubernetes: FakeKubernetes, client: KubernetesClient
) -> None:
    kubernetes.faults.append(first(2, BUSY))

    assert client.accounts("ci") == ["deployer"]
    assert len(kubernetes.requests) == 3


@pytest.mark.parametrize("time", [{}, {"creationTimestamp": "soon"}])
def test_a_secret_without_a_time_is_not_from_the_server(
    kubernetes: FakeKubernetes, client: KubernetesClient, time: dict[str, str]
) -> None:
    metadata = {"name": "s", "uid": "u", "labels": {"a": "b"}} | time
    kubernetes.secrets["ci", "s"] = {"metadata": metadata}

    with pytest.raises(errors.CksError, match="it contains no time"):
        client.secrets("ci", label="a=b")


def test_a_namespace_that_is_gone_is_deleted(
    kubernetes: FakeKubernetes, client: KubernetesClient
) -> None:
    client.delete_namespace("ci")
    client.delete_namespace("ci")

    assert "ci" not in kubernetes.namespaces


def test_a_deletion_is_sent_once_and_gone_is_a_success(
    kubernetes: FakeKubernetes, client: KubernetesClient
) -> None:
    secret = client.create_secret("ci", "s", labels={})
    client.delete_secret("ci", secret)
    client.delete_secret("ci", secret)
    assert kubernetes.secrets == {}

    kubernetes.faults.append(first(1, BUSY))
    with pytest.raises(errors.ServerError):
        client.delete_secret("ci", secret)


def test_another_secret_of_the_name_is_left_alone(
    kubernetes: FakeKubernetes, client: KubernetesClient
) -> None:
    client.create_secret("ci", "s", labels={})

    client.delete_secret("ci", Secret("s", "an older one"))

    assert kubernetes.secret_names == ["s"]


def test_what_is_not_there_is_none_and_not_an_error(client: KubernetesClient) -> None:
    assert client.account_uid("ci", "nobody") is None
    assert client.secret_uid("ci", "nothing") is None
    assert client.accounts("nowhere") == []


def test_the_names_of_a_cluster_are_read(
    client: KubernetesClient, kubernetes: FakeKubernetes
) -> None:
    kubernetes.terminating.append("ci")
    assert client.namespaces() == {"default": False, "ci": True}
    found = client.policy_objects("clusterroles")
    assert [role["metadata"]["name"] for role in found] == ["view", "edit", "cluster-admin"]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "the managed endpoint refuses the token in COREWEAVE_API_TOKEN"),
        (403, "may not do this in the cluster"),
        (422, "correct the named fields"),
        (500, "look at the cluster's state in the console"),
    ],
)
def test_a_refusal_says_what_to_do_next(
    kubernetes: FakeKubernetes, client: KubernetesClient, status: int, words: str
) -> None:
    kubernetes.faults.append(first(9, Answer(status, b'{"message": "no"}')))

    with pytest.raises(errors.ApiError, match=words) as caught:
        client.mint(*ACCOUNT, lifetime_seconds=3600)

    assert f'answered {status} "no"' in str(caught.value)
    assert str(caught.value).startswith("cannot mint a token of service account ci/deployer: ")


def test_a_life_that_is_too_short_is_the_servers_word(client: KubernetesClient) -> None:
    with pytest.raises(errors.InvalidRequestError, match="less than 10 minutes"):
        client.mint(*ACCOUNT, lifetime_seconds=599)


@pytest.mark.parametrize(
    ("ask", "body"),
    [
        (lambda c: c.namespaces(), b'{"items": 7}'),
        (lambda c: c.namespaces(), b'{"items": [{}]}'),
        (lambda c: c.account_uid("ci", "x"), b'{"metadata": {"name": "x"}}'),
        (lambda c: c.mint("ci", "deployer", lifetime_seconds=600), b'{"status": {}}'),
        (lambda c: c.mint("ci", "deployer", lifetime_seconds=600), b'{"status": 1, "spec": 2}'),
        (lambda c: c.review("t"), b"{}"),
        (lambda c: c.review_access("ann", [], {}), b"{}"),
        (lambda c: c.whoami(), b'{"status": {}}'),
    ],
    ids=[
        "no list",
        "no object",
        "no uid",
        "no token",
        "no objects",
        "no verdict",
        "no decision",
        "no user",
    ],
)
def test_an_answer_that_is_not_kubernetes_is_one_clear_line(
    kubernetes: FakeKubernetes,
    client: KubernetesClient,
    ask: Callable[[KubernetesClient], Any],
    body: bytes,
) -> None:
    kubernetes.faults.append(first(9, Answer(200, body)))

    with pytest.raises(
        errors.UnexpectedAnswerError, match="not a valid answer of the Kubernetes API"
    ):
        ask(client)


def test_a_token_that_is_worth_nothing_is_told_with_the_reason(
    kubernetes: FakeKubernetes, client: KubernetesClient
) -> None:
    secret = client.create_secret("ci", "s", labels={})
    minted = client.mint(*ACCOUNT, lifetime_seconds=3600, bound_to=secret)
    client.delete_secret("ci", secret)

    assert "has been invalidated" in client.review(minted.token).reason
    kubernetes.faults.append(first(1, Answer(201, b'{"status": {}}')))
    assert client.review("x").reason == "the API server does not accept it"


def test_the_owner_of_the_own_token_is_known_or_refused(
    kubernetes: FakeKubernetes, client: KubernetesClient
) -> None:
    user = {"username": "alice", "groups": ["ml", "system:authenticated"]}
    body = json.dumps({"status": {"userInfo": user}}).encode()
    kubernetes.faults.append(first(1, Answer(201, body)))

    assert client.whoami() == Review("", "alice", ("ml", "system:authenticated"))
    kubernetes.token = "another"
    assert client.whoami() == Review("Unauthorized")
