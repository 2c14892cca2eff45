"""What kubectl refuses about a context, before it would run a plugin or send a token.

What kubectl 1.36 says or sends stands beside each case.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cks_components.api.errors import SettingsError
from cks_components.kubernetes import kubectl_token
from cks_components.kubernetes.kubeconfig import EXEC_API_VERSION

Write = Callable[..., Path]
SERVER = {"server": "https://k8s.example.com"}
CERTIFICATE = "client-certificate-data"
DATA = "eA=="
OIDC = {"name": "oidc", "config": {"idp-issuer-url": "https://i", "client-id": "c"}}
LOCALHOST = "so kubectl asks http://localhost:8080, and sends no token; correct the kubeconfig"


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a kubeconfig with one context, "people"; its user has a plugin unless one is given."""

    def kubeconfig(
        user: dict[str, Any] | None = None,
        cluster: dict[str, Any] | None = None,
        context: dict[str, Any] | None = None,
        **top: Any,
    ) -> Path:
        path = tmp_path / "config"
        values = {"exec": plugin(tmp_path)} if user is None else user
        named = {"cluster": "c", "user": "u"} if context is None else context
        content = {
            "clusters": [{"name": "c", "cluster": SERVER if cluster is None else cluster}],
            "users": [{"name": "u", "user": values}],
            "contexts": [{"name": "people", "context": named}],
            **top,
        }
        path.write_text(json.dumps(content))
        return path

    return kubeconfig


def plugin(folder: Path, **more: Any) -> dict[str, Any]:
    """A plugin that leaves a file when it is run; what is None is left out."""
    answer = json.dumps({"apiVersion": EXEC_API_VERSION, "status": {"token": "a.b.c"}})
    values = {
        "apiVersion": EXEC_API_VERSION,
        "interactiveMode": "Never",
        "command": "sh",
        "args": ["-c", f"touch '{folder}/ran'; echo '{answer}'"],
        **more,
    }
    return {key: value for key, value in values.items() if value is not None}


def refusal(file: Path) -> str:
    """What is said of the context; no plugin was run."""
    with pytest.raises(SettingsError) as error:
        kubectl_token.token_of("people", [file])
    assert not (file.parent / "ran").exists()
    return str(error.value)


def token_of(file: Path) -> str:
    return kubectl_token.token_of("people", [file]).token


def test_a_context_that_kubectl_works_with_runs_its_plugin(write: Write, tmp_path: Path) -> None:
    assert token_of(write()) == "a.b.c"
    assert (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("top", "told"),
    [
        # duplicate name "u" in list
        ({"users": [{"name": "u"}, {"name": "u"}]}, 'users has to be a list with each name once, and r'),
        ({"clusters": [{}, {"name": ""}]}, 'clusters has to be a list with each name once, and repeats ""'),
        ({"contexts": [{"name": "a"}] * 2}, "contexts has to be a list with each name once"),
        ({"extensions": [{"name": "a"}] * 2}, "extensions has to be a list with each name once"),
        # illegal base64 data at input byte 0
        (
            {"clusters": [{"cluster": {"certificate-authority-data": "!!"}}]},
            "clusters[0].cluster.certificate-authority-data has to be base64",
        ),
        (
            {"users": [{"user": {CERTIFICATE: "YQ", "client-key-data": "Y Q=="}}]},
            "users[0].user.client-certificate-data has to be base64; "
            "users[0].user.client-key-data has to be base64",
        ),
        # json: cannot unmarshal
        ({"preferences": []}, "preferences has to be a mapping"),
        ({"users": [{"user": {"auth-provider": "oidc"}}]}, "users[0].user.auth-provider has to be a map"),
    ],
)  # fmt: skip
def test_no_plugin_of_a_kubeconfig_that_kubectl_cannot_load_is_run(
    write: Write, top: dict[str, Any], told: str
) -> None:
    file = write(**top)

    assert f"kubectl cannot load {file}: {told}" in refusal(file)


def test_base64_may_have_line_breaks(write: Write) -> None:
    cluster = SERVER | {"certificate-authority-data": "YWJj\nYWJj\r\n"}

    assert token_of(write(cluster=cluster)) == "a.b.c"


