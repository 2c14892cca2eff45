"""What can refuse an `up` refuses before the first PATCH: no environment is left half done."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lab.api import fleet
from lab.api.emulator import Answer
from lab.api.server import serve
from lab.authority import Authority
from tests.engine.stack_file import IDENTITY
from tests.kubernetes_api import FakeKubernetes

if TYPE_CHECKING:
    from tests.engine.conftest import Project

ID = fleet.CONTROL_PLANE
MISSPELT = {"groups": ["ml"], "clusterRole": "edti", "namespaces": ["trainin"]}
OWN_PROGRAM = """
import pulumi
from cks_components import Binding, ClusterAccess, ClusterAccessArgs
from cks_components.api.models import OidcConfig
from cks_components.cluster_access import Identity

oidc = OidcConfig.model_validate({identity})
people = Binding(cluster_role="edti", groups=["ml"], namespaces=["trainin"])
ClusterAccess(
    "east",
    ClusterAccessArgs(
        cluster_id="{id}",
        endpoint="{endpoint}",
        identity=Identity(oidc=oidc),
        bindings=[people],
        label="local-east",
    ),
)
"""


class Site:
    """A stack with one cluster, whose kube-apiserver answers."""

    def __init__(self, project: Project, kubernetes: FakeKubernetes, endpoint: str) -> None:
        self.project = project
        self.kubernetes = kubernetes
        self.endpoint = endpoint
        project.emulator.change(ID, apiServerEndpoint=endpoint)

    def write(self, **values: Any) -> None:
        own = {"identity": IDENTITY, "clusters": [{"name": "local-east"}]}
        self.project.write(**own | values)

    def refused(self) -> str:
        """What an `up` says that is refused; nothing is written to anybody."""
        self.kubernetes.requests.clear()
        up = self.project.up()
        assert up.code != 0, up.text
        assert up.patches == []
        assert {method for method, _, _ in self.kubernetes.requests} == {"GET"}
        assert "oidc" not in self.project.emulator.cluster(ID)
        assert "Traceback" not in up.text
        return up.text


@pytest.fixture
def site(project: Project, tmp_path: Path) -> Iterator[Site]:
    token = project.environment["COREWEAVE_API_TOKEN"]
    fake = FakeKubernetes(token, namespaces=["training"])
    authority = Authority(tmp_path / "authority")
    context = authority.server_context("kubernetes", ["127.0.0.1"])
    project.environment["SSL_CERT_FILE"] = str(authority.certificate)
    with serve(fake, ssl_context=context) as url:
        yield Site(project, fake, url.removeprefix("https://"))


def test_a_person_s_missing_namespace_and_misspelt_role_stop_an_up_before_the_first_patch(
    site: Site,
) -> None:
    site.write(bindings=[MISSPELT])

    said = site.refused()

    assert 'has no namespace "trainin" (the nearest is "training")' in said
    assert 'has no ClusterRole "edti" (the nearest is "edit")' in said
    assert site.kubernetes.sent == ["GET namespaces", "GET clusterroles"]


def test_a_token_that_may_not_look_stops_an_up_and_says_which_right_is_missing(site: Site) -> None:
    refusal = {"kind": "Status", "message": "namespaces is forbidden", "code": 403}
    answer = Answer(403, json.dumps(refusal).encode(), {"content-type": "application/json"})
    site.kubernetes.faults.append(lambda _request, _genuine: answer)
    site.write(bindings=[MISSPELT])

    said = site.refused()

    assert "namespaces is forbidden" in said
    assert 'needs the verb "list" on namespaces, clusterroles and roles' in said


def test_a_group_that_nobody_can_be_in_stops_an_up_before_anything_is_asked(site: Site) -> None:
    without = {key: value for key, value in IDENTITY.items() if not key.startswith("groups")}
    site.write(identity=without, bindings=[{"groups": ["ml"], "clusterRole": "view"}])

    up = site.project.up()

    assert up.code != 0
    assert "bindings[0].groups: are bound, but the identity has no groupsClaim" in up.text
    assert up.sent == []
    assert site.kubernetes.requests == []


def test_a_program_of_one_s_own_is_stopped_before_the_first_patch_too(site: Site) -> None:
    text = OWN_PROGRAM.format(identity=repr(IDENTITY), id=ID, endpoint=site.endpoint)
    (site.project.folder / "__main__.py").write_text(text)

    up = site.project.up()

    assert up.code != 0
    assert up.patches == []
    assert 'has no namespace "trainin" (the nearest is "training")' in up.text
    assert site.kubernetes.sent == ["GET namespaces", "GET clusterroles"]
