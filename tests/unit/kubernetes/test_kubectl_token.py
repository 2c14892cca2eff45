"""The token that kubectl would send in a context."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from cks_components.api.errors import SettingsError
from cks_components.kubernetes import kubectl_token
from cks_components.kubernetes.kubeconfig import EXEC_API_VERSION, admin_credential

Write = Callable[..., Path]
PLUGIN = """
import json, os, sys
info = json.loads(os.environ["KUBERNETES_EXEC_INFO"])
print("a login page was opened", file=sys.stderr)
token = f"{os.environ['PART']}.{sys.argv[1]}.{info['spec']['interactive']}"
print(json.dumps({"apiVersion": info["apiVersion"], "status": {"token": token}}))
"""


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a kubeconfig whose context "people" has a user with these values."""

    def kubeconfig(name: str = "config", /, **user: Any) -> Path:
        path = tmp_path / name
        content = {
            "clusters": [{"name": "c", "cluster": {"server": "https://k8s.example.com"}}],
            "contexts": [{"name": "people", "context": {"cluster": "c", "user": "u"}}],
            "users": [{"name": "u", "user": user}],
        }
        path.write_text(json.dumps(content))
        return path

    return kubeconfig


def plugin(code: str, **more: Any) -> dict[str, Any]:
    return {
        "apiVersion": EXEC_API_VERSION,
        "command": sys.executable,
        "args": ["-c", code, "argument"],
        "env": [{"name": "PART", "value": "value"}],
        "interactiveMode": "IfAvailable",
        **more,
    }


def test_sigterm_ends_the_plugin_too(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    code = (
        f"import os, signal, time; open({str(pid)!r}, 'w').write(str(os.getpid()))\n"
        "os.kill(os.getppid(), signal.SIGTERM); time.sleep(60)"
    )
    before = signal.getsignal(signal.SIGTERM)

    with pytest.raises(SystemExit) as ended:
        kubectl_token.issued("cannot log in", plugin(code))

    assert ended.value.code == 143
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)
    assert signal.getsignal(signal.SIGTERM) is before


def answers(status: str, version: str = EXEC_API_VERSION) -> str:
    """The code of a plugin that answers with a status."""
    return f'print(\'{{"apiVersion": "{version}", "status": {status}}}\')'


def token_of(*files: Path) -> str:
    return kubectl_token.token_of("people", files).token


def refusal(*files: Path, context: str = "people") -> str:
    with pytest.raises(SettingsError) as error:
        kubectl_token.token_of(context, files)
    return str(error.value)


def test_a_token_in_the_file_is_sent(write: Write) -> None:
    assert token_of(write(token="a.b.c")) == "a.b.c"


