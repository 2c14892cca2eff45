"""Everything that a login needs, checked at once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cks_components.api import environment
from cks_components.api.api_access import from_environment
from cks_components.api.environment import ApiAccess
from cks_components.engine import provider_call
from cks_components.kubernetes.client import KubernetesClient
from cks_components.kubernetes.labels import MANAGED_BY
from lab.api import fleet
from lab.api.emulator import Answer, Request
from lab.api.server import serve
from lab.authority import Authority
from tests.kubernetes_api import FakeKubernetes, Fault
from tests.tokens import claims

if TYPE_CHECKING:
    from tests.conftest import World
    from tests.unit.conftest import Folder, Printed

HOST = fleet.endpoint("local-east")
BINDING: dict[str, Any] = {"groups": ["a"], "clusterRole": "view"}
IDENTITY = {
    "issuerUrl": "https://idp.example.com",
    "clientId": "cks",
    "usernameClaim": "email",
    "groupsClaim": "groups",
    "groupsPrefix": "idp:",
}
NEWBORN = [{"name": "newborn"}]
CLUSTERS = [{"name": "local-east"}]


PROGRAMS = {
    "kubectl": '{"clientVersion": {"gitVersion": "v1.36.3"}}',
    "kubectl-oidc_login": "kubelogin version v1.36.3",
}
HOOK = "https://hook.example.com"


@pytest.fixture(autouse=True)
def kubernetes(
    folder: Folder, world: World, monkeypatch: pytest.MonkeyPatch
) -> Iterator[FakeKubernetes]:
    """The managed endpoint; of the rest only loopback is reached: the proxy is a closed port."""
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")
    monkeypatch.setenv("PATH", str(folder.path))
    for name, prints in PROGRAMS.items():
        (folder.path / name).write_text(f"#!/bin/sh\necho '{prints}'\n")
        (folder.path / name).chmod(0o755)
    fake = FakeKubernetes(world.token)
    access = ApiAccess(f"https://{HOST}", world.token)
    provider_call.kubernetes_clients[access] = KubernetesClient(access, transport=fake.transport)
    yield fake
    provider_call.kubernetes_clients.clear()


@pytest.fixture
def reached(kubernetes: FakeKubernetes, tmp_path: Path) -> Iterator[dict[str, Any]]:
    """The entry of a cluster whose unmanaged endpoint answers."""
    authority = Authority(tmp_path / "pki")
    with serve(kubernetes, ssl_context=authority.server_context("api", ["127.0.0.1"])) as url:
        yield {
            "name": "local-east",
            "servers": {"unmanaged": url},
            "certificateAuthority": {"unmanaged": authority.certificate.read_text()},
        }


def bound(name: str) -> dict[str, Any]:
    """A ClusterRoleBinding of a group to view, as the API has it."""
    return {
        "metadata": {"name": "a", "uid": "a"},
        "roleRef": {"kind": "ClusterRole", "name": "view"},
        "subjects": [{"kind": "Group", "name": name}],
    }


def by_subject(printed: Printed) -> dict[str, dict[str, str]]:
    return {result["subject"]: result for result in json.loads(printed.out)}


def test_a_stack_that_is_well_is_fine_in_every_line_and_nothing_is_changed(
    folder: Folder, world: World, kubernetes: FakeKubernetes, reached: dict[str, Any]
) -> None:
    oidc = {k: v for k, v in IDENTITY.items() if k != "groupsPrefix"}
    world.emulator.change(fleet.CONTROL_PLANE, oidc=oidc)
    kubernetes.policy["clusterrolebindings"] = [bound("a")]
    folder.write(clusters=[reached], bindings=[BINDING])

    printed = folder.run("doctor", "test")

    assert printed.code == 0, printed.out
    assert {line.split()[0] for line in printed.out.splitlines()} == {"fine"}
    assert {request.method for request in world.emulator.requests} == {"GET"}
    asked = {request for request in kubernetes.sent if not request.startswith("GET")}
    assert asked == {"POST tokenreviews"}


def test_what_is_wrong_is_said_with_the_cure(folder: Folder, kubernetes: FakeKubernetes) -> None:
    (folder.path / "kubectl-oidc_login").unlink()
    kubernetes.namespaces = ["default"]
    kubernetes.policy["rolebindings"] = []
    folder.write(
        clusters=CLUSTERS,
        identity=IDENTITY,
        bindings=[BINDING | {"namespaces": ["defualt"]}],
        roles=[
            {
                "name": "reader",
                "rules": [{"verbs": ["get"], "apiGroups": [""], "resources": ["secrtes"]}],
            }
        ],
    )

    printed = folder.run("doctor", "test", "--json")
    found = by_subject(printed)

    assert printed.code == 2
    assert found["cluster local-east: OIDC"]["state"] == "wrong"
    assert 'the nearest is "default"' in found["cluster local-east: namespaces and roles"]["text"]
    assert 'Group "idp:a" has no binding' in found["cluster local-east: bindings"]["text"]
    names = found["cluster local-east: rules of roles"]
    assert '"secrtes" is no resource' in names["text"]
    assert '(the nearest is "secrets"), so the rule gives nothing for it there' in names["text"]
    assert found["issuer"]["state"] == "warning"
    assert "could not be read" in found["issuer"]["text"]
    assert "install int128/kubelogin" in found["kubectl-oidc_login"]["text"]


def test_a_block_without_groups_is_said_where_groups_are_bound(
    folder: Folder, world: World, kubernetes: FakeKubernetes
) -> None:
    oidc = {k: v for k, v in IDENTITY.items() if k != "groupsClaim"}
    world.emulator.change(fleet.CONTROL_PLANE, oidc=oidc)
    kubernetes.policy["clusterrolebindings"] = [bound("idp:a")]
    folder.write(clusters=CLUSTERS, bindings=[BINDING])

    printed = folder.run("doctor", "test", "--json")
    found = by_subject(printed)["cluster local-east: bindings"]

    assert printed.code == 2
    assert found["state"] == "wrong"
    assert 'it has no groupsClaim, so nobody is in Group "idp:a"; set groupsClaim' in found["text"]


PIPELINE = {"name": "cd", "namespace": "ci", "clusterRole": "view"}
ROLE = {"name": "odd", "rules": [{"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}]}


def test_what_the_stack_made_and_somebody_deleted_is_wrong(
    folder: Folder, kubernetes: FakeKubernetes
) -> None:
    kubernetes.policy |= {"clusterrolebindings": [bound("a")], "rolebindings": []}
    folder.write(clusters=CLUSTERS, identity=IDENTITY, roles=[ROLE], automation=[PIPELINE])

    printed = folder.run("doctor", "test", "--json")
    found = by_subject(printed)

    assert printed.code == 2
    for subject, gone in (
        ("roles of the stack", "roles[0]: the cluster has no ClusterRole odd"),
        ("service accounts", "automation[0]: the cluster has no ServiceAccount ci/cd"),
    ):
        result = found[f"cluster local-east: {subject}"]
        assert result["state"] == "wrong"
        assert gone in result["text"]
        assert result["text"].endswith('; run "pulumi refresh", then "pulumi up"')


def test_what_the_stack_made_and_is_there_is_fine(
    folder: Folder, kubernetes: FakeKubernetes
) -> None:
    kubernetes.add_account("ci", "cd")
    kubernetes.policy["clusterroles"] = [
        {"metadata": {"name": "view", "uid": "view"}, "rules": []},
        {"metadata": {"name": "odd", "uid": "odd", "labels": MANAGED_BY}, "rules": ROLE["rules"]},
    ]
    folder.write(clusters=CLUSTERS, identity=IDENTITY, roles=[ROLE], automation=[PIPELINE])

    found = by_subject(folder.run("doctor", "test", "--json"))

    for subject in ("roles of the stack", "service accounts", "namespaces and roles"):
        assert found[f"cluster local-east: {subject}"]["state"] == "fine"


def test_roles_that_nobody_has_are_looked_at_too(folder: Folder) -> None:
    folder.write(clusters=CLUSTERS, identity=IDENTITY, roles=[ROLE])

    found = by_subject(folder.run("doctor", "test", "--json"))

    assert found["cluster local-east: roles of the stack"]["state"] == "wrong"
    assert "cluster local-east: bindings" not in found
    assert "cluster local-east: service accounts" not in found


def test_webhooks_are_asked_through_the_control_plane(
    folder: Folder, world: World, kubernetes: FakeKubernetes
) -> None:
    hooks = {"authnWebhook": {"server": HOOK}, "authzWebhook": {"server": HOOK}}
    world.emulator.change(fleet.CONTROL_PLANE, **hooks)
    kubernetes.decide = lambda _spec: {"allowed": False, "evaluationError": "EOF"}
    folder.write(clusters=CLUSTERS, identity=IDENTITY)

    found = by_subject(folder.run("doctor", "test", "--json"))

    assert "cluster local-east: bindings" not in found
    assert found["cluster local-east: authentication webhook"]["state"] == "fine"
    assert "does not decide (EOF)" in found["cluster local-east: authorization webhook"]["text"]


def test_an_unmanaged_endpoint_out_of_reach_is_wrong(folder: Folder) -> None:
    folder.write(clusters=CLUSTERS, bindings=[BINDING])

    found = by_subject(folder.run("doctor", "test", "--json"))

    assert found["cluster local-east: unmanaged endpoint"]["state"] == "wrong"
    assert (
        "does not answer (ConnectError" in found["cluster local-east: unmanaged endpoint"]["text"]
    )


def test_a_managed_endpoint_that_refuses_the_token_is_asked_nothing_else(
    folder: Folder, kubernetes: FakeKubernetes
) -> None:
    kubernetes.token = "another"
    folder.write(clusters=CLUSTERS, bindings=[BINDING])

    printed = folder.run("doctor", "test")

    assert printed.code == 2
    assert "wrong    cluster local-east: managed endpoint: cannot ask the cluster" in printed.out
    assert kubernetes.sent == ["GET version"]


def test_what_the_tokens_owner_may_not_ask_is_a_warning(
    folder: Folder, world: World, kubernetes: FakeKubernetes
) -> None:
    def forbid(request: Request, _genuine: object) -> Answer | None:
        is_review = request.path.endswith("tokenreviews")
        return Answer(403, b'{"kind": "Status", "message": "no"}') if is_review else None

    world.emulator.change(fleet.CONTROL_PLANE, oidc=IDENTITY)
    kubernetes.faults.append(forbid)
    folder.write(clusters=CLUSTERS, bindings=[BINDING])

    found = by_subject(folder.run("doctor", "test", "--json"))

    assert found["cluster local-east: control plane"]["state"] == "warning"
    assert (
        "not checked: cannot ask the cluster" in found["cluster local-east: control plane"]["text"]
    )


def test_a_cluster_that_is_not_found_leaves_the_others(
    folder: Folder, reached: dict[str, Any]
) -> None:
    folder.write(clusters=[{"name": "nowhere"}, reached], bindings=[BINDING])

    found = by_subject(folder.run("doctor", "test", "--json"))

    assert 'no cluster "nowhere" is visible' in found["cluster nowhere"]["text"]
    assert found["cluster local-east: status"]["state"] == "fine"
    assert found["cluster local-east: unmanaged endpoint"]["state"] == "fine"


def test_without_a_token_what_a_person_needs_is_still_checked(
    folder: Folder, reached: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(environment.TOKEN)
    folder.write(clusters=[reached | {"endpoint": HOST}], bindings=[BINDING])

    found = by_subject(folder.run("doctor", "test", "--json"))

    assert "COREWEAVE_API_TOKEN is not set" in found["CKS API"]["text"]
    assert found["cluster local-east: unmanaged endpoint"]["state"] == "fine"
    assert found["clocks"]["state"] == "fine"
    assert found["kubectl"]["state"] == "fine"


def test_a_cluster_without_an_endpoint_yet_is_only_said_to_be_changing(folder: Folder) -> None:
    folder.write(clusters=NEWBORN, bindings=[BINDING])

    printed = folder.run("doctor", "test")

    assert "warning  cluster newborn: status: CREATING" in printed.out
    assert "endpoint" not in printed.out


def test_a_certificate_that_is_not_trusted_is_wrong(
    folder: Folder, reached: dict[str, Any]
) -> None:
    url = reached["servers"]["unmanaged"]
    folder.write(
        clusters=[{"name": "local-east", "servers": reached["servers"]}], bindings=[BINDING]
    )
    printed = folder.run("doctor", "test")

    assert (
        f"wrong    cluster local-east: unmanaged endpoint: the certificate of {url}" in printed.out
    )


def test_the_engine_is_asked_for_the_configuration_on_demand(folder: Folder) -> None:
    folder.write(clusters=CLUSTERS, bindings=[BINDING])

    printed = folder.run("doctor", "test", "--resolve")

    assert printed.code == 1
    assert "pulumi is not installed" in printed.err


ALICE = "alice@example.com"
PERSON = {"username": ALICE, "groups": ["idp:a", "system:authenticated"]}


def kubelogin(folder: Folder, script: str) -> None:
    """Put a kubelogin on PATH that does this instead of asking somebody to log in."""
    path = folder.path / "kubectl-oidc_login"
    path.write_text(
        f"#!/bin/sh\ncase $1 in --version) echo kubelogin version v1.36.3;; *) {script};; esac\n"
    )


def gives(token: str) -> str:
    """The script of a kubelogin that gives a token."""
    answer = {"apiVersion": "client.authentication.k8s.io/v1", "status": {"token": token}}
    return f"echo '{json.dumps(answer)}'"


def as_person(status: int, user: dict[str, Any]) -> Fault:
    """A kube-apiserver that knows the bearer of every token as this user."""

    def answer(request: Request, _genuine: object) -> Answer | None:
        if not request.path.endswith("selfsubjectreviews"):
            return None
        return Answer(status, json.dumps({"status": {"userInfo": user}}).encode())

    return answer


@pytest.mark.parametrize(
    ("groups", "state", "text"),
    [
        (["a"], "fine", "view cluster wide, by Group idp:a (a)"),
        (["A"], "warning", "no binding of the stack file applies"),
        ([], "warning", "the token has no groups"),
    ],
)
def test_a_login_says_who_one_becomes_and_what_that_gives(
    folder: Folder,
    kubernetes: FakeKubernetes,
    reached: dict[str, Any],
    groups: list[str],
    state: str,
    text: str,
) -> None:
    kubelogin(folder, gives(claims(aud="cks", groups=groups).signed()))
    named = [f"idp:{group}" for group in groups]
    person = {**PERSON, "groups": [*named, "system:authenticated"]}
    kubernetes.faults.append(as_person(201, person))
    folder.write(clusters=[reached], identity=IDENTITY, bindings=[BINDING])

    printed = folder.run("doctor", "test", "--login", "--json")
    found = by_subject(printed)["cluster local-east: login"]

    assert printed.err == "logging in through kubelogin, which opens a browser\n"
    assert found["state"] == state
    assert f'accepted as "{ALICE}"' in found["text"]
    assert f'the cluster itself: accepts it as "{ALICE}"' in found["text"]
    assert text in found["text"]


def test_a_login_that_the_cluster_refuses_is_explained(
    folder: Folder, reached: dict[str, Any]
) -> None:
    kubelogin(folder, gives(claims(aud="another").signed()))
    folder.write(clusters=[reached], identity=IDENTITY, bindings=[BINDING])

    found = by_subject(folder.run("doctor", "test", "--login", "--json"))

    assert found["cluster local-east: login"]["state"] == "wrong"
    assert (
        'refused (audience): the token\'s "aud" is "another"'
        in (found["cluster local-east: login"]["text"])
    )


@pytest.mark.parametrize(
    ("cluster", "text"),
    [
        (CLUSTERS[0], "the cluster was not asked: cannot ask the cluster who"),
        (NEWBORN[0], "the cluster was not asked, because its endpoint is not known"),
    ],
    ids=["silent", "newborn"],
)
def test_a_cluster_that_cannot_be_asked_is_judged_by_its_block(
    folder: Folder, cluster: dict[str, str], text: str
) -> None:
    kubelogin(folder, gives(claims(aud="cks", groups=["a"]).signed()))
    folder.write(clusters=[cluster], identity=IDENTITY, bindings=[BINDING])

    found = by_subject(folder.run("doctor", "test", "--login", "--json"))
    login = found[f"cluster {cluster['name']}: login"]

    assert login["state"] == "warning"
    assert f'accepted as "{ALICE}"' in login["text"]
    assert text in login["text"]


def test_a_login_that_fails_is_said_below_what_kubelogin_says(folder: Folder) -> None:
    kubelogin(folder, "exit 1")
    folder.write(clusters=CLUSTERS, identity=IDENTITY, bindings=[BINDING])

    found = by_subject(folder.run("doctor", "test", "--login", "--json"))

    assert found["login"]["state"] == "wrong"
    assert 'its exec plugin "kubectl-oidc_login" failed with exit code 1' in found["login"]["text"]


@pytest.mark.parametrize(
    ("identity", "text"),
    [
        ({}, "the stack file has no identity"),
        (
            {
                "identity": {
                    "provider": "github",
                    "issuerUrl": "https://token.actions.githubusercontent.com",
                    "clientId": "cks",
                    "usernameClaim": "sub",
                    "usernamePrefix": "github:",
                    "requiredClaim": "repository_owner_id=65",
                }
            },
            "nobody logs in at GitHub",
        ),
        (
            {"identity": IDENTITY | {"clientSecret": {"secure": "v1:AAAA"}}},
            "identity.clientSecret is encrypted",
        ),
    ],
    ids=["no identity", "jobs only", "encrypted"],
)
def test_where_nobody_can_log_in_nothing_is_tried(
    folder: Folder, identity: dict[str, Any], text: str
) -> None:
    binding = {"users": ["repo:acme@65/infra@77:environment:production"], "clusterRole": "view"}
    folder.write(clusters=CLUSTERS, bindings=[binding], **identity)

    printed = folder.run("doctor", "test", "--login", "--json")
    found = by_subject(printed)

    assert printed.err == ""
    assert found["login"]["state"] == "warning"
    assert text in found["login"]["text"]


def test_a_token_from_a_file_is_named_by_its_variable(
    folder: Folder, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder.path / "secret-token").write_text(world.token)
    monkeypatch.delenv("COREWEAVE_API_TOKEN")
    monkeypatch.setenv("COREWEAVE_API_TOKEN_FILE", str(folder.path / "secret-token"))
    provider_call.clients[from_environment()] = world.client
    folder.write(clusters=CLUSTERS, bindings=[BINDING])

    printed = folder.run("doctor", "test")

    assert "API token: the token in the file of COREWEAVE_API_TOKEN_FILE is accepted" in printed.out
    assert world.token not in printed.out + printed.err


def test_a_login_that_fails_names_what_to_register_at_the_provider(folder: Folder) -> None:
    kubelogin(folder, "exit 1")
    folder.write(clusters=CLUSTERS, identity=IDENTITY, bindings=[BINDING])

    found = by_subject(folder.run("doctor", "test", "--login", "--json"))["login"]

    assert found["state"] == "wrong"
    assert "failed with exit code 1" in found["text"]
    assert "http://localhost:8000 and http://localhost:18000 for client cks" in found["text"]
