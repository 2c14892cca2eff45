"""A stack of 0.1.0 that is upgraded, renamed, pinned, reordered and moved, while people work on it.

Nothing may be sent to the CKS API, and nobody may be without a right for a moment.
"""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from lab.api import fleet
from lab.issuer import provider
from lab.webhook import hook
from tests.lab.pipelines import STORED, UP, Project
from tests.lab.test_names_and_rules import ALICE, reason

if TYPE_CHECKING:
    from tests.lab.conftest import Lab

FOREIGN = "4e85a7c5-b345-4e9b-8343-ff7f84946635"
IDENTITY = {
    "provider": "generic",
    "issuerUrl": provider.URL,
    "clientId": provider.CLIENT,
    "usernameClaim": "email",
    "groupsClaim": "groups",
    "groupsPrefix": "lab:",
    "adopt": True,
}
DEPLOYER = {
    "name": "deployer",
    "namespace": "default",
    "clusterRole": "edit",
    "namespaces": ["default", "kube-public"],
    "token": STORED,
}
BINDINGS: list[dict[str, Any]] = [
    *({"groups": [f"g{n}"], "clusterRole": "edit", "namespaces": ["default"]} for n in range(4)),
    {"groups": ["g4"], "clusterRole": "edit", "namespaces": ["default", "kube-public"]},
    {"groups": ["g5"], "clusterRole": "view", "namespaces": ["kube-public"]},
    {"groups": ["g6"], "clusterRole": "view"},
    {"groups": ["g7"], "clusterRole": "view"},
    {"groups": ["g8"], "clusterRole": "admin", "namespaces": ["kube-public"]},
    {"users": [ALICE], "clusterRole": "view", "namespaces": ["kube-system"]},
]
RIGHTS: list[tuple[str, dict[str, str]]] = [
    *((f"g{n}", {"verb": "create", "resource": "pods", "namespace": "default"}) for n in range(5)),
    ("g4", {"verb": "create", "resource": "pods", "namespace": "kube-public"}),
    ("g5", {"verb": "list", "resource": "pods", "namespace": "kube-public"}),
    ("g6", {"verb": "list", "resource": "pods"}),
    ("g7", {"verb": "list", "resource": "pods"}),
    ("g8", {"verb": "create", "resource": "pods", "namespace": "kube-public"}),
    ("nobody", {"verb": "list", "resource": "pods", "namespace": "kube-system"}),
]
"""Who (alice, in one group) may do what by one of the bindings; the last by alice's own."""
REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
PLATFORM = '''\
import pulumi

from cks_components.stack import deployment


class Platform(pulumi.ComponentResource):
    """A component of somebody's own, which the clusters move into."""


PARENT = Platform("acme:index:Platform", "platform")


class Moved(deployment.ClusterAccess):
    def __init__(self, name, args, opts):
        moved = pulumi.ResourceOptions(
            parent=PARENT, aliases=[pulumi.Alias(parent=pulumi.ROOT_STACK_RESOURCE)]
        )
        super().__init__(name, args, pulumi.ResourceOptions.merge(opts, moved))


deployment.ClusterAccess = Moved
deployment.deploy(pulumi.runtime.config.CONFIG.get())
'''


class Stack(Project):
    """A stack of two clusters, one of which has everything that this project can write."""

    def write_clusters(self, *clusters: dict[str, Any]) -> None:
        everything = {
            "bindings": BINDINGS,
            "automation": [DEPLOYER],
            "webhooks": {"authentication": self.webhook},
        }
        entries = [c if c.get("name") == "foreign" else c | everything for c in clusters]
        config = {"cks-access:identity": IDENTITY, "cks-access:clusters": entries}
        path = self.folder / "stacks" / "Pulumi.test.yaml"
        kept = yaml.safe_load(path.read_text())
        path.write_text(yaml.safe_dump(kept | {"config": config}))

    @property
    def webhook(self) -> dict[str, str]:
        ca = (self.lab.state.authority / "ca.pem").read_text()
        return {"server": f"{hook.URL}/authn", "ca": ca}

    def token(self) -> str:
        output = ("stack", "output", "automationKubeconfigs", "--show-secrets", "--json")
        self.run("pulumi", *output)
        return self.out.partition("token: ")[2].split()[0].split("\\n")[0]

    def urn(self, name: str) -> str:
        self.run("pulumi", "stack", "export")
        urns = [str(r["urn"]) for r in json.loads(self.out)["deployment"]["resources"]]
        return next(urn for urn in urns if urn.endswith(f"::{name}"))


