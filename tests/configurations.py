"""Project files and stack files, and the configuration that Pulumi makes of them.

The unit tests hold our reading against `expected`, the engine's tests against Pulumi itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

PLAIN_PROJECT = """\
name: cks-access
runtime: python
"""
CLUSTERS = [{"name": "east"}]


@dataclass(frozen=True)
class Case:
    """One project.

    Attributes:
        files: the text of each file, by its path.
        expected: the values by the names after `cks-access:`, with scalars as texts.
        stack: as it is named on the command line.
    """

    name: str
    files: dict[str, str]
    expected: dict[str, Any]
    stack: str = "test"
    unknown: dict[tuple[str | int, ...], str] = field(default_factory=dict)


def case(name: str, stack: str, expected: dict[str, Any], project: str = PLAIN_PROJECT) -> Case:
    return Case(name, {"Pulumi.yaml": project, "Pulumi.test.yaml": stack}, expected)


def with_defaults(config: str) -> str:
    return f"{PLAIN_PROJECT}config:\n{config}"


CASES = [
    case(
        "scalars",
        """\
config:
  cks-access:environment: production
  cks-access:updateTimeout: 90
  cks-access:truth: True
  cks-access:half: 0.50
  cks-access:emptied:
  cks-access:octal: 010
  cks-access:date: 2024-01-31
""",
        {
            "environment": "production",
            "updateTimeout": "90",
            "truth": "true",
            "half": "0.5",
            "emptied": None,
            "octal": "8",
            "date": "2024-01-31 00:00:00 +0000 UTC",
        },
    ),
    case(
        "values in a list",
        """\
config:
  cks-access:list: [010, 0o10, 0x1F, 0b11, 1_000, -7, +7, 1e3, .5, 1., 09, 12:30, ~, null, yes, On, off, n, TRUE]
  cks-access:numbers: [9007199254740993, 9223372036854775807, 9223372036854775808, 110169484474386276334, 1.10]
  cks-access:dates: [2001-12-14T21:59:43.10-05:00, 2024-1-2 3:4:5, 2024-02-30, "2024-01-01", 2024-01-01T00:00:00Z]
  cks-access:texts: ['1', "yes", |-
    text
    , 1.2.3, 0x, 1__0, e5]
""".replace(
            """|-
    text
    , """,
            "",
        ),
        {
            "list": [
                8,
                8,
                31,
                3,
                1000,
                -7,
                7,
                1000,
                0.5,
                1,
                9,
                "12:30",
                None,
                None,
                "yes",
                "On",
                "off",
                "n",
                True,
            ],
            "numbers": [
                9007199254740993,
                9223372036854775807,
                9.223372036854775808e18,
                1.1016948447438627e20,
                1.1,
            ],
            "dates": [
                "2001-12-14 21:59:43.1 -0500 -0500",
                "2024-01-02 03:04:05 +0000 UTC",
                "2024-02-30",
                "2024-01-01",
                "2024-01-01 00:00:00 +0000 UTC",
            ],
            "texts": ["1", "yes", "1.2.3", "0x", 10, "e5"],
        },
    ),
    case(
        "keys with and without the project",
        """\
config:
  clusters: [{name: east}]
  cks-access:environment: staging
  cks-access:config:updateTimeout: 20m
  other:clusters: []
""",
        {"clusters": CLUSTERS, "environment": "staging", "updateTimeout": "20m"},
    ),
    case(
        "text that is JSON, and a dot in a key",
        """\
config:
  cks-access:clusters: '[{"name": "east"}]'
  cks-access:identity.clientId: cks
""",
        {"clusters": CLUSTERS, "identity.clientId": "cks"},
    ),
    case(
        "merged mappings",
        """\
config:
  cks-access:bindings:
    - &ml {clusterRole: view, groups: [ml]}
    - {<<: *ml, clusterRole: edit}
    - {<<: [{clusterRole: a}, {clusterRole: b, users: [c]}]}
