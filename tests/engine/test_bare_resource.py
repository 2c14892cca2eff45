"""Drift of the resource alone, in a program that uses the package without our stack files.

One stack drifts in several ways at once; the tests look at what its commands left behind.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from lab.api import faults
from lab.authority import Authority

if TYPE_CHECKING:
    from tests.engine.command_result import Run
    from tests.engine.conftest import Project

LEAST: dict[str, Any] = {
    "issuer_url": "https://idp.example.com",
    "client_id": "cks",
    "username_claim": "email",
}
LEAVES = [
    "admin_group_binding",
    "ca",
    "client_id",
    "groups_claim",
    "groups_prefix",
    "issuer_url",
    "required_claim",
    "signing_algorithms",
    "username_claim",
    "username_prefix",
]
IN_A_REFRESH = ("refresh", "--preview-only", "--diff", "--expect-no-changes")
IN_A_PREVIEW = ("preview", "--refresh", "--diff", "--expect-no-changes")


@dataclass
class Course:
    """The commands that the stack went through, in this order, and its blocks at the end."""

    only_accepted: Run
    drift_in_a_refresh: Run
    drift_in_a_preview: Run
    repaired: Run
    ids: dict[str, str]
    live: dict[str, Any]


@pytest.fixture(scope="module")
def course(bare_project: Project, tmp_path_factory: pytest.TempPathFactory) -> Course:
    project, emulator = bare_project, bare_project.emulator
    ids = project.add_clusters("drifted", "respelled", "null", "empty", "partly")
    folder = tmp_path_factory.mktemp("authorities")
    first, second = (Authority(folder / name).certificate.read_text() for name in "ab")
    every = LEAST | {
        "username_prefix": "idp:",
        "groups_claim": "groups",
        "groups_prefix": "idp:",
        "ca": first + second,
        "required_claim": "hd=example.com",
        "signing_algorithms": ["RS256"],
        "admin_group_binding": "idp:admins",
    }
    groups = {"groups_claim": "groups", "groups_prefix": "idp:", "ignored": ["groups_prefix"]}
    wanted = {
        "drifted": every,
        "respelled": every,
        "null": LEAST,
        "empty": LEAST,
        "partly": LEAST | groups,
    }
    project.write(clusters={n: args | {"cluster_id": ids[n]} for n, args in wanted.items()})
    assert project.up().code == 0

    for spelling in ("null", "empty"):
        faults.add(emulator, "unset_as", target=ids[spelling], spelling=spelling, times=None)
    respelled = {
        "ca": base64.b64encode(f"of the issuer\r\n{second}\n{first}".encode()).decode(),
        "signingAlgorithms": ["SIGNING_ALGORITHM_UNSPECIFIED", 1, "SIGNING_ALGORITHM_RS256"],
    }
    blocks = {name: emulator.cluster(cluster_id)["oidc"] for name, cluster_id in ids.items()}
    emulator.change(ids["respelled"], oidc=blocks["respelled"] | respelled)
    partly = blocks["partly"] | {"groupsPrefix": "theirs:"}
    emulator.change(ids["partly"], oidc=partly)
    only_accepted = project.pulumi(*IN_A_PREVIEW)

    emulator.change(ids["drifted"], oidc={"issuerUrl": "https://elsewhere.example"})
    emulator.change(ids["partly"], oidc=partly | {"usernameClaim": "sub"})
    in_a_refresh, in_a_preview = project.pulumi(*IN_A_REFRESH), project.pulumi(*IN_A_PREVIEW)
    repaired = project.up("--refresh")
    live = {name: emulator.cluster(cluster_id)["oidc"] for name, cluster_id in ids.items()}
    return Course(only_accepted, in_a_refresh, in_a_preview, repaired, ids, live)


def marked(text: str, resource: str) -> list[str]:
    """The properties that a detailed diff marks as changed on one resource, wherever it is shown."""
    shown = re.findall(rf"::{resource}\]\n((?: {{6,}}.*\n)*)", text)
    return re.findall(r"^ +[~+-] (\w+) *: ", "".join(shown), re.MULTILINE)


@pytest.mark.parametrize("name", ["respelled", "null", "empty"])
def test_another_spelling_of_the_same_is_no_drift(course: Course, name: str) -> None:
    for run in (course.only_accepted, course.drift_in_a_refresh, course.drift_in_a_preview):
        assert marked(run.text, name) == []
    assert course.repaired.masks(course.ids[name]) == []


def test_drift_of_every_leaf_is_shown_by_name(course: Course) -> None:
    refresh, preview = course.drift_in_a_refresh.text, course.drift_in_a_preview.text

    assert marked(refresh, "drifted") == LEAVES
    assert marked(preview, "drifted") == LEAVES * 2  # what has drifted, and how it is repaired
    shown = '~ issuer_url            : "https://idp.example.com" => "https://elsewhere.example"'
    assert shown in refresh


def test_drift_ends_with_exit_code_7_and_sends_nothing(course: Course) -> None:
    for run in (course.drift_in_a_refresh, course.drift_in_a_preview):
        assert run.code == 7
        assert "error: no changes were expected" in run.text
        assert run.patches == []


def test_drift_of_an_ignored_leaf_is_shown_and_accepted(course: Course) -> None:
    assert course.only_accepted.code == 0, course.only_accepted.text
    assert marked(course.only_accepted.text, "partly") == ["groups_prefix"]
    assert marked(course.drift_in_a_refresh.text, "partly") == ["groups_prefix", "username_claim"]


def test_only_what_drifted_and_is_not_ignored_is_repaired(course: Course) -> None:
    assert course.repaired.code == 0, course.repaired.text
    assert course.repaired.masks(course.ids["partly"]) == ["oidc.usernameClaim"]
    assert course.live["partly"]["usernameClaim"] == "email"
    assert course.live["partly"]["groupsPrefix"] == "theirs:"
    assert len(course.repaired.masks(course.ids["drifted"])) == 1
    assert len(course.live["drifted"]) == len(LEAVES)


def test_what_is_deleted_before_it_is_replaced_is_taken_over_again_without_adopt(
    bare_project: Project,
) -> None:
    project, was = bare_project, {"issuerUrl": "https://old.example.com", "clientId": "theirs"}
    ids = project.add_clusters("replaced", oidc=was)
    wanted = LEAST | {"cluster_id": ids["replaced"], "deleted_first": True}
    project.write(clusters={"replaced": wanted | {"adopt": True}})
    assert project.up().code == 0
    project.write(clusters={"replaced": wanted})
    assert project.up().code == 0
    (urn,) = [urn for urn in project.urns() if urn.endswith("::replaced")]

    replaced = project.up("--replace", urn)

    assert replaced.code == 0, replaced.text
    assert [patch["oidc"]["clientId"] for patch in replaced.patches] == [
        "theirs",
        "cks",
    ]
    assert project.destroy().code == 0
    assert project.emulator.cluster(ids["replaced"])["oidc"] == was
