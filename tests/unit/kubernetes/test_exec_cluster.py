"""A plugin with `provideClusterInfo` is told about the cluster what kubectl 1.36 tells it."""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from cks_components.api.errors import SettingsError
from cks_components.kubernetes import kubectl_token
from cks_components.kubernetes.kubeconfig import EXEC_API_VERSION

SERVER = "https://k8s.example.com"
EXTENSION = "client.authentication.k8s.io/exec"
DATA = base64.b64encode(b"a certificate").decode()
PLUGIN = f"""
import base64, json, os
spec = json.loads(os.environ["KUBERNETES_EXEC_INFO"])["spec"]
token = base64.b64encode(json.dumps(spec).encode()).decode()
print(json.dumps({{"apiVersion": "{EXEC_API_VERSION}", "status": {{"token": token}}}}))
"""


def asked(folder: Path, cluster: dict[str, Any], **more: Any) -> Any:
    """The `spec` that a plugin gets in a context with this cluster."""
    plugin = {
        "apiVersion": EXEC_API_VERSION,
        "command": sys.executable,
        "args": ["-c", PLUGIN],
        "interactiveMode": "Never",
        "provideClusterInfo": True,
        **more,
    }
    file = folder / "config"
    content = {
        "clusters": [{"name": "c", "cluster": {"server": SERVER} | cluster}],
        "contexts": [{"name": "people", "context": {"cluster": "c", "user": "u"}}],
        "users": [{"name": "u", "user": {"exec": plugin}}],
    }
    file.write_text(yaml.safe_dump(content))
    return json.loads(base64.b64decode(kubectl_token.token_of("people", [file]).token))


def test_a_plugin_that_does_not_ask_is_told_nothing(tmp_path: Path) -> None:
    assert asked(tmp_path, {}, provideClusterInfo=False) == {"interactive": False}


@pytest.mark.parametrize(
    ("cluster", "told"),
    [
        ({}, {}),
        *(
            ({key: value}, {key: value})
            for key, value in {
                "tls-server-name": "k8s.internal",
                "insecure-skip-tls-verify": True,
                "disable-compression": True,
                "certificate-authority-data": DATA,
                "proxy-url": "http://u:p@proxy:1",
            }.items()
        ),
        ({"insecure-skip-tls-verify": False, "tls-server-name": "", "proxy-url": ""}, {}),
        ({"certificate-authority-data": f"{DATA[:8]}\n{DATA[8:]}"}, {"certificate-authority-data": DATA}),
        ({"certificate-authority": "ca.pem"}, {"certificate-authority-data": DATA}),
        ({"certificate-authority": "empty.pem"}, {}),
        ({"proxy-url": "SOCKS5://proxy"}, {"proxy-url": "socks5://proxy"}),
    ],
)  # fmt: skip
def test_a_plugin_is_told_what_is_set(
    tmp_path: Path, cluster: dict[str, Any], told: dict[str, Any]
) -> None:
    (tmp_path / "ca.pem").write_text("a certificate")
    (tmp_path / "empty.pem").touch()

    assert asked(tmp_path, cluster) == {
        "cluster": {"server": SERVER, "config": None} | told,
        "interactive": False,
    }


@pytest.mark.parametrize(
    "config", [{"audience": "x", "deep": [1, None, {"a": True}]}, "text", 5, None]
)
def test_a_plugin_gets_the_clusters_extension_for_it(tmp_path: Path, config: Any) -> None:
    extensions = [{"name": "other", "extension": "x"}, {"name": EXTENSION, "extension": config}]

    assert asked(tmp_path, {"extensions": extensions})["cluster"]["config"] == config


@pytest.mark.parametrize(
    ("cluster", "told"),
    [
        # failed to load CA bundle for execProvider
        ({"certificate-authority": "."}, "cannot be read: Is a directory; check the path"),
        # json: unsupported value: NaN
        (
            {"extensions": [{"name": EXTENSION, "extension": float("nan")}]},
            f'its cluster\'s extension "{EXTENSION}" holds a value that JSON does not have; correct it',
        ),
        ({"extensions": [{"name": EXTENSION, "extension": {b"a"}}]}, "holds a value that JSON does not"),
    ],
)  # fmt: skip
def test_what_cannot_be_told_is_one_sentence(
    tmp_path: Path, cluster: dict[str, Any], told: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        asked(tmp_path, cluster)

    assert str(refused.value).startswith('cannot get the token of context "people": its c')
    assert told in str(refused.value)