""",
        {
            "bindings": [
                {"clusterRole": "view", "groups": ["ml"]},
                {"clusterRole": "edit", "groups": ["ml"]},
                {"clusterRole": "a", "users": ["c"]},
            ]
        },
    ),
    case(
        "values of the project file",
        "config:\n  cks-access:clusters: [{name: east}]\n",
        {
            "clusters": CLUSTERS,
            "environment": "staging",
            "updateTimeout": "90",
            "flag": "true",
            "bindings": [{"clusterRole": "view", "groups": ["a"]}],
            "kubeconfig": {"context": "{stack}"},
            "list": ["1", 2],
            "half": "0.5",
        },
        with_defaults(
            """\
  environment: staging
  cks-access:updateTimeout: 90
  flag: true
  cks-access:bindings: {type: array, items: {type: object}, default: [{clusterRole: view, groups: [a]}]}
  kubeconfig: {value: {context: "{stack}"}}
  list: ["1", 2]
  half: {default: 0.5}
  other:thing: {value: x}
  cks-access:clusters: {type: array, items: {type: object}, description: the clusters}
"""
        ),
    ),
    case(
        "a stack's value counts, whole",
        "config:\n  cks-access:environment: production\n  cks-access:identity: {clientId: b}\n",
        {"environment": "production", "identity": {"clientId": "b"}},
        with_defaults(
            """\
  environment: {default: staging}
  cks-access:identity: {value: {clientId: a, issuerUrl: https://a.example.com}}
"""
        ),
    ),
    case(
        "paths in the project file",
        """\
config:
  cks-access:identity: {clientId: b}
  cks-access:bindings: [{clusterRole: view}]
  cks-access:kubeconfig: text
""",
        {
            "identity": {
                "clientId": "b",
                "provider": "okta",
                "adopt": True,
                "usernameClaim": 123456,
                "groupsClaim": "0123",
                "extraScopes": ["a"],
            },
            "bindings": [{"clusterRole": "view", "groups": ["a"]}],
            "kubeconfig": {"context": "{stack}"},
            "webhooks": {"authentication": {"server": "https://a.example.com"}},
            "waivers": [{"rule": "OIDC-10"}],
        },
        with_defaults(
            """\
  identity.provider: okta
  cks-access:identity.clientId: a
  identity.adopt: true
  identity.usernameClaim: "123456"
  identity.groupsClaim: "0123"
  identity.extraScopes: {default: [a]}
  bindings[0].groups: [a]
  bindings[0].clusterRole: edit
  kubeconfig.context: "{stack}"
  'webhooks["authentication"].server': https://a.example.com
  waivers[0].rule: OIDC-10
"""
        ),
    ),
    Case(
        "Pulumi.yml, a folder of stack files, and a stack's full name",
        {
            "Pulumi.yml": f"{PLAIN_PROJECT}stackConfigDir: stacks\n",
            "stacks/Pulumi.test.yml": "config:\n  environment: staging\n",
            "stacks/Pulumi.test.yaml": "config:\n  environment: production\n",
        },
        {"environment": "staging"},
        stack="organization/cks-access/test",
    ),
    Case(
        "the folder of stack files as it was named before",
        {
            "Pulumi.yaml": f"{PLAIN_PROJECT}config: stacks\n",
            "stacks/Pulumi.test.yaml": "config:\n  environment: staging\n",
        },
        {"environment": "staging"},
    ),
    Case(
        "no stack file",
        {"Pulumi.yaml": with_defaults("  environment: staging\n")},
        {"environment": "staging"},
    ),
    case(
        "nothing but a comment in the stack file",
        "# nothing\n",
        {"environment": "staging"},
        with_defaults("  environment: staging\n"),
    ),
    case(
        "a second document, and a byte order mark",
        "\ufeffconfig:\n  environment: staging\n---\nconfig:\n  environment: production\n",
        {"environment": "staging"},
    ),
    case(
        "a project of another name",
        "config:\n  cks-access:environment: staging\n  clusters: []\n",
        {"environment": "staging", "clusters": CLUSTERS},
        "name: another\nruntime: python\nconfig:\n  cks-access:clusters: {value: [{name: east}]}\n",
    ),
]
