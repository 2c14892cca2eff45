"""The text of a kubeconfig lies in states, so it must not depend on the machine."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cks_components.kubernetes import kubeconfig
from cks_components.kubernetes.kubeconfig import build_kubeconfig
from cks_components.kubernetes.kubeconfig_yaml import Dumper

_TEXTS = st.one_of(st.text(max_size=60), st.text(" '\"\n:#-|>%@`{}[]&*!,?=~\ta", max_size=40))


@given(_TEXTS, _TEXTS)
def test_the_text_is_that_of_pyyaml_without_its_library_in_c(name: str, value: str) -> None:
    text = build_kubeconfig(
        name, server="https://a.example", user=name, credential={"exec": {"args": [value, "-v"]}}
    )

    read = yaml.safe_load(text)
    assert read["users"][0]["user"]["exec"]["args"] == [value, "-v"]
    assert yaml.dump(read, Dumper=Dumper, sort_keys=False, width=1000) == text


@pytest.mark.parametrize("name", ["y", "N", "1e3", "12e4", "08", "0o17"])
def test_text_that_kubectl_would_take_for_something_else_is_in_quotes(name: str) -> None:
    text = build_kubeconfig(name, server="https://a", user=name, credential={}, namespace=name)

    assert f"namespace: '{name}'" in text
    assert f"current-context: '{name}'" in text


@pytest.fixture
def without_shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine that has no sh, as one with Windows."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def install(folder: Path) -> None:
    (folder / "cks-access").touch(mode=0o755)


def test_an_operator_without_sh_gets_the_command_of_this_package(without_shell: Path) -> None:
    with_sh = kubeconfig.admin_credential()["exec"]
    install(without_shell)
    found = kubeconfig.admin_credential()["exec"]
    provider = yaml.safe_load(kubeconfig.provider_kubeconfig("https://cw1.example"))

    assert with_sh["command"] == "sh"
    assert "Install cks-access on this machine" in with_sh["installHint"]
    assert (found["command"], found["args"]) == ("cks-access", ["credential", "coreweave"])
    assert provider["users"][0]["user"]["exec"]["command"] == "cks-access"


def test_an_operators_kubeconfig_of_another_machine_is_made_anew_where_there_is_no_sh(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def made() -> str:
        credential = kubeconfig.admin_credential()
        return kubeconfig.build_kubeconfig("a", server="https://a", user="b", credential=credential)

    there = made()
    assert kubeconfig.for_this_machine(there) == there
    monkeypatch.setenv("PATH", str(tmp_path))
    install(tmp_path)

    assert kubeconfig.for_this_machine(there) == made() != there
    for other in ("{", "a: b", "users: [{user: {token: a}}]", made()):
        assert kubeconfig.for_this_machine(other) == other
