"""What a stack says of itself before it declares anything, and what it then does not declare."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pulumi
import pytest

from cks_components import Binding, ClusterAccess, ClusterAccessArgs, RoleBindings
from cks_components.api import errors
from cks_components.api.models import AuthenticationWebhook, OidcConfig
from cks_components.cluster_access import Hook, Identity
from cks_components.identity.discovery_document import Published
from cks_components.rules import Context
from cks_components.stack import deploy
from tests.mocks.outputs import Looker

if TYPE_CHECKING:
    from tests.mocks.conftest import RecordingEngine

IDS = ["1b5274f2-8012-4b68-9010-cc4c51613302", "2c6385a3-8012-4b68-9010-cc4c51613303"]
HOST = "abc123-33de361c.k8s.us-east-04a.coreweave.com"
ISSUER = "https://idp.example.com"
IDENTITY = {
    "issuerUrl": ISSUER,
    "clientId": "cks",
    "usernameClaim": "email",
    "groupsClaim": "groups",
    "groupsPrefix": "idp:",
}
GITHUB = {
    "provider": "github",
    "issuerUrl": "https://token.actions.githubusercontent.com",
    "clientId": "cks",
    "usernameClaim": "sub",
    "usernamePrefix": "github:",
    "requiredClaim": "repository_owner_id=65",
}
PUBLISHED = Published(
    issuer=ISSUER,
    jwks_uri=f"{ISSUER}/keys",
    algorithms=("RS256",),
    pkce_methods=("S256",),
    keys=({"kty": "RSA"},),
)


def config(**values: Any) -> dict[str, str]:
    clusters = [{"id": id_, "alias": f"c{i}", "endpoint": HOST} for i, id_ in enumerate(IDS)]
    given = {"identity": IDENTITY, "clusters": clusters} | values
    return {f"cks-access:{key}": json.dumps(value) for key, value in given.items() if value}


class Issuer:
    """Stands for the network: answers with what it is given, and counts."""

    def __init__(self, published: Published = PUBLISHED) -> None:
        self.published = published
        self.asked: list[str] = []

    def __call__(self, issuer_url: str, **_more: object) -> Published:
        self.asked.append(issuer_url)
        return self.published


Said = Callable[[], list[tuple[str, str]]]


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Said:
    """The engine's diagnostics, as level and text."""
    caplog.set_level(logging.INFO)
    return lambda: [
        (record.levelname, record.getMessage())
        for record in caplog.records
        if record.getMessage().endswith("]")
    ]


def test_warnings_and_informations_are_said_once_for_all_clusters(
    engine: RecordingEngine, said: Said
) -> None:
    bindings = [{"groups": ["ml"], "clusterRole": "edit"}]

    engine.deploy(lambda: deploy(config(bindings=bindings), Issuer()), preview=True)

    assert [(level, text.rpartition("[")[2]) for level, text in said()] == [
        ("WARNING", "RBAC-05]"),
        ("INFO", "OIDC-19]"),
    ]
    assert len(engine.typed(":ClusterRoleBinding")) == len(IDS)


def test_a_refusal_comes_with_the_warnings_and_promises_nothing(
    engine: RecordingEngine, said: Said
) -> None:
    bindings = [{"groups": ["ml"], "clusterRole": "edit"}, {"groups": ["*"], "clusterRole": "view"}]
    issuer = Issuer()

    with pytest.raises(errors.SettingsError) as caught:
        engine.deploy(lambda: deploy(config(bindings=bindings), issuer), preview=True)

    assert [line.partition(":")[0] for line in caught.value.findings] == ["bindings[1].groups[0]"]
    assert [level for level, _ in said()] == ["WARNING"]
    assert engine.registered == {}
    assert issuer.asked == []


def test_the_issuer_is_asked_once_in_a_preview(engine: RecordingEngine) -> None:
    issuer = Issuer()

    engine.deploy(lambda: deploy(config(), issuer), preview=True)

    assert issuer.asked == [ISSUER]


@pytest.mark.parametrize(
    ("preview", "values"),
    [
        (False, {}),
        (True, {"identity": IDENTITY | {"discovery": "off"}}),
        (True, {"identity": None, "bindings": [{"groups": ["ml"], "clusterRole": "view"}]}),
    ],
    ids=["in an update", "where it is off", "without an identity"],
)
def test_the_issuer_is_not_asked(
    engine: RecordingEngine, preview: bool, values: dict[str, Any]
) -> None:
    issuer = Issuer()

    engine.deploy(lambda: deploy(config(**values), issuer), preview=preview)

    assert issuer.asked == []


def test_a_closed_network_is_a_warning_and_no_reason_to_fail(
    engine: RecordingEngine, said: Said
) -> None:
    closed = Issuer(Published(problem="ConnectError: no route"))

    engine.deploy(lambda: deploy(config(), closed), preview=True)

    ((level, text),) = [line for line in said() if "RBAC-12" not in line[1]]
    assert level == "WARNING"
    assert text.startswith("identity.issuerUrl: the discovery document could not be read")
    assert "cc4c51613302-oidc" in engine.registered


