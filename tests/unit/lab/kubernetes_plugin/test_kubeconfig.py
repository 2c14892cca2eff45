from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.kubernetes_plugin import kubeconfig as kubeconfigs
from lab.kubernetes_plugin.credentials import ExecCredential
from lab.kubernetes_plugin.errors import CredentialError, KubeconfigError, NotCoveredError
from lab.kubernetes_plugin.kubeconfig import Access, Exec

V1 = "client.authentication.k8s.io/v1"


def test_yaml_json_and_a_file_are_the_same_kubeconfig(
    kubeconfig: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "config"
    path.write_text(yaml.safe_dump(kubeconfig))

    for text in (json.dumps(kubeconfig), yaml.safe_dump(kubeconfig), str(path)):
        assert kubeconfigs.load(text) == kubeconfig


@pytest.mark.parametrize("text", ["no-such-file", "a: [\ntoken: SECRET", "- a\n- b\n"])
def test_what_is_no_kubeconfig_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(KubeconfigError) as caught:
        kubeconfigs.load(text)

    assert "SECRET" not in str(caught.value)


def test_a_context_names_server_roots_and_credential(kubeconfig: dict[str, Any]) -> None:
    kubeconfig["clusters"][0]["cluster"]["certificate-authority-data"] = base64.b64encode(
        b"PEM"
    ).decode()
    kubeconfig["clusters"][0]["cluster"]["tls-server-name"] = "other.example"
    kubeconfig["contexts"][0]["context"]["namespace"] = "team"

    access = kubeconfigs.access(kubeconfig)

    assert access.tls_server_name == "other.example"

    assert (access.server, access.ca, access.namespace) == ("https://kube.example", "PEM", "team")
    assert access.token
    assert access.token not in repr(access)


@pytest.mark.parametrize(
    ("kind", "key"),
    [("cluster", "insecure-skip-tls-verify"), ("user", "auth-provider"), ("user", "username")],
)
def test_what_is_not_covered_is_refused_and_never_ignored(
    kubeconfig: dict[str, Any], kind: str, key: str
) -> None:
    kubeconfig[f"{kind}s"][0][kind][key] = True

    with pytest.raises(NotCoveredError, match=f"{key} in a kubeconfig is not covered"):
        kubeconfigs.access(kubeconfig)


def test_a_missing_context_is_named(kubeconfig: dict[str, Any]) -> None:
    with pytest.raises(KubeconfigError, match="no context 'other'"):
        kubeconfigs.access(kubeconfig, context="other")


def program(script: str, **env: str) -> Access:
    return Access("https://kube.example", exec=Exec(V1, "sh", ("-c", script), env))


def printing(tmp_path: Path, **status: Any) -> Access:
    answer = json.dumps({"apiVersion": V1, "kind": "ExecCredential", "status": status})
    calls = tmp_path / "calls"
    return program('echo call >>"$CALLS"; printf %s "$ANSWER"', ANSWER=answer, CALLS=str(calls))


def test_an_exec_credential_is_asked_for_once_until_it_expires(tmp_path: Path) -> None:
    now = datetime(2030, 1, 1, tzinfo=UTC)
    clock = [now]
    access = printing(tmp_path, token="t", expirationTimestamp="2030-01-01T01:00:00Z")
    credential = ExecCredential(access, now=lambda: clock[0])

    assert [credential.get().token for _ in range(3)] == ["t"] * 3
    assert (tmp_path / "calls").read_text().count("call") == 1
    clock[0] += timedelta(hours=2)
    credential.get()
    assert (tmp_path / "calls").read_text().count("call") == 2


def test_a_refused_exec_credential_is_asked_for_again(tmp_path: Path) -> None:
    credential = ExecCredential(printing(tmp_path, token="t"))

    credential.get()
    credential.forget()
    credential.get()

    assert (tmp_path / "calls").read_text().count("call") == 2


def test_the_program_is_told_what_is_asked_of_it() -> None:
    script = 'case "$KUBERNETES_EXEC_INFO" in *ExecCredential*) exit 7;; esac'

    with pytest.raises(CredentialError, match=r"exit code 7$"):
        ExecCredential(program(script)).get()


@pytest.mark.parametrize(
    ("access", "message"),
    [
        (
            program("echo TOKEN >&2; exit 1"),
            "getting credentials: exec: executable sh failed with exit code 1",
        ),
        (program("echo TOKEN"), "getting credentials: exec: executable sh did not print"),
        (
            Access("https://k", exec=Exec(V1, "no-such-program")),
            "getting credentials: exec: executable no-such-program not found",
        ),
        (Access("https://k", exec=Exec("v0", "sh")), "invalid apiVersion 'v0'"),
    ],
    ids=["it fails", "it prints something else", "it is not there", "an unknown version"],
)
def test_a_failing_program_is_named_and_its_output_is_not_repeated(
    access: Access, message: str
) -> None:
    with pytest.raises(CredentialError) as caught:
        ExecCredential(access).get()

    assert message in str(caught.value)
    assert "TOKEN" not in str(caught.value)
