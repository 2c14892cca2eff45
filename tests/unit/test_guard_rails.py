"""The rules, held against the inputs of resources: whoever declares them, whatever they say of themselves."""

from __future__ import annotations

import re
from typing import Any

import pytest

from cks_components.guard_rails import GUARD_RAILS, GuardRail
from cks_components.rules import Context, Level
from cks_components.rules.block_check import BLOCK_RULES
from cks_components.rules.pipelines import TOKEN_RULES
from cks_components.rules.rule import Rule
from cks_components.rules.rule_set import PIPELINE_RULES
from cks_components.rules.webhook import RULES as WEBHOOK_RULES
from tests.program import ROOT

PRODUCTION = Context(environment="production")
OIDC = "pulumi-python:dynamic/cks:ClusterOidc"
TOKEN = "pulumi-python:dynamic/cks:ServiceAccountToken"
WEBHOOK = "pulumi-python:dynamic/cks:ClusterAuthorizationWebhook"
CLUSTER_ROLE_BINDING = "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding"
ROLE_BINDING = "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding"
BLOCK = {
    "issuer_url": "https://idp.example.com",
    "client_id": "cks",
    "username_claim": "sub",
    "username_prefix": "idp:",
}


def rail(kind: str) -> GuardRail:
    (found,) = (rail for rail in GUARD_RAILS if kind in rail.resource_types)
    return found


def bound(subject: dict[str, str], role: str, namespace: str = "") -> dict[str, Any]:
    metadata = {"metadata": {"namespace": namespace}} if namespace else {}
    return {"roleRef": {"kind": "ClusterRole", "name": role}, "subjects": [subject], **metadata}


@pytest.mark.parametrize(
    ("kind", "props", "rules"),
    [
        (OIDC, BLOCK | {"groups_claim": "groups", "groups_prefix": "idp:"}, []),
        (OIDC, BLOCK | {"username_prefix": None}, ["OIDC-06"]),
        (OIDC, BLOCK | {"admin_group_binding": "idp:admins"}, ["RBAC-07"]),
        (WEBHOOK, {"server": "http://hook.example.com", "ca": None}, ["HOOK-01"]),
        (TOKEN, {"lifetime_seconds": 400 * 86400.0, "renew_before_seconds": 60.0}, ["TOKEN-02"]),
        (CLUSTER_ROLE_BINDING, bound({"kind": "Group", "name": "system:masters"}, "view"), ["RBAC-01"]),
        (CLUSTER_ROLE_BINDING, bound({"kind": "User", "name": "idp:ann"}, "cluster-admin"), ["RBAC-03"]),
        (CLUSTER_ROLE_BINDING, bound({"kind": "Group", "name": "idp:ml"}, "edit"), ["RBAC-05"]),
        (ROLE_BINDING, bound({"kind": "Group", "name": "idp:ml"}, "edit", "training"), []),
        (ROLE_BINDING, bound({"kind": "Group", "name": "idp:ml"}, "edit", "kube-system"), ["RBAC-05"]),
        (CLUSTER_ROLE_BINDING, bound({"kind": "Group", "name": "idp:ml"}, "system:node"), ["RBAC-13"]),
        (CLUSTER_ROLE_BINDING, bound({"kind": "Group", "name": "idp:ml"}, "system:monitoring"), []),
        (
            CLUSTER_ROLE_BINDING,
            bound({"kind": "ServiceAccount", "name": "deployer", "namespace": "ci"}, "cluster-admin"),
            ["RBAC-03"],
        ),
        (
            ROLE_BINDING,
            bound({"kind": "ServiceAccount", "name": "default"}, "view", "ci"),
            ["PIPE-01"],
        ),
        (ROLE_BINDING, {"roleRef": {"kind": "Role", "name": "*"}, "subjects": [{"kind": "Group", "name": "a"}], "metadata": {"namespace": "ci"}}, ["RBAC-06"]),
        (ROLE_BINDING, {}, []),
        (ROLE_BINDING, bound({"kind": "User"}, "view", "ci"), []),
    ],
)  # fmt: skip
def test_what_production_refuses(kind: str, props: dict[str, Any], rules: list[str]) -> None:
    found = rail(kind).refusals(props, PRODUCTION)

    assert [text.rpartition("[")[2].rstrip("]") for text in found] == rules


def test_an_environment_that_is_less_strict_is_advised() -> None:
    everywhere = bound({"kind": "Group", "name": "idp:ml"}, "edit")
    staging = Context(environment="staging")

    binding = rail(CLUSTER_ROLE_BINDING)
    assert binding.refusals(everywhere, staging) == []
    assert "[RBAC-05]" in binding.advice(everywhere, staging)[0]


def test_a_waiver_of_the_pack_counts_and_one_of_the_program_does_not() -> None:
    props = BLOCK | {"username_prefix": None, "__context": {"waivers": {"OIDC-06": "mine"}}}

    assert len(rail(OIDC).refusals(props, PRODUCTION)) == 1
    assert rail(OIDC).refusals(props, Context(waivers={"OIDC-06": "theirs"})) == []


def test_the_provider_is_the_one_that_the_program_names() -> None:
    block = BLOCK | {"username_claim": "email", "username_prefix": None}
    named = block | {"__context": {"environment": "development", "provider": "okta"}}

    assert rail(OIDC).advice(block, PRODUCTION) == []
    assert "[OIDC-07]" in rail(OIDC).advice(named, PRODUCTION)[0]


def test_a_secret_value_is_not_shown() -> None:
    issuer = "http://hidden-host.example.com"
    found = rail(OIDC).refusals(
        BLOCK | {"issuer_url": issuer, "__secret": ["issuer_url"]}, PRODUCTION
    )

    assert found
    assert "hidden-host" not in "".join(found)


def told(cell: str) -> set[str]:
    """The ids in a cell of the page, such as `RBAC-01 to RBAC-03, PIPE-01`."""
    ids = set()
    for first, last in re.findall(r"(\w+-\d+)(?: to (\w+-\d+))?", cell):
        family, number = first.split("-")
        end = int((last or first).split("-")[1])
        ids |= {f"{family}-{n:02}" for n in range(int(number), end + 1)}
    return ids


def shown(rules: tuple[Rule[Any], ...]) -> set[str]:
    """Those that are an error or a warning somewhere."""
    return {r.id for r in rules if {*r.levels.values()} & {Level.ERROR, Level.WARNING}}


def test_the_page_names_the_rules_of_each_policy() -> None:
    page = (ROOT / "docs" / "policy.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(cks-\w+)` \|.*\| (.*) \|$", page, re.MULTILINE)
    of_a_binding = {i for i in shown(PIPELINE_RULES) if i.startswith(("RBAC", "PIPE"))}

    assert {name: told(cell) for name, cell in rows} == {
        "cks-oidc": shown(BLOCK_RULES),
        "cks-webhook": shown(WEBHOOK_RULES),
        "cks-binding": of_a_binding - {"PIPE-05"},  # of a key that a binding does not have
        "cks-token": shown(TOKEN_RULES),
    }
    assert [rail.name for rail in GUARD_RAILS] == [name for name, _ in rows]