def test_a_strict_stack_is_refused_by_what_its_issuer_publishes(engine: RecordingEngine) -> None:
    strict = config(identity=IDENTITY | {"discovery": "strict"})
    slash = Issuer(Published(issuer=f"{ISSUER}/"))

    with pytest.raises(errors.SettingsError, match="discovery document says"):
        engine.deploy(lambda: deploy(strict, slash), preview=True)

    assert engine.registered == {}


def test_an_issuer_of_pipelines_gives_no_kubeconfig_to_people(engine: RecordingEngine) -> None:
    exported: dict[str, Any] = {}

    def program() -> None:
        deploy(config(identity=GITHUB, clusters=[{"id": IDS[0], "endpoint": HOST}]))
        exported.update(pulumi.runtime.get_root_resource().outputs)  # type: ignore[union-attr] # the SDK's stack

    engine.deploy(program)

    assert exported["kubeconfigs"] == {}
    assert exported["adminKubeconfigs"]


PEOPLE_OF_GITLAB = {
    "provider": "gitlab",
    "issuerUrl": "https://gitlab.com",
    "clientId": "cks",
    "usernameClaim": "email",
    "groupsClaim": "groups_direct",
}


@pytest.mark.parametrize(
    ("identity", "wanted"),
    [
        (
            IDENTITY | {"provider": "okta", "extraScopes": ["email", "teams"]},
            ["email", "groups", "offline_access", "teams"],
        ),
        (
            IDENTITY | {"provider": "okta", "issuerUrl": "https://acme.okta.com/oauth2/default"},
            ["email", "offline_access"],
        ),
        (PEOPLE_OF_GITLAB, ["email"]),
    ],
    ids=["the stack's own", "a server that refuses groups", "people of GitLab"],
)
def test_the_scopes_are_those_of_the_preset_and_the_stacks_own(
    engine: RecordingEngine, identity: dict[str, Any], wanted: list[str]
) -> None:
    exported: dict[str, Any] = {}

    def program() -> None:
        deploy(config(identity=identity, clusters=[{"id": IDS[0], "endpoint": HOST}]))
        exported.update(pulumi.runtime.get_root_resource().outputs)  # type: ignore[union-attr] # the SDK's stack
        look.at(kubeconfig=exported["kubeconfig"])

    look = Looker()
    engine.deploy(program)

    scopes = [
        line.rpartition("=")[2]
        for line in look["kubeconfig"].value.splitlines()
        if "--oidc-extra-scope=" in line
    ]
    assert scopes == wanted


OIDC = OidcConfig(issuer_url=ISSUER, client_id="cks", username_claim="email", groups_claim="groups")


def test_bindings_that_are_used_alone_keep_the_rules_too(engine: RecordingEngine) -> None:
    wrong = [
        Binding(cluster_role="view", groups=["ml"]),
        Binding(cluster_role="view", groups=["ml", "system:masters"]),
    ]

    with pytest.raises(errors.SettingsError) as caught:
        engine.deploy(lambda: _made(RoleBindings("rbac", wrong, OIDC)))

    assert [line.partition(":")[0] for line in caught.value.findings] == ["bindings[1].groups[1]"]
    assert engine.registered == {}


def test_a_component_refuses_a_group_that_nobody_can_be_in(engine: RecordingEngine) -> None:
    identity = Identity(oidc=OIDC.model_copy(update={"groups_claim": None}))
    args = ClusterAccessArgs(
        cluster_id=IDS[0],
        endpoint=HOST,
        identity=identity,
        bindings=[Binding(cluster_role="view", groups=["hook:on-call"])],
    )
    hook = Hook(webhook=AuthenticationWebhook(server="https://hook.example.com"))

    with pytest.raises(errors.SettingsError, match=r"bindings\[0\]\.groups: .*OIDC-22"):
        engine.deploy(lambda: _made(ClusterAccess("alone", args)))
    engine.deploy(lambda: _made(ClusterAccess("hooked", replace(args, webhooks=[hook]))))

    assert len(engine.typed(":ClusterRoleBinding")) == 1


def test_a_waiver_of_the_context_lets_a_binding_pass(engine: RecordingEngine) -> None:
    admins = [Binding(cluster_role="cluster-admin", users=["alice@example.com"])]
    args = ClusterAccessArgs(cluster_id=IDS[0], endpoint=HOST, bindings=admins)
    strict = ClusterAccessArgs(
        cluster_id=IDS[0],
        endpoint=HOST,
        bindings=admins,
        context=Context(environment="production"),
    )
    waived = ClusterAccessArgs(
        cluster_id=IDS[0],
        endpoint=HOST,
        bindings=admins,
        context=Context(environment="production", waivers={"RBAC-03": "the founder"}),
    )

    engine.deploy(lambda: _made(ClusterAccess("bare", args)))
    engine.deploy(lambda: _made(ClusterAccess("waived", waived)))
    with pytest.raises(errors.SettingsError, match="RBAC-03"):
        engine.deploy(lambda: _made(ClusterAccess("strict", strict)))


def _made(_component: pulumi.ComponentResource) -> None:
    pass