def test_a_token_file_goes_before_a_token_and_lies_beside_the_kubeconfig(
    write: Write, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text("d.e.f\n")

    assert token_of(write(token="a.b.c", tokenFile="token")) == "d.e.f"


@pytest.mark.parametrize("content", [None, "", " \n"])
def test_a_token_is_sent_where_its_token_file_holds_none(
    write: Write, tmp_path: Path, content: str | None
) -> None:
    if content is not None:
        (tmp_path / "token").write_text(content)

    assert token_of(write(token="a.b.c", tokenFile="token")) == "a.b.c"


def test_a_token_file_that_is_empty_is_named(write: Write, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("\n")

    assert f"its token file {tmp_path / 'token'} is empty" in refusal(write(tokenFile="token"))


@pytest.mark.parametrize(
    ("token", "told"),
    [
        (
            " a.b.c",
            "the token begins with a space, so kube-apiserver ignores it and takes you for an",
        ),
        (" ", "the token begins with a space"),
        ("\t", "the token begins with a space"),
        (
            "a.b.c\n",
            "the token holds a line break or another control character, with which kubectl",
        ),
        ("a.b\x7f.c", "the token holds a line break"),
    ],
)
def test_a_token_that_does_not_arrive_is_no_token(write: Write, token: str, told: str) -> None:
    answer = f"print({json.dumps({'apiVersion': EXEC_API_VERSION, 'status': {'token': token}})!r})"

    for found in (refusal(write(token=token)), refusal(write(exec=plugin(answer)))):
        assert told in found
        assert "a.b" not in found


@pytest.mark.parametrize("token", ["a.b.c ", "a.b.c\t", "a.b.c d.e.f"])
def test_of_a_token_with_spaces_the_first_word_arrives(write: Write, token: str) -> None:
    assert token_of(write(token=token)) == "a.b.c"


def test_a_token_file_that_is_missing_is_named(write: Write, tmp_path: Path) -> None:
    assert f"its token file {tmp_path / 'gone'} cannot be read" in refusal(write(tokenFile="gone"))


def test_an_exec_plugin_is_run_as_kubectl_runs_it(
    write: Write, capfd: pytest.CaptureFixture[str]
) -> None:
    file = write(exec=plugin(PLUGIN, interactiveMode="Never"))

    assert token_of(file) == "value.argument.False"
    assert "a login page was opened" in capfd.readouterr().err


def test_a_plugin_may_ask_where_somebody_can_answer(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)

    for mode in ("IfAvailable", "Always"):
        found = token_of(write(exec=plugin(PLUGIN, interactiveMode=mode)))
        assert found == "value.argument.True"


def test_a_plugin_with_a_path_is_beside_the_kubeconfig(write: Write, tmp_path: Path) -> None:
    program = tmp_path / "plugin"
    program.write_text(f"#!{sys.executable}\n{PLUGIN}")
    program.chmod(0o700)

    found = token_of(write(exec=plugin("", command="./plugin")))

    assert found.startswith("value.-c.")


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("import sys; sys.exit(3)", "failed with exit code 3; what it says is above"),
        ("print('hello')", "did not print an ExecCredential"),
        ("print('[]')", "did not print an ExecCredential"),
        (answers('{"token": ""}'), "gave no token"),
        (answers('{"token": 5}'), "gave no token"),
        (
            answers('{"token": "a.b.c", "clientKeyData": "x"}'),
            "gave a client certificate without its key, or the reverse, which kubectl refuses",
        ),
        *(
            (
                answers(f'{{"token": "a.b.c", "expirationTimestamp": {time}}}'),
                "gave an expirationTimestamp that is no time in RFC 3339, which kubectl refuses",
            )
            for time in (
                '"soon"',
                '""',
                "5",
                '"2030-01-01"',
                '"2030-01-01T00:00:00"',
                '"2030-01-01 00:00:00Z"',
                '"2030-02-30T00:00:00Z"',
                '"2030-01-01T24:00:00Z"',
                '"2030-01-01T00:00:60Z"',
                '"2030-01-01T00:00:00+25:00"',
            )
        ),
        (
            answers('{"token": "a.b.c"}, "kind": "Other"'),
            "answered with another kind than ExecCredential, which kubectl refuses",
        ),
        (
            answers('{"token": "a.b.c"}', "client.authentication.k8s.io/v1beta1"),
            "answered in client.authentication.k8s.io/v1beta1 and was asked in",
        ),
    ],
)
def test_a_plugin_that_gives_no_token_is_one_sentence(write: Write, code: str, told: str) -> None:
    found = refusal(write(exec=plugin(code)))

    assert told in found
    assert found.startswith('cannot get the token of context "people": its exec plugin "')
    assert "\n" not in found


@pytest.mark.parametrize("time", ["null", '"2030-01-01T0:00:00Z"', '"2001-01-01T00:00:00.5+02:00"'])
def test_a_time_at_which_a_token_ends_is_read_as_kubectl_reads_it(write: Write, time: str) -> None:
    answer = answers(f'{{"token": "a.b.c", "expirationTimestamp": {time}}}')

    assert token_of(write(exec=plugin(answer))) == "a.b.c"


def test_a_plugin_that_is_not_installed_gives_its_hint(write: Write) -> None:
    missing = plugin("", command="no-such-plugin", installHint="Install kubelogin: https://x\n")

    assert refusal(write(exec=missing)).endswith(
        'its exec plugin "no-such-plugin" cannot be started; Install kubelogin: https://x'
    )


def test_a_plugin_that_kubectl_would_not_run_is_not_run(write: Write) -> None:
    without = plugin(PLUGIN)
    del without["interactiveMode"]

    assert 'write "interactiveMode: Never"' in refusal(write(exec=without))


def test_a_plugin_that_never_ends_is_given_up(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kubectl_token, "_PATIENCE_SECONDS", 0.05)

    assert "did not end" in refusal(write(exec=plugin("import time; time.sleep(60)")))


def test_a_kubeconfig_of_another_version_is_refused_and_an_empty_one_is_not(
    write: Write, tmp_path: Path
) -> None:
    file = write(token="a.b.c")
    content = yaml.safe_load(file.read_text())
    other, unnamed = tmp_path / "other", tmp_path / "unnamed"
    other.write_text(yaml.safe_dump(content | {"apiVersion": "v2", "kind": "Config"}))
    unnamed.write_text(yaml.safe_dump(content | {"apiVersion": "", "kind": ""}))

    assert "apiVersion has to be 'v1'. Correct the file" in refusal(other)
    assert token_of(unnamed) == "a.b.c"


@pytest.mark.parametrize(
    ("user", "told"),
    [
        (
            {"client-certificate-data": "eA==", "client-key-data": "eA=="},
            "it sends a client certificate instead of a token; name the context",
        ),
        (
            {"username": "x", "password": "y"},
            "it sends a user and a password instead of a token; name",
        ),
        ({"exec": None}, "it sends no token; name the context of a person or a pipeline"),
    ],
)
def test_a_context_without_a_token_says_what_it_has(
    write: Write, user: dict[str, Any], told: str
) -> None:
    assert told in refusal(write(**user))


