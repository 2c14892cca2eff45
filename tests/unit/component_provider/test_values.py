"""What a program in another language gives becomes the arguments of Python."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pulumi
import pytest

from cks_components.cluster_access_arguments import Identity
from cks_components.cluster_oidc import OidcConfig
from cks_components.cluster_webhooks import AuthenticationWebhook, AuthorizationWebhook
from cks_components.component_provider.values import as_written, component_args
from cks_components.components.pipeline import Pipeline, TokenTerms
from cks_components.engine.arguments import ArgumentError
from cks_components.role_bindings import Binding
from cks_components.rules import Context

PLACE = {"clusterId": "1b5274f2-8012-4b68-9010-cc4c51613302", "endpoint": "abc.example.com"}
OIDC = {"issuerUrl": "https://idp.example.com", "clientId": "cks"}


def wrong(**given: Any) -> list[str]:
    with pytest.raises(ArgumentError) as caught:
        component_args(PLACE | given)
    return sorted(caught.value.findings)


def test_objects_at_every_depth_become_those_of_python() -> None:
    args = component_args(
        PLACE
        | {
            "identity": {"oidc": OIDC | {"groupsPrefix": "idp:"}, "onDelete": "retain"},
            "bindings": [{"clusterRole": "view", "groups": ["ml"], "namespaces": ["a"]}],
            "context": {"environment": "production", "waivers": {"OIDC-10": "few groups"}},
            "automation": [
                {
                    "name": "deployer",
                    "namespace": "ci",
                    "clusterRole": "edit",
                    "token": {"lifetime": "30d", "renewBefore": "7d"},
                }
            ],
        }
    )

    block = OidcConfig(issuer_url="https://idp.example.com", client_id="cks", groups_prefix="idp:")
    assert args.identity == Identity(oidc=block, on_delete="retain")
    assert args.bindings == [Binding(cluster_role="view", groups=["ml"], namespaces=["a"])]
    assert args.context == Context(environment="production", waivers={"OIDC-10": "few groups"})
    terms = TokenTerms(lifetime=timedelta(days=30), renew_before=timedelta(days=7))
    assert args.automation == [
        Pipeline(name="deployer", namespace="ci", cluster_role="edit", token=terms)
    ]
    assert args.webhooks == []


def test_webhooks_are_told_apart_by_their_keys() -> None:
    hook = {"webhook": {"server": "https://hook.example.com"}, "adopt": True}
    both = component_args(PLACE | {"webhooks": {"authentication": hook, "authorization": hook}})
    one = component_args(PLACE | {"webhooks": {"authorization": hook, "authentication": None}})

    kinds = [type(each.webhook) for each in both.webhooks]
    assert kinds == [AuthenticationWebhook, AuthorizationWebhook]
    assert [(type(h.webhook), h.adopt) for h in one.webhooks] == [(AuthorizationWebhook, True)]


def test_an_output_stays_an_output() -> None:
    later: Any = pulumi.Output.from_input("cks")
    args = component_args(PLACE | {"identity": {"oidc": OIDC | {"clientId": later}}})

    assert args.identity is not None
    assert args.identity.oidc.client_id is later


@pytest.mark.parametrize(
    ("given", "texts"),
    [
        ({"endpoint": None, "lable": "a"}, ["endpoint: is missing", "lable: is not an argument; did you mean label?"]),
        ({"identity": {"oidc": {"issuerUrl": "x"}}}, ["identity.oidc.clientId: is missing"]),
        ({"identity": {"oidc": OIDC, "zzz": 1}}, ["identity.zzz: is not an argument"]),
        ({"identity": "okta"}, ["identity: must be an object, but is of type str"]),
        ({"bindings": [{}, 7]}, ["bindings[1]: must be an object, but is of type int"]),
        (
            {"automation": [{"name": "d", "namespace": "ci", "token": {"lifetime": "soon", "renewBefore": 7}}]},
            [
                'automation[0].token.lifetime: must be a duration, such as "30d"',
                'automation[0].token.renewBefore: must be a duration, such as "30d"',
            ],
        ),
    ],
)  # fmt: skip
def test_everything_that_is_wrong_is_said_at_once_by_its_path(
    given: dict[str, Any], texts: list[str]
) -> None:
    assert wrong(**given) == texts


REFUSED = {"clusterRole": "view", "groups": ["ml"], "namespaces": ["a"]}
REFUSAL = "bindings[0].groups"


@pytest.mark.parametrize(
    ("given", "paths"),
    [
        pytest.param({"lable": "a"}, ["lable", REFUSAL], id="a name that nothing depends on"),
        pytest.param({"identity": {"oidc": OIDC | {"zzz": "1"}}}, ["identity.oidc.zzz"], id="what gives names their prefixes"),
        pytest.param({"context": {"zzz": "1"}}, ["context.zzz"], id="how strict the rules are"),
        pytest.param({"webhooks": {"authentication": {"webhook": {"server": "x"}, "zzz": 1}}}, ["webhooks.authentication.zzz"], id="who else names people"),
    ],
)  # fmt: skip
def test_rules_are_applied_to_what_can_be_judged_without_what_is_wrong(
    given: dict[str, Any], paths: list[str]
) -> None:
    found = wrong(bindings=[REFUSED], **{"identity": {"oidc": OIDC}, **given})

    assert [text.partition(": ")[0] for text in found] == sorted(paths)


def test_what_is_wrong_beside_arguments_that_are_fine_is_all_that_is_said() -> None:
    assert wrong(lable="a", bindings=[{"clusterRole": "view", "users": ["ann@example.com"]}]) == [
        "lable: is not an argument; did you mean label?"
    ]


@pytest.mark.parametrize("inside", [False, True])
def test_which_webhooks_there_are_is_plain(inside: bool) -> None:
    later: Any = pulumi.Output.from_input({"webhook": {"server": "https://hook.example.com"}})
    webhooks = {"authentication": later} if inside else later
    path = "webhooks.authentication" if inside else "webhooks"

    (text,) = wrong(webhooks=webhooks)

    assert text.startswith(f"{path}: is an output of another resource")
    assert as_written(text, {"webhooks": later}) == text


def test_a_list_that_is_none_is_left_to_the_component_s_own_check() -> None:
    args: Any = component_args(PLACE | {"bindings": "ml"})

    assert args.bindings == "ml"


@pytest.mark.parametrize(
    ("finding", "text"),
    [
        ("bindings[0].cluster_role: is empty", "bindings[0].clusterRole: is empty"),
        ("webhooks[0].webhook: is on_drift", "webhooks.authorization.webhook: is on_drift"),
        ("the cluster_id is not known", "the cluster_id is not known"),
    ],
)
def test_a_finding_has_the_path_that_the_program_wrote(finding: str, text: str) -> None:
    given: dict[str, Any] = {"webhooks": {"authentication": None, "authorization": {"webhook": {}}}}

    assert as_written(finding, given) == text
