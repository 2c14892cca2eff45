"""The JSON Schema of a stack file, as an editor and the examples use it."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from cks_components.project import stack_config
from cks_components.project.project_file import ProjectFile
from cks_components.rules import examine
from cks_components.stack_file.reading import PROJECT
from docs.generate import pages
from docs.site import ROOT
from tests.documentation import blocks

PAGE = ROOT / "docs" / "stack-file.schema.json"
SCHEMA = json.loads(pages()[PAGE.name])
PARTS = [SCHEMA["properties"]["config"], *SCHEMA["definitions"].values()]
FILES = sorted(
    path
    for folder in ("stacks", "examples/providers", "examples/roles")
    for path in (ROOT / folder).iterdir()
)
ID = "1b5274f2-8012-4b68-9010-cc4c51613302"
POLICIES = {"adopt": True, "onDrift": "overwrite", "onDelete": "clear"}
HOOK = {"server": "https://hook.example.com", "ca": "x", **POLICIES}
WEBHOOKS = {"authentication": HOOK, "authorization": HOOK}
BINDING = {"clusterRole": "view", "users": ["a"], "groups": ["b"], "namespaces": ["training"]}
ENDING = BINDING | {"until": "2026-12-31T18:00:00Z", "reason": "x"}
PIPELINE = {
    "name": "ci",
    "namespace": "ci",
    "createNamespace": True,
    "deleteNamespace": True,
    "clusterRole": "view",
    "namespaces": ["training"],
    "token": {"lifetime": "30d", "renewBefore": "7d"},
}
RULE = {"verbs": ["get"], "apiGroups": [""], "resources": ["pods"], "resourceNames": ["web"]}
URLS = {"verbs": ["get"], "nonResourceURLs": ["/metrics"]}
ROLE = {"name": "jobs", "extends": "view", "rules": [RULE, URLS]}
IN_PLACE = {"name": "queue", "namespaces": ["training"], "rules": [RULE]}
OF_ROLE = {"role": "queue", "groups": ["b"], "namespaces": ["training"]}
APART = {"managed": "a", "unmanaged": "b", "pipelines": "c"}
EVERY_KEY: dict[str, Any] = {
    "environment": "staging",
    "identity": {
        "provider": "okta",
        "issuerUrl": "https://acme.okta.com",
        "clientId": "cks",
        "usernameClaim": "email",
        "usernamePrefix": "okta:",
        "groupsClaim": "groups",
        "groupsPrefix": "okta:",
        "ca": "x",
        "requiredClaim": "a=b",
        "signingAlgorithms": ["RS256"],
        "adminGroupBinding": "admins",
        "clientSecret": {"secure": "AAAB"},
        "extraScopes": ["groups"],
        "handover": "24h",
        "discovery": "off",
        **POLICIES,
    },
    "clusters": [
        {
            "id": ID,
            "alias": "east",
            "endpoint": "x",
            "servers": APART,
            "proxyUrl": APART,
            "tlsServerName": APART,
            "certificateAuthority": APART,
            "roles": [IN_PLACE],
            "bindings": [BINDING, OF_ROLE],
            "automation": [PIPELINE],
            "webhooks": WEBHOOKS,
            "expect": [{"serviceAccount": "ci/cd", "can": ["get pods"]}],
        },
        {"name": "west"},
    ],
    "roles": [ROLE],
    "bindings": [BINDING, ENDING],
    "automation": [PIPELINE | {"name": "cd"}],
    "webhooks": WEBHOOKS,
    "expect": [{"user": "a", "groups": ["b"], "can": ["get pods"], "cannot": ["get secrets"]}],
    "verify": True,
    "kubeconfig": {"context": "{cluster}-{kind}"},
    "updateTimeout": "20m",
    "waivers": [{"rule": "OIDC-10", "reason": "x"}],
    "acknowledge": [{"risk": "own-rights", "cluster": "east", "reason": "x"}],
}


def file(values: dict[str, Any]) -> dict[str, Any]:
    return {"config": {f"{PROJECT}:{key}": value for key, value in values.items()}}


def refusals(content: Any) -> list[str]:
    return [error.message for error in Draft7Validator(SCHEMA).iter_errors(content)]


def shape(values: dict[str, Any]) -> list[str]:
    """What the program says of the shape, and not of what the values say."""
    project = ProjectFile(None, "cks-access", Path(), {})
    read = stack_config.parse("test", Path("x"), json.dumps(file(values)), project)  # JSON is YAML
    found = examine(read.values).findings
    return [str(finding) for finding in found if not finding.rule]


def key_paths(part: Any, *path: str | int) -> Iterator[tuple[str | int, ...]]:
    """The path of every key in a part; an encrypted value has none of ours."""
    if isinstance(part, list):
        for index, entry in enumerate(part):
            yield from key_paths(entry, *path, index)
    elif isinstance(part, dict) and "secure" not in part:
        for key, value in part.items():
            yield (*path, key)
            yield from key_paths(value, *path, key)


def test_it_is_a_schema() -> None:
    Draft7Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_stack_file_leads_an_editor_to_the_schema_and_fits_it(path: Path) -> None:
    text = path.read_text()

    (schema,) = re.findall(r"\A# yaml-language-server: \$schema=(.*)\n", text)
    assert (path.parent / schema).resolve() == PAGE
    assert refusals(yaml.safe_load(text)) == []


def test_the_stack_file_of_the_readme_fits_the_schema() -> None:
    (shown,) = blocks(ROOT / "README.md", "yaml")

    assert refusals(yaml.safe_load(shown)) == []


def test_a_file_with_every_key_fits_the_schema_and_the_model() -> None:
    known = {key.removeprefix(f"{PROJECT}:") for part in PARTS for key in part["properties"]}

    assert {path[-1] for path in key_paths(EVERY_KEY)} == known
    assert refusals(file(EVERY_KEY)) == []
    assert refusals({"config": EVERY_KEY}) == []
    assert shape(EVERY_KEY) == []


def test_every_key_says_what_it_is_for() -> None:
    for part in PARTS:
        for key, value in part["properties"].items():
            assert value.get("description", "").endswith("."), key


@pytest.mark.parametrize(
    "path", list(key_paths(EVERY_KEY)), ids=lambda path: ".".join(map(str, path))
)
def test_a_misspelt_key_is_refused_wherever_it_stands(path: tuple[str | int, ...]) -> None:
    wrong = copy.deepcopy(EVERY_KEY)
    part: Any = wrong
    for step in path[:-1]:
        part = part[step]
    part[f"{path[-1]}x"] = part.pop(path[-1])

    assert refusals(file(wrong)) != []
    assert refusals({"config": wrong}) != []
    assert shape(wrong) != []


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"config": {}},
        {"config": {"cks-access:clusters": []}},
        {"config": {"clusters": [{"name": "a"}], "identiy": {}}},
        {"config": {"cks-access:clusters": "east"}},
    ],
)
def test_a_file_that_lacks_what_it_needs_is_refused(content: Any) -> None:
    assert refusals(content) != []


@pytest.mark.parametrize(
    "more",
    [
        {"aws:region": "x", "aws:clusters": []},
        {"cks-access:identity": json.dumps({"issuerUrl": "x", "clientId": "y"})},
        {"cks-access:clusters": json.dumps([{"name": "a"}])},
        {"identity": {"issuerUrl": "x", "clientId": "y"}},
    ],
)
def test_what_the_engine_takes_as_well_fits_the_schema(more: dict[str, Any]) -> None:
    content = {"encryptionsalt": "v1:x", "config": {"cks-access:clusters": [{"name": "a"}]} | more}

    assert refusals(content) == []
    assert refusals({"config": {"clusters": [{"name": "a"}]}}) == []


DURATIONS = ["20m", "90", "1m30s", "1.5h", "250ms", 90, 0.5, "0", "0s", 0, -1, "soon", "m", "20 m"]
IDS = [ID, ID.upper(), "7", f"{ID}0", f"x{ID}"]
NAMESPACES = [["a"], ["a-1"], ["A"], ["-a"], ["a" * 64], [], [""], [7], "a"]
PLACES = ["http://a", {"managed": "a"}, {"people": "a"}, 7, ["a"], ""]
POLICY = ["refuse", "overwrite", "ignore", 7, True]
FLAGS = [True, False, "yes", "on", 1, None, {}]
TEXTS = ["a", "", 7, True, ["a"], {"name": "a"}]


@pytest.mark.parametrize(
    ("values", "value"),
    [
        *[({"updateTimeout": value}, value) for value in DURATIONS],
        *[({"clusters": [{"id": value}]}, value) for value in IDS],
        *[({"bindings": [BINDING | {"namespaces": value}]}, value) for value in NAMESPACES],
        *[({"bindings": [BINDING | {"clusterRole": value}]}, value) for value in TEXTS],
        *[({"clusters": [{"name": "a", "proxyUrl": value}]}, value) for value in PLACES],
        *[
            ({"identity": {"issuerUrl": "x", "clientId": "y", "onDrift": value}}, value)
            for value in POLICY
        ],
        *[
            ({"identity": {"issuerUrl": "x", "clientId": "y", "adopt": value}}, value)
            for value in FLAGS
        ],
    ],
)
def test_schema_and_model_take_the_same_values(values: dict[str, Any], value: object) -> None:
    content = {"clusters": [{"name": "a"}], "bindings": [BINDING]} | values

    assert (refusals(file(content)) == []) is (shape(content) == []), value
    assert (refusals({"config": content}) == []) is (shape(content) == []), value