def test_the_first_file_with_an_entry_counts_and_missing_files_do_not(
    write: Write, tmp_path: Path
) -> None:
    files = [tmp_path / "missing", write("one", token="first"), write("two", token="second")]

    assert token_of(*files) == "first"


def test_a_missing_context_names_those_that_are_there(write: Write) -> None:
    found = refusal(write(token="x"), context="peeple")

    assert 'has no such context (the nearest is "people"); it has people' in found


def test_a_kubeconfig_without_contexts_has_none(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text("{}")

    assert "it has none" in refusal(path)


def test_a_context_of_a_missing_user_says_so(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text('{"contexts": [{"name": "people", "context": {"user": "u"}}]}')

    assert 'its user "u" is not in' in refusal(path)


def test_a_context_without_a_user_sends_nothing(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text('{"contexts": [{"name": "people"}]}')

    assert "it names no user, so kubectl sends no token" in refusal(path)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"- a list", "is not a kubeconfig"),
        (b"contexts: text", "is not a kubeconfig"),
        (b"replicas: 3", "is not a kubeconfig"),
        (b"contexts: {people: {}}", "is not a kubeconfig"),
        (b"users: [{name: u, user: text}]", "is not a kubeconfig"),
        (b"users: []\na: b: c", "cannot be read: it is not valid YAML (line 2)"),
        (b"[" * 10_000, "cannot be read: it is not valid YAML"),
        (b"\xff\xfe\x00", "cannot be read: it is not text"),
    ],
)
def test_a_file_that_is_no_kubeconfig_is_named(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "config"
    path.write_bytes(content)

    assert f"{path} {told}" in refusal(path)


def test_no_kubeconfig_at_all_is_said(tmp_path: Path) -> None:
    assert "there is no kubeconfig at" in refusal(tmp_path / "config")


def test_a_folder_in_the_place_of_a_kubeconfig_is_said(tmp_path: Path) -> None:
    assert f"{tmp_path} cannot be read: Is a directory; check the file" in refusal(tmp_path)


def test_a_kubeconfig_that_may_not_be_looked_at_is_not_called_missing(tmp_path: Path) -> None:
    assert "cannot be read: File name too long; check" in refusal(tmp_path / ("x" * 300))


@pytest.mark.parametrize("content", ["", "null", "# nothing yet"])
def test_a_kubeconfig_without_content_has_no_entries_as_for_kubectl(
    write: Write, tmp_path: Path, content: str
) -> None:
    empty = tmp_path / "empty"
    empty.write_text(content)

    assert token_of(empty, write(token="a.b.c")) == "a.b.c"


@pytest.mark.parametrize(
    ("user", "told"),
    [
        ({"token": 12345}, "users[0].user.token has to be text, so put it in quotes"),
        ({"exec": "kubelogin"}, "users[0].user.exec has to be a mapping"),
        (
            {"exec": plugin("", args="get-token")},
            "users[0].user.exec.args has to be a list. Correct the file",
        ),
        (
            {"exec": plugin("", env=["A=B"], provideClusterInfo="yes")},
            "users[0].user.exec.env[0] has to be a mapping; "
            "users[0].user.exec.provideClusterInfo has to be true or false",
        ),
    ],
)
def test_a_kubeconfig_that_kubectl_cannot_load_is_refused_without_its_values(
    write: Write, user: dict[str, Any], told: str
) -> None:
    file = write(**user)

    found = refusal(file)

    assert f"kubectl cannot load {file}: {told}" in found
    assert "12345" not in found


def test_every_file_has_to_be_one_that_kubectl_loads(write: Write, tmp_path: Path) -> None:
    odd = tmp_path / "odd"
    odd.write_text("clusters: [{cluster: {server: 5}}]\ncontexts: [{name: 5}]")

    found = refusal(write(token="a.b.c"), odd)

    assert f"{odd}: clusters[0].cluster.server has to be text" in found
    assert "contexts[0].name has to be text" in found


def test_a_date_is_text_as_for_kubectl(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text(
        "clusters: [{name: c, cluster: {server: 'https://k8s.example.com'}}]\n"
        "contexts: [{name: people, context: {cluster: c, user: 2026-13-45}}]\n"
        "users: [{name: 2026-13-45, user: {token: a.b.c}}]"
    )

    assert token_of(path) == "a.b.c"


def test_the_user_as_whom_a_context_acts_is_known(write: Write) -> None:
    assert kubectl_token.token_of("people", [write(token="a", **{"as": "bob"})]).acts_as == "bob"
    assert kubectl_token.token_of("people", [write(token="a")]).acts_as == ""


@pytest.mark.parametrize("has_shell", [True, False])
def test_an_operators_context_is_known_and_its_token_is_not_asked_for(
    write: Write, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, has_shell: bool
) -> None:
    (tmp_path / ("sh" if has_shell else "cks-access")).touch(mode=0o700)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert "it sends your CoreWeave token (COREWEAVE_API_TOKEN), which the managed" in refusal(
        write(**admin_credential())
    )
