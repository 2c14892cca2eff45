"""`cks-access audit`: what is on clusters beside the stack file, and what a baseline accepts."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from cks_components.api.clock import Clock
from cks_components.api.environment import ApiAccess
from cks_components.engine import provider_call
from cks_components.kubernetes.client import KubernetesClient
from cks_components.kubernetes.labels import MANAGED_BY
from lab.api import fleet
from lab.api.emulator import Answer, Request
from tests.kubernetes_api import FakeKubernetes
from tests.unit.audit.objects import ADMINS, IDENTITY, binding, own, policy, token_secret

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import World
    from tests.unit.conftest import Folder

COUNT = 50
CLUSTERS = [
    {"id": f"1b5274f2-8012-4b68-9010-{i:012d}", "alias": f"c{i}", "endpoint": f"c{i}.example.com"}
    for i in range(COUNT)
]
DEBUG = binding("debug", "cluster-admin", ("User", "mallory"))


@pytest.fixture
def clusters(folder: Folder, world: World) -> Iterator[list[FakeKubernetes]]:
    """Clusters of a stack with one group of administrators; the first has a foreign binding too."""
    for cluster in CLUSTERS:
        shown = fleet.cluster(
            cluster["id"], cluster["alias"], apiServerEndpoint=cluster["endpoint"]
        )
        world.emulator.add(shown)
    fakes = []
    for index, cluster in enumerate(CLUSTERS):
        extra = [DEBUG] if index == 0 else []
        fake = FakeKubernetes(world.token, policy=policy(own("x", "cluster-admin", ADMINS), *extra))
        access = ApiAccess(f"https://{cluster['endpoint']}", world.token)
        provider_call.kubernetes_clients[access] = KubernetesClient(
            access, transport=fake.transport, clock=Clock(sleep=lambda _: None)
        )
        fakes.append(fake)
    write(folder, 2)
    yield fakes
    provider_call.kubernetes_clients.clear()


def write(folder: Folder, count: int) -> None:
    bindings = [{"groups": ["admins"], "clusterRole": "cluster-admin"}]
    folder.write(clusters=CLUSTERS[:count], identity=IDENTITY, bindings=bindings)


def accept(folder: Folder, **entry: Any) -> str:
    path: Path = folder.path / "audit.json"
    path.write_text(json.dumps({"accepted": [entry]}))
    return str(path)


def findings(folder: Folder) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(folder.run("audit", "test", "--json").out)["findings"]
    return found


@pytest.mark.usefixtures("clusters")
def test_what_the_stack_did_not_make_is_found_and_counted(folder: Folder) -> None:
    printed = folder.run("audit", "test")

    assert printed.code == 2
    (line,) = printed.out.splitlines()
    assert line.endswith(
        " c0: ClusterRoleBinding debug: User mallory: cluster-admin cluster wide [full control]"
    )
    assert (
        "2 of 2 clusters read: 2 bindings of this stack; 1 findings, 1 of them not accepted "
        "(1 foreign-binding)" in printed.err
    )
    assert "write a baseline file: accepted: [{id: " in printed.err


@pytest.mark.usefixtures("clusters")
def test_a_baseline_accepts_it_until_its_end(folder: Folder) -> None:
    (found,) = findings(folder)
    path = accept(folder, id=found["id"], reason="INC-1", until="2999-12-31", clusters=["c0"])

    printed = folder.run("audit", "test", "--baseline", path)

    assert printed.code == 0
    assert printed.out.endswith(" (accepted until 2999-12-31T00:00:00Z: INC-1)\n")
    path = accept(folder, id=found["id"], reason="INC-1", until="2020-01-01")
    over = folder.run("audit", "test", "--baseline", path)
    assert over.code == 2
    assert "(was accepted until 2020-01-01T00:00:00Z: INC-1)" in over.out
    path = accept(folder, id=found["id"], reason="INC-1", until="2999-12-31", clusters=["c1"])
    elsewhere = folder.run("audit", "test", "--baseline", path)
    assert elsewhere.code == 2
    assert f"baseline: nothing is found as {found['id']} (INC-1)" in elsewhere.err


@pytest.mark.usefixtures("clusters")
def test_a_cluster_that_only_the_baseline_has_is_named(folder: Folder) -> None:
    (found,) = findings(folder)
    path = accept(folder, id=found["id"], reason="INC-1", until="2999-12-31", clusters=["c00"])

    printed = folder.run("audit", "test", "--baseline", path)

    assert printed.code == 2
    assert (
        f'baseline: the entry of {found["id"]} names the cluster "c00", which the stack does not '
        'have (the nearest is "c0")'
    ) in printed.err


@pytest.mark.usefixtures("clusters")
def test_a_baseline_with_mistakes_is_refused_with_all_of_them(folder: Folder) -> None:
    path = accept(folder, id="x", reason=" ", until="soon", who="me")

    printed = folder.run("audit", "test", "--baseline", path)

    assert printed.code == 1
    for said in (
        "accepted[0].reason: ",
        "accepted[0].until: must be a date",
        "accepted[0].who: is",
    ):
        assert said in printed.err
    (folder.path / "empty.yaml").write_text("")
    assert "accepted: is missing" in folder.run("audit", "--baseline", "empty.yaml", "test").err


def test_a_cluster_that_cannot_be_read_is_named_and_the_rest_is_shown(
    folder: Folder, clusters: list[FakeKubernetes]
) -> None:
    clusters[1].faults.append(lambda _request, _genuine: Answer(401, b"{}", {}))

    printed = folder.run("audit", "test")

    assert printed.code == 1
    assert "ClusterRoleBinding debug" in printed.out
    assert "cannot audit all of cluster c1: cannot ask the cluster whether" in printed.err
    data = json.loads(folder.run("audit", "test", "--json").out)
    assert [cluster["isRead"] for cluster in data["clusters"]] == [True, False]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("newborn", "has no apiServerEndpoint yet (CREATING)"),
        ("nope", 'no cluster "nope" is visible'),
    ],
)
def test_a_cluster_without_an_address_is_named_and_the_rest_is_shown(
    folder: Folder, clusters: list[FakeKubernetes], name: str, why: str
) -> None:
    bindings = [{"groups": ["admins"], "clusterRole": "cluster-admin"}]
    folder.write(clusters=[{"name": name}, CLUSTERS[0]], identity=IDENTITY, bindings=bindings)

    printed = folder.run("audit", "test")

    assert printed.code == 1
    assert "c0: ClusterRoleBinding debug" in printed.out
    assert f"cannot audit all of cluster {name}: clusters[0]: " in printed.err
    assert why in printed.err
    assert "1 of 2 clusters read" in printed.err
    assert clusters[0].requests


def test_what_may_not_be_listed_is_named_and_the_rest_is_judged(
    folder: Folder, clusters: list[FakeKubernetes]
) -> None:
    def refuse(request: Request, _genuine: object) -> Answer | None:
        refused = ("/secrets", "/clusterroles")
        is_refused = request.path.partition("?")[0].endswith(refused)
        return Answer(403, b'{"message": "forbidden"}', {}) if is_refused else None

    clusters[0].faults.append(refuse)

    printed = folder.run("audit", "test")

    assert printed.code == 1
    assert "cluster c0: the token's owner may not list roles and bindings there" in printed.err
    assert "cluster c0: cannot list the Secrets with tokens of service accounts" in printed.err
    assert "2 of 2 clusters read" in printed.err


def test_csv_has_a_row_for_each_finding_and_each_binding_of_the_stack(
    folder: Folder, clusters: list[FakeKubernetes]
) -> None:
    clusters[0].policy["secrets"] = [token_secret("ci", "=cmd", "cd")]
    (found, _) = findings(folder)
    path = accept(folder, id=found["id"], reason="INC-1", until="2999-12-31")

    printed = folder.run("audit", "test", "--csv", "--baseline", path)

    rows = list(csv.DictReader(printed.out.splitlines()))
    assert [(row["cluster"], row["kind"], row["accepted"]) for row in rows] == [
        ("c0", "foreign-binding", "INC-1"),
        ("c0", "token-secret", ""),
        ("c0", "owned", ""),
        ("c1", "owned", ""),
    ]
    assert rows[2]["who"] == "Group okta:admins"


def test_what_the_stack_made_for_a_pipeline_is_owned_too(
    folder: Folder, clusters: list[FakeKubernetes]
) -> None:
    account = {"name": "cd", "uid": "cd", "namespace": "ci", "labels": MANAGED_BY}
    clusters[1].policy["serviceaccounts"] = [{"metadata": account}]
    pipeline = {"name": "cd", "namespace": "ci", "clusterRole": "view", "namespaces": ["ci"]}
    folder.write(clusters=CLUSTERS[1:2], identity=IDENTITY, automation=[pipeline])
    bound = own("b", "view", ("ServiceAccount", "ci/cd"), namespace="ci")
    clusters[1].policy |= {"clusterrolebindings": [], "rolebindings": [bound]}

    printed = folder.run("audit", "test", "--json")

    assert json.loads(printed.out)["clusters"][0]["owned"] == [
        {"place": "RoleBinding ci/b", "who": ["ServiceAccount ci/cd"], "what": "view in ci"},
        {"place": "ServiceAccount ci/cd", "who": [], "what": "made by this stack"},
    ]
    assert "1 bindings, 1 other objects of this stack" in printed.err


def test_fifty_clusters_are_read_at_once(folder: Folder, clusters: list[FakeKubernetes]) -> None:
    write(folder, COUNT)

    printed = folder.run("audit", "test", "--json")

    assert printed.code == 2
    data = json.loads(printed.out)
    assert [len(cluster["owned"]) for cluster in data["clusters"]] == [1] * COUNT
    assert all(fake.requests for fake in clusters)
    assert not {m for fake in clusters for m, _, _ in fake.requests} - {"GET"}


def test_the_page_shows_what_the_stack_made_and_what_it_did_not(
    folder: Folder, clusters: list[FakeKubernetes]
) -> None:
    clusters[0].policy["secrets"] = [token_secret("ci", "old", "cd")]
    account = ("ServiceAccount", "ci/cd")
    clusters[0].policy["clusterrolebindings"].append(binding("y", "view", account))
    (found, *_) = findings(folder)
    path = accept(folder, id=found["id"], reason="INC-1", until="2999-12-31")

    assert folder.run("audit", "test", "--html", "a.html", "--baseline", path).code == 2

    text = (folder.path / "a.html").read_text()
    assert "<title>Audit of test</title>" in text
    assert '<details class="role r0 foreign"' in text
    assert '<details class="role r0 same"' in text
    assert "ServiceAccount ci/cd" in text
    assert "(accepted until 2999-12-31T00:00:00Z: INC-1)" in text
    assert "<li>c0: Secret ci/old: " in text


def test_a_page_that_cannot_be_written_is_said_before_a_cluster_is_read(
    folder: Folder, clusters: list[FakeKubernetes]
) -> None:
    printed = folder.run("audit", "test", "--json", "--html", "no/such/folder/a.html")

    assert (printed.code, printed.out) == (1, "")
    assert "cannot write no/such/folder/a.html: there is no folder no/such/folder" in printed.err
    assert not clusters[0].requests


@pytest.mark.usefixtures("clusters")
def test_nothing_is_printed_if_the_page_fails(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_path: Path, _text: str, **_: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_text", refuse)

    printed = folder.run("audit", "test", "--json", "--html", "a.html")

    assert (printed.code, printed.out) == (1, "")
    assert "cannot write a.html: No space left on device" in printed.err


HOOK = {"server": "https://hook.example.com"}
OIDC = {
    "issuerUrl": IDENTITY["issuerUrl"],
    "clientId": IDENTITY["clientId"],
    "usernameClaim": "email",
    "groupsClaim": "groups",
    "groupsPrefix": "okta:",
}


@pytest.mark.usefixtures("clusters")
def test_what_the_cks_api_lets_in_beside_the_file_is_found_and_the_stacks_own_is_owned(
    folder: Folder, world: World
) -> None:
    write(folder, 2)
    foreign = {"issuerUrl": "https://x.example", "clientId": "x", "groupsClaim": "g"}
    first, second = CLUSTERS[0]["id"], CLUSTERS[1]["id"]
    world.emulator.change(first, oidc=foreign, authnWebhook=HOOK, authzWebhook=HOOK)
    world.emulator.change(second, oidc=OIDC)

    printed = folder.run("audit", "test", "--json")

    data = json.loads(printed.out)
    found = {f["place"]: f for f in data["findings"] if f["place"].endswith("of the CKS API")}
    login = found["OIDC of the CKS API"]
    assert (login["kind"], login["who"], login["paths"]) == (
        "foreign-login",
        ["https://x.example"],
        ["full control"],
    )
    assert login["what"] == "names who logs in (clientId: x, groupsClaim: g)"
    assert any("issuerUrl" in note and "in the file" in note for note in login["notes"])
    for hook in ("authentication webhook", "authorization webhook"):
        assert found[f"{hook} of the CKS API"]["kind"] == "cluster-webhook"
        assert found[f"{hook} of the CKS API"]["who"] == [HOOK["server"]]
    assert [owned["place"] for owned in data["clusters"][1]["owned"]] == [
        "ClusterRoleBinding x",
        "OIDC of the CKS API",
    ]
    assert "2 bindings and 1 logins and webhooks of this stack" in printed.err


@pytest.mark.usefixtures("clusters")
def test_a_login_whose_groups_have_a_prefix_is_no_way_to_everything_and_a_webhook_of_the_file_is_owned(
    folder: Folder, world: World
) -> None:
    folder.write(
        clusters=CLUSTERS[1:2],
        bindings=[{"groups": ["a"], "clusterRole": "view"}],
        webhooks={"authorization": HOOK},
    )
    world.emulator.change(CLUSTERS[1]["id"], oidc=OIDC, authzWebhook=HOOK)

    data = json.loads(folder.run("audit", "test", "--json").out)

    (login,) = (f for f in data["findings"] if f["kind"] == "foreign-login")
    assert (login["paths"], login["notes"]) == ([], [])
    assert data["clusters"][0]["owned"][-1]["what"] == "may allow whatever RBAC does not allow"


@pytest.mark.parametrize("is_gone", [True, False], ids=["gone", "refused"])
@pytest.mark.usefixtures("clusters")
def test_where_the_cks_api_does_not_show_a_cluster_that_is_said_and_the_rest_is_judged(
    folder: Folder, world: World, *, is_gone: bool
) -> None:
    if is_gone:
        world.emulator.remove(CLUSTERS[0]["id"])
    else:
        world.emulator.add_fault(lambda _request, _genuine: Answer(401, b"{}", {}))

    printed = folder.run("audit", "test")

    assert printed.code == 1
    assert "ClusterRoleBinding debug" in printed.out
    assert "cannot audit all of cluster c0: its login and webhooks are not known: " in printed.err
