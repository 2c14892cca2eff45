"""Who is registered, under which name, with what; and the names that lie in state."""

from __future__ import annotations

import logging
from base64 import b64decode
from dataclasses import fields
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from cks_components import ClusterAccess, ClusterAccessArgs, ClusterOidcArgs, Identity
from cks_components.api import errors
from cks_components.api.models import OidcConfig
from cks_components.stack import deploy
from cks_components.stack_file.settings import IdentitySettings
from tests.mocks.outputs import Looker

if TYPE_CHECKING:
    from tests.mocks.conftest import RecordingEngine

ID = "1b5274f2-8012-4b68-9010-cc4c51613302"
NAME = "cc4c51613302"
HOST = "abc123-33de361c.k8s.us-east-04a.coreweave.com"
IDENTITY = (
    '{"provider": "okta", "issuerUrl": "https://idp.example.com", "clientId": "cks", '
    '"usernameClaim": "email", "groupsClaim": "groups", "groupsPrefix": "okta:"}'
)
CLUSTERS = f'[{{"id": "{ID}", "alias": "east", "endpoint": "{HOST}"}}]'
BINDINGS = (
    '[{"groups": ["admins"], "clusterRole": "cluster-admin"},'
    ' {"users": ["alice@example.com"], "groups": ["ml"], "clusterRole": "edit",'
    ' "namespaces": ["training", "evaluation"]}]'
)
GROUP = "rbac.authorization.k8s.io"
PICKLE = (
    "gASVOgAAAAAAAACMG2Nrc19jb21wb25lbnRzLmNsdXN0ZXJfb2lkY5SME0NsdXN0ZXJPaWRjUHJvdmlkZXKUk5QpgZQu"
)
"""ClusterOidc's provider in every stack's state: a reference to its class, without code or token."""


def config(**values: str) -> dict[str, Any]:
    return {f"cks-access:{key}": value for key, value in values.items()}


def test_names_that_live_in_state_never_change(engine: RecordingEngine) -> None:
    """Once one of these differs, existing stacks cannot be refreshed, updated or destroyed."""
    engine.deploy(lambda: deploy(config(identity=IDENTITY, clusters=CLUSTERS, bindings=BINDINGS)))

    assert engine.registered[NAME].typ == "cks:index:ClusterAccess"
    assert engine.registered[f"{NAME}-rbac"].typ == "cks:index:RoleBindings"
    oidc = engine.registered[f"{NAME}-oidc"]
    assert oidc.typ == "pulumi-python:dynamic/cks:ClusterOidc"
    assert set(oidc.inputs) - {"previous", "cluster_name", "cluster_endpoint"} == {
        "__context",
        "__endpoint",
        "__judged",
        "__organization",
        "__provider",
        "__recorded",
        "__urn",
        "adopt",
        "client_id",
        "cluster_id",
        "groups_claim",
        "groups_prefix",
        "issuer_url",
        "on_delete",
        "on_drift",
        "update_timeout_seconds",
        "username_claim",
    }
    stored = b64decode(oidc.inputs["__provider"])
    # The first two bytes are the protocol of pickle, which a newer Python may raise.
    assert stored[2:] == b64decode(PICKLE)[2:]


CONNECTION = (
    "gASVRgAAAAAAAACMIWNrc19jb21wb25lbnRzLmNsdXN0ZXJfY29ubmVjdGlvbpSMGUNsdXN0ZXJDb25uZWN0aW9u"
    "UHJvdmlkZXKUk5QpgZQu"
)


def test_the_connections_names_that_live_in_state_never_change(engine: RecordingEngine) -> None:
    engine.deploy(lambda: deploy(config(identity=IDENTITY, clusters=CLUSTERS, bindings=BINDINGS)))

    connection = engine.registered[f"{NAME}-connection"]
    assert connection.typ == "pulumi-python:dynamic/cks:ClusterConnection"
    ours = {"__label", "__provider", "__urn"}
    assert set(connection.inputs) == {*ours, "cluster_id", "endpoint", "server"}
    assert b64decode(connection.inputs["__provider"])[2:] == b64decode(CONNECTION)[2:]