@pytest.fixture
def stack(lab: Lab, tmp_path: Path) -> Iterator[Stack]:
    stack = Stack(lab, tmp_path / "project")
    yield stack
    stack.pulumi("destroy", "--yes", "--skip-preview")
    lab.settle()


_PAUSE_SECONDS = 0.02  # without one, asking costs the updates most of a core


class Watch:
    """People who ask all the time whether they still may do what they may do."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._tokens = {
            group: lab.control.mint(ALICE, claims={"groups": [group]})
            for group in {group for group, _ in RIGHTS}
        }
        self.asked = 0
        self.refused: list[str] = []

    def has(self, group: str, wanted: dict[str, str]) -> bool:
        body = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": wanted},
        }
        answer = self._lab.post(f"api.{self._lab.host}", REVIEWS, self._tokens[group], body)
        return answer.status_code == 201 and answer.json()["status"]["allowed"] is True

    def has_everything(self) -> bool:
        return all(self.has(group, wanted) for group, wanted in RIGHTS)

    @contextmanager
    def watching(self) -> Iterator[None]:
        end = threading.Event()

        def ask() -> None:
            for group, wanted in itertools.cycle(RIGHTS):
                if end.wait(_PAUSE_SECONDS):
                    return
                self.asked += 1
                if not self.has(group, wanted):
                    self.refused.append(f"{group}: {wanted}")

        thread = threading.Thread(target=ask)
        thread.start()
        try:
            yield
        finally:
            end.set()
            thread.join()


def patches(lab: Lab) -> list[str]:
    return [r.path for r in lab.control.requests() if r.method == "PATCH"]


def test_an_upgrade_and_every_new_name_leave_everybody_every_right(lab: Lab, stack: Stack) -> None:
    east, foreign = {"name": "local-east"}, {"name": "foreign"}
    pinned = {"id": fleet.CONTROL_PLANE, "endpoint": fleet.endpoint("local-east")}
    theirs = lab.control.cluster(FOREIGN)["oidc"]
    stack.run_release("0.1.0")
    stack.write_clusters(east, foreign)
    stack.pulumi(*UP)
    stored = stack.token()
    lab.settle()
    lab.eventually(lambda: "not initialized" not in reason(lab, lab.control.mint(ALICE)))
    watch = Watch(lab)
    lab.eventually(watch.has_everything)
    lab.control.clear_requests()

    with watch.watching():
        stack.run_release(None)
        upgraded = stack.pulumi(*UP)
        assert "replaced" not in upgraded.rpartition("Resources:")[2]
        assert watch.refused == []

        for clusters in (
            [east | {"alias": "east"}, foreign],
            [foreign | {"alias": "theirs"}, pinned | {"alias": "local-east-1"}],
            [pinned | {"alias": "theirs"}, foreign | {"alias": "local-east-1"}],
        ):
            stack.write_clusters(*clusters)
            assert "renamed" in stack.pulumi(*UP, "--expect-no-changes")

        stack.pulumi(*UP, "--replace", stack.urn("cc4c51613302-oidc"))
        stack.pulumi("state", "taint", "--yes", stack.urn("cc4c51613302-authentication-webhook"))
        stack.pulumi(*UP)
        stack.pulumi(*UP, "--refresh", "--expect-no-changes")

        (stack.folder / "__main__.py").write_text(PLATFORM)
        moved = stack.pulumi(*UP)
        changed = moved.rpartition("Resources:")[2]
        assert "1 created" in changed  # the component itself
        assert "deleted" not in changed
        assert "replaced" not in changed
        stack.pulumi(*UP, "--expect-no-changes")

    assert watch.refused == []
    assert watch.asked > len(RIGHTS)
    assert patches(lab) == []
    assert stack.token() == stored

    said = stack.pulumi("destroy", "--yes", "--skip-preview")
    lab.settle()
    assert "oidc" not in lab.control.cluster(fleet.CONTROL_PLANE), said
    assert lab.control.cluster(FOREIGN)["oidc"] == theirs