@pytest.mark.parametrize(
    ("context", "told"),
    [
        ({"user": "u"}, f"it names no cluster, {LOCALHOST}"),
        ({"user": "u", "cluster": "d"}, 'its cluster "d" is not in'),
    ],
)
def test_a_context_without_its_cluster_sends_no_token(
    write: Write, context: dict[str, Any], told: str
) -> None:
    found = refusal(write(context=context))

    assert told in found
    assert LOCALHOST in found


NOT_SECURE = "its cluster's server has no https://, and kubectl sends a token only there"


@pytest.mark.parametrize(
    ("cluster", "told"),
    [
        ({}, f"its cluster has no server, {LOCALHOST}"),
        ({"server": "http://k8s.example.com"}, NOT_SECURE),
        ({"server": "k8s.example.com:443"}, NOT_SECURE),
        # host must be a URL or a host:port pair
        ({"server": "https://"}, NOT_SECURE),
        # Basic, and the plugin is not run
        ({"server": "https://a:SECRET@k8s.example.com"}, "its cluster's server names a user (before the @)"),
        ({"server": "https://@k8s.example.com"}, "whom kubectl sends instead of the token; remove the user"),
        # unsupported scheme "ftp", must be http, https, or socks5
        (SERVER | {"proxy-url": "ftp://p"}, "proxy-url begins with none of http, https, socks5"),
        (SERVER | {"proxy-url": "http://[p"}, "proxy-url begins with none of http, https, socks5"),
        # certificate-authority-data and certificate-authority are both specified
        (
            SERVER | {"certificate-authority": "config", "certificate-authority-data": DATA},
            "its cluster has certificate-authority and certificate-authority-data, which kubectl ref",
        ),
        # specifying a root certificates file with the insecure flag is not allowed
        (
            SERVER | {"certificate-authority-data": DATA, "insecure-skip-tls-verify": True},
            "its cluster has a certificate authority and insecure-skip-tls-verify, which kubectl",
        ),
        # unable to read certificate-authority
        (SERVER | {"certificate-authority": "gone"}, "gone cannot be read: No such file or directory"),
    ],
)  # fmt: skip
def test_a_cluster_to_which_kubectl_sends_no_token_is_refused(
    write: Write, cluster: dict[str, Any], told: str
) -> None:
    found = refusal(write(cluster=cluster))

    assert told in found
    assert "SECRET" not in found


@pytest.mark.parametrize(
    "cluster",
    [
        {"server": "https://k8s.example.com/a@b"},
        {"server": "HTTPS://k8s.example.com", "proxy-url": "socks5://p:1"},
        SERVER | {"certificate-authority": "config"},
        SERVER | {"certificate-authority": "."},
    ],
)
def test_a_cluster_that_kubectl_reaches_is_taken(write: Write, cluster: dict[str, Any]) -> None:
    assert token_of(write(cluster=cluster)) == "a.b.c"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        # command must be specified
        ({"command": None}, 'its exec plugin "" has no command; name the program'),
        # apiVersion must be specified
        ({"apiVersion": None}, 'has no apiVersion, with which kubectl does not run it; write "client.'),
        # exec plugin: invalid apiVersion
        (
            {"apiVersion": "client.authentication.k8s.io/v1alpha1"},
            'has the apiVersion "client.authentication.k8s.io/v1alpha1", with which kubectl does not',
        ),
        # invalid interactiveMode for u
        (
            {"interactiveMode": "Sometimes"},
            'has the interactiveMode "Sometimes"; kubectl knows Never, IfAvailable, Always',
        ),
        # standard input is not a terminal
        ({"interactiveMode": "Always"}, 'has the interactiveMode "Always", with which kubectl runs it at'),
        # env variable name must be specified
        ({"env": [{"value": "x"}]}, "has an environment variable without a name"),
    ],
)  # fmt: skip
def test_a_plugin_that_kubectl_does_not_run_is_not_run(
    write: Write, tmp_path: Path, more: dict[str, Any], told: str
) -> None:
    assert told in refusal(write({"exec": plugin(tmp_path, **more)}))


@pytest.mark.parametrize(
    ("more", "told"),
    [
        # authProvider cannot be provided in combination with an exec plugin
        ({"auth-provider": {}}, "its user has exec and an auth-provider, which kubectl refuses"),
        # Basic, and the plugin is not run
        ({"username": "x"}, "it sends a user and a password instead of a token"),
        # the certificate, and the plugin is not run
        (
            {CERTIFICATE: DATA, "client-key-data": DATA},
            "it sends a client certificate instead of a",
        ),
        # requesting uid, groups or user-extra for u without impersonating a user
        ({"as-groups": ["x"]}, 'its user has as-groups without "as"'),
    ],
)
def test_a_plugin_beside_something_else_is_not_run(
    write: Write, tmp_path: Path, more: dict[str, Any], told: str
) -> None:
    assert told in refusal(write({"exec": plugin(tmp_path)} | more))


