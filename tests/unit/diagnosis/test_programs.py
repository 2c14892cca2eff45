"""kubectl and kubelogin: there or not, recent enough or not."""

from __future__ import annotations

from pathlib import Path

import pytest

from cks_components.diagnosis.programs import KUBECTL, KUBELOGIN, Program, program
from cks_components.diagnosis.result import State

KUBECTL_PRINTS = '{"clientVersion": {"gitVersion": "%s"}}'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def install(folder: Path, name: str, prints: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{prints}'\n")
    path.chmod(0o755)


@pytest.mark.parametrize(
    ("needed", "prints", "state", "text"),
    [
        (KUBECTL, KUBECTL_PRINTS % "v1.36.3", State.FINE, "is v1.36.3"),
        (KUBECTL, KUBECTL_PRINTS % "v1.30.2-eks-1552ad0", State.FINE, "is v1.30.2-eks-1552ad0"),
        (KUBECTL, KUBECTL_PRINTS % "v1.21.14", State.WRONG, "client.authentication.k8s.io/v1"),
        (KUBELOGIN, "kubelogin version v1.36.2", State.FINE, "is v1.36.2"),
        (KUBELOGIN, "kubelogin version v1.31.0", State.WARNING, "install int128/kubelogin 1.36.2"),
        (KUBELOGIN, "kubelogin version v1.30.1", State.WRONG, "v1beta1"),
        (KUBELOGIN, "kubelogin version \ngit hash: v0.1.4", State.WARNING, "another program"),
        (KUBELOGIN, "kubelogin version vdev", State.WARNING, "another program"),
    ],
)
def test_a_version_is_compared_with_what_is_needed(
    folder: Path, needed: Program, prints: str, state: State, text: str
) -> None:
    install(folder, needed.name, prints)

    found = program(needed)

    assert (found.subject, found.state) == (needed.name, state)
    assert text in found.text


@pytest.mark.usefixtures("folder")
def test_a_program_that_is_missing_is_named_with_where_to_get_it() -> None:
    found = program(KUBECTL)

    assert str(found) == (
        "wrong    kubectl: it is not on PATH; install it, https://kubernetes.io/docs/tasks/tools"
    )


def test_a_program_under_another_name_is_pointed_at(folder: Path) -> None:
    install(folder, "kubelogin", "kubelogin version v1.36.3")

    found = program(KUBELOGIN)

    assert found.state is State.WRONG
    assert (
        f"{folder}/kubelogin may be it, under a name that kubectl does not look for" in found.text
    )


def test_a_program_that_cannot_be_started_is_no_version(folder: Path) -> None:
    (folder / "kubectl").write_text("#!/nowhere/sh\n")
    (folder / "kubectl").chmod(0o755)

    assert "does not print a version" in program(KUBECTL).text