def test_a_cluster_on_which_nothing_is_written_has_no_connection(engine: RecordingEngine) -> None:
    engine.deploy(lambda: deploy(config(identity=IDENTITY, clusters=CLUSTERS)))

    assert engine.typed("ClusterConnection") == []


def trusted(_server: str, *, ca: str | None) -> str:  # noqa: ARG001 - the seam's form
    return ""


WEBHOOKS = (
    '{"authentication": {"server": "https://hook.example.com/authn"},'
    ' "authorization": {"server": "https://hook.example.com/authz", "onDelete": "retain"}}'
)


def test_the_webhooks_names_that_live_in_state_never_change(engine: RecordingEngine) -> None:
    engine.deploy(
        lambda: deploy(config(clusters=CLUSTERS, webhooks=WEBHOOKS), check_certificate=trusted)
    )

    for asked, kind in (
        ("authentication", "ClusterAuthenticationWebhook"),
        ("authorization", "ClusterAuthorizationWebhook"),
    ):
        hook = engine.registered[f"{NAME}-{asked}-webhook"]
        assert hook.typ == f"pulumi-python:dynamic/cks:{kind}"
        assert set(hook.inputs) - {"previous", "cluster_name", "cluster_endpoint"} == {
            "__endpoint",
            "__judged",
            "__organization",
            "__provider",
            "__recorded",
            "__urn",
            "adopt",
            "cluster_id",
            "on_delete",
            "on_drift",
            "server",
            "update_timeout_seconds",
        }
        stored = b64decode(hook.inputs["__provider"])
        assert b"cks_components.cluster_webhooks" in stored
        assert f"{kind}Provider".encode() in stored
        assert len(stored) < 120


def test_a_ca_that_does_not_match_stops_before_anything_is_declared(
    engine: RecordingEngine,
) -> None:
    asked: list[tuple[str, str | None]] = []

    def check(server: str, *, ca: str | None) -> str:
        asked.append((server, ca))
        return "self-signed certificate"

    with pytest.raises(errors.SettingsError, match="HOOK-02") as caught:
        engine.deploy(
            lambda: deploy(config(clusters=CLUSTERS, webhooks=WEBHOOKS), check_certificate=check)
        )

    assert [f.partition(": ")[0] for f in caught.value.findings] == [
        "webhooks.authentication.ca",
        "webhooks.authorization.ca",
    ]
    assert len(asked) == 2
    assert engine.registered == {}


def test_a_cluster_s_own_webhook_takes_the_place_of_the_stack_s(engine: RecordingEngine) -> None:
    own = CLUSTERS.replace(
        "}]", ', "webhooks": {"authentication": {"server": "https://own.example.com"}}}]'
    )

    engine.deploy(
        lambda: deploy(config(clusters=own, webhooks=WEBHOOKS), check_certificate=trusted)
    )

    hooks = {r.name: r.inputs["server"] for r in engine.typed("Webhook")}
    assert hooks == {
        f"{NAME}-authentication-webhook": "https://own.example.com",
        f"{NAME}-authorization-webhook": "https://hook.example.com/authz",
    }


def test_subjects_carry_the_effective_prefixes(engine: RecordingEngine) -> None:
    engine.deploy(lambda: deploy(config(identity=IDENTITY, clusters=CLUSTERS, bindings=BINDINGS)))

    (wide,) = engine.typed(":ClusterRoleBinding")
    assert wide.inputs["subjects"] == [{"kind": "Group", "apiGroup": GROUP, "name": "okta:admins"}]
    narrow = sorted(engine.typed(":RoleBinding"), key=lambda b: b.name)
    assert [b.inputs["metadata"]["namespace"] for b in narrow] == ["evaluation", "training"]
    assert narrow[0].inputs["roleRef"]["name"] == "edit"
    assert [s["name"] for s in narrow[0].inputs["subjects"]] == ["alice@example.com", "okta:ml"]