def test_a_plugin_beside_a_token_or_a_password_alone_is_as_for_kubectl(
    write: Write, tmp_path: Path
) -> None:
    assert token_of(write({"exec": plugin(tmp_path), "token": "d.e.f"})) == "d.e.f"
    assert not (tmp_path / "ran").exists()
    assert token_of(write({"exec": plugin(tmp_path), "password": "x"})) == "a.b.c"


TWO_METHODS = "its user has a token and a username or password, which kubectl refuses; remove one"


@pytest.mark.parametrize(
    ("user", "told"),
    [
        # more than one authentication method found for u; found [token basicAuth]
        ({"token": "a", "username": "x"}, TWO_METHODS),
        ({"token": "a", "password": "x"}, TWO_METHODS),
        # username/password or bearer token may be set, but not both
        ({"tokenFile": "config", "username": "x"}, TWO_METHODS),
        ({"token": "a", "as-uid": "x"}, 'has as-uid without "as", which kubectl refuses'),
        ({"token": "a", "as-user-extra": {"k": ["x"]}}, 'has as-user-extra without "as"'),
        # no Auth Provider found; Must provide idp-issuer-url
        ({"token": "a", "auth-provider": {"name": "gcp"}}, "has an auth-provider with which kubectl"),
        ({"token": "a", "auth-provider": {"name": "oidc"}}, "is oidc, with idp-issuer-url and client-id"),
        # client-key-data or client-key must be specified
        ({"token": "a", CERTIFICATE: DATA}, "has a client certificate without its client-key"),
        # client-cert-data and client-cert are both specified
        (
            {"token": "a", CERTIFICATE: DATA, "client-certificate": "config", "client-key": "config"},
            "its user has client-certificate and client-certificate-data, which kubectl refuses",
        ),
        # unable to read client-key
        (
            {"token": "a", CERTIFICATE: DATA, "client-key": "gone"},
            "gone cannot be read: No such file or directory; check the path",
        ),
        # ID Token is not a valid JWT
        ({"auth-provider": OIDC}, "it sends the token of its auth-provider, which is not read here"),
    ],
)  # fmt: skip
def test_a_user_with_whom_kubectl_sends_no_such_token_is_refused(
    write: Write, user: dict[str, Any], told: str
) -> None:
    assert told in refusal(write(user))


@pytest.mark.parametrize(
    "more",
    [
        {"auth-provider": OIDC},
        {"client-key-data": DATA},
        {"as-groups": [], "as-user-extra": {}},
        {"as": "bob", "as-groups": ["x"]},
    ],
)
def test_a_token_beside_what_does_not_hinder_it_is_sent(write: Write, more: dict[str, Any]) -> None:
    assert token_of(write({"token": "a.b.c"} | more)) == "a.b.c"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
@pytest.mark.parametrize("indent", [None, "\t"])
def test_a_kubeconfig_may_be_in_utf_16_and_json_may_have_tabs(
    write: Write, encoding: str, indent: str | None
) -> None:
    file = write({"token": "a.b.c"})
    text = json.dumps(json.loads(file.read_text()), indent=indent)
    file.write_bytes(text.encode(encoding))

    assert token_of(file) == "a.b.c"


@pytest.mark.parametrize("name", ["y", "N", "off", "1e3"])
def test_a_name_that_kubectl_does_not_take_for_text_is_refused(write: Write, name: str) -> None:
    file = write({"token": "a.b.c"})
    written = file.read_text()

    file.write_text(written.replace('"name": "c"', f'"name": {name}'))

    assert "clusters[0].name has to be text, so put it in quotes if it is meant" in refusal(file)
    file.write_text(written.replace('"name": "c"', f'"name": "{name}"').replace('"c"', f'"{name}"'))
    assert token_of(file) == "a.b.c"


def test_of_several_documents_the_first_counts_as_for_kubectl(write: Write) -> None:
    file = write({"token": "a.b.c"})
    file.write_text(f"{file.read_text()}\n---\n[this is not YAML\n")

    assert token_of(file) == "a.b.c"
