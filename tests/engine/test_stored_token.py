"""A stored token through the real engine: plans, previews, drift, and where the token lies."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from lab.api.server import serve
from tests.kubernetes_api import FakeKubernetes

if TYPE_CHECKING:
    from tests.engine.conftest import Project

OUTSIDE = {"lifetime_seconds": 1200, "renew_before_seconds": 60}
INSIDE = {"lifetime_seconds": 1200, "renew_before_seconds": 1199}
CHECK = ("refresh", "--preview-only", "--expect-no-changes")


class Stack:
    """One stored token of a fake cluster, in the hands of the engine."""

    def __init__(self, project: Project, kubernetes: FakeKubernetes, server: str) -> None:
        self.project = project
        self.kubernetes = kubernetes
        self._account = {
            "server": server,
            "cluster_id": "c",
            "namespace": "ci",
            "service_account": "deployer",
        }

    def write(self, terms: dict[str, int]) -> None:
        self.project.write(clusters={}, tokens={"deployer": self._account | terms})

    def output(self) -> dict[str, Any]:
        """The stack's output as it is shown to everybody."""
        shown = self.project.pulumi("stack", "output", "deployer", "--json")
        made: dict[str, Any] = json.loads(shown.text)
        return made


@pytest.fixture
def stack(bare_project: Project) -> Iterator[Stack]:
    token = bare_project.environment["COREWEAVE_API_TOKEN"]
    fake = FakeKubernetes(token, now=lambda: datetime.now(UTC))
    fake.add_account("ci", "deployer")
    with serve(fake) as url:
        yield Stack(bare_project, fake, url)
        bare_project.destroy()
    stored = bare_project.stored()
    assert [minted for minted in fake.minted if minted in stored] == []


def test_a_token_is_planned_minted_rotated_and_revoked_and_never_seen(stack: Stack) -> None:
    project, kubernetes = stack.project, stack.kubernetes
    stack.write(OUTSIDE)

    saved = project.pulumi("preview", "--save-plan", "plan.json")
    assert saved.code == 0, saved.text
    assert kubernetes.requests == []
    made = project.up("--plan", "plan.json")
    assert made.code == 0, made.text
    assert stack.output()["token"] == "[secret]"
    assert stack.output()["expiresAt"].endswith("Z")

    # Outside the window nothing is asked of anybody, and a plan of before stays valid.
    project.pulumi("preview", "--save-plan", "plan.json", "--expect-no-changes")
    kubernetes.requests.clear()
    unchanged = project.up("--plan", "plan.json", "--expect-no-changes")
    assert unchanged.code == 0, unchanged.text
    assert kubernetes.requests == []
    assert project.pulumi(*CHECK).code == 0

    stack.write(INSIDE)
    preview = project.pulumi("preview", "--diff")
    assert "within its renewal window of 19 minutes" in preview.text
    assert project.up().code == 0
    assert [kubernetes.refusal(token) for token in kubernetes.minted] == ["", ""]
    due = project.pulumi(*CHECK)  # a token that is due is no drift
    assert due.code == 0, due.text

    kubernetes.secrets.clear()
    drift = project.pulumi(*CHECK)
    assert drift.code == 7
    assert "was revoked: its Secret is gone" in drift.text
    assert project.pulumi("refresh", "--yes").code == 0
    assert project.up().code == 0
    assert [kubernetes.refusal(token) for token in kubernetes.minted][2:] == [""]

    destroyed = project.destroy()
    assert destroyed.code == 0, destroyed.text
    assert kubernetes.secrets == {}


def test_a_plan_of_outside_the_window_is_explained_inside_it(stack: Stack) -> None:
    """The step is then another one than was planned, and the engine refuses it."""
    project = stack.project
    stack.write(OUTSIDE)
    assert project.up().code == 0
    assert project.pulumi("preview", "--save-plan", "plan.json").code == 0
    (minted,) = stack.kubernetes.minted
    state = json.loads(project.pulumi("stack", "export").text)
    (token,) = [
        r
        for r in state["deployment"]["resources"]
        if r["urn"].endswith("ServiceAccountToken::deployer")
    ]
    token["outputs"]["expires_at"] = datetime.now(UTC).isoformat()
    (project.folder / "state.json").write_text(json.dumps(state))
    assert project.pulumi("stack", "import", "--file", "state.json").code == 0

    late = project.up("--plan", "plan.json")

    assert late.code != 0
    assert '"pulumi up" replaces it' in late.text
    assert "not allowed by the plan" in late.text
    assert stack.kubernetes.refusal(minted) == ""