def test_the_kubernetes_provider_holds_no_token_and_knows_its_cluster(
    engine: RecordingEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "CW-SECRET-" + "mock"
    monkeypatch.setenv("COREWEAVE_API_TOKEN", secret)

    engine.deploy(lambda: deploy(config(identity=IDENTITY, clusters=CLUSTERS, bindings=BINDINGS)))

    provider = engine.registered[f"{NAME}-managed"].inputs
    assert provider["clusterIdentifier"] == ID
    assert f"https://{HOST}" in provider["kubeconfig"]
    assert secret not in str([r.inputs for r in engine.registered.values()])


def test_another_name_of_a_cluster_is_no_change_of_its_kubernetes_provider(
    engine: RecordingEngine,
) -> None:
    """Its kubeconfig lies in the state; the engine shows every byte that differs as an update."""
    seen = []
    for alias in ("east", "train-east"):
        clusters = CLUSTERS.replace('east"', f'{alias}"', 1)
        values = config(identity=IDENTITY, clusters=clusters, bindings=BINDINGS)
        engine.deploy(partial(deploy, values))
        seen.append(engine.registered[f"{NAME}-managed"].inputs["kubeconfig"])

    assert seen[0] == seen[1]
    parsed = yaml.safe_load(seen[0])
    assert parsed["current-context"] == parsed["clusters"][0]["name"] == "cluster"
    assert parsed["users"][0]["name"] == "managed"


def test_a_private_authority_of_the_issuer_reaches_kubelogin(engine: RecordingEngine) -> None:
    ca = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t"
    identity = Identity(
        oidc=OidcConfig(issuer_url="https://idp.example.com", client_id="cks", ca=ca)
    )
    args = ClusterAccessArgs(cluster_id=ID, endpoint=HOST, identity=identity)
    look = Looker()

    engine.deploy(lambda: look.at(kubeconfig=ClusterAccess("east", args).kubeconfig))

    assert f"--certificate-authority-data={ca}" in look["kubeconfig"].value


def test_the_leaves_that_typing_names_again_are_those_of_the_model() -> None:
    leaves = set(OidcConfig.model_fields)
    policy = {"adopt", "on_drift", "on_delete"}
    login = {"provider", "client_secret", "extra_scopes", "discovery"}

    args = {f.name for f in fields(ClusterOidcArgs)}
    assert args == leaves | policy | {
        "cluster_id",
        "context",
        "endpoint",
        "is_judged",
        "update_timeout_seconds",
    }
    assert set(IdentitySettings.model_fields) == leaves | policy | login | {"handover"}


def test_without_bindings_no_kubernetes_provider_is_declared(engine: RecordingEngine) -> None:
    engine.deploy(lambda: deploy(config(identity=IDENTITY, clusters=CLUSTERS)))

    assert set(engine.registered) == {"cks-access", NAME, f"{NAME}-oidc"}


def test_without_an_identity_the_block_is_left_alone(engine: RecordingEngine) -> None:
    engine.deploy(lambda: deploy(config(clusters=CLUSTERS, bindings=BINDINGS)))

    assert f"{NAME}-oidc" not in engine.registered
    assert f"{NAME}-managed" in engine.registered


def test_a_stack_that_would_do_nothing_says_so(engine: RecordingEngine) -> None:
    with pytest.raises(errors.SettingsError, match="would do nothing"):
        engine.deploy(lambda: deploy(config(clusters=CLUSTERS)))


def test_an_issuer_of_pipelines_gives_no_kubeconfig_to_people(engine: RecordingEngine) -> None:
    oidc = OidcConfig(issuer_url="https://token.actions.githubusercontent.com", client_id="cks")
    identity = Identity(oidc=oidc, people_log_in=False)
    args = ClusterAccessArgs(cluster_id=ID, endpoint=HOST, identity=identity)
    look = Looker()

    engine.deploy(lambda: look.at(kubeconfig=ClusterAccess("east", args).kubeconfig))

    assert look["kubeconfig"].value is None


def test_a_preview_of_pinned_clusters_says_that_nothing_was_checked_against_them(
    engine: RecordingEngine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    engine.deploy(lambda: deploy(config(identity=IDENTITY, clusters=CLUSTERS)), preview=True)

    assert "this preview read none of them" in caplog.text
