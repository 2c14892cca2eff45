"""A program in another language declares what the same program in Python does."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pulumi
import pytest
from pulumi.errors import InputPropertiesError

from cks_components.component_provider import provider, schema
from cks_components.component_provider.provider import AccessProvider

if TYPE_CHECKING:
    from tests.mocks.conftest import RecordingEngine

TYPE = "cks:index:ClusterAccess"
GIVEN = {
    "clusterId": "1b5274f2-8012-4b68-9010-cc4c51613302",
    "endpoint": "abc123-33de361c.k8s.us-east-04a.coreweave.com",
    "label": "train",
    "identity": {
        "oidc": {
            "issuerUrl": "https://idp.example.com",
            "clientId": "cks",
            "usernameClaim": "email",
            "groupsClaim": "groups",
            "groupsPrefix": "idp:",
        },
        "clientSecret": "hidden",
    },
    "bindings": [{"clusterRole": "view", "groups": ["ml"]}],
}


def test_the_component_is_declared_and_its_outputs_have_the_names_of_other_languages(
    engine: RecordingEngine,
) -> None:
    states: list[dict[str, Any]] = []

    def program() -> None:
        states.append(dict(AccessProvider().construct("access", TYPE, GIVEN).state))
        pulumi.Output.unsecret(states[0]["kubeconfig"]).apply(kubeconfigs.append)

    kubeconfigs: list[str] = []
    engine.deploy(program)

    (oidc,) = engine.typed("ClusterOidc")
    assert oidc.inputs["client_id"] == "cks"
    (binding,) = engine.typed("ClusterRoleBinding")
    assert binding.inputs["subjects"][0]["name"] == "idp:ml"
    assert states[0].keys() == {
        "access",
        "adminKubeconfig",
        "automationKubeconfigs",
        "facts",
        "kubeconfig",
        "written",
    }
    assert "--oidc-client-secret=hidden" in kubeconfigs[0]


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"lable": "x"}, "lable: is not an argument; did you mean label?"),
        ({"cluster_id": "x"}, "cluster_id: is not an argument; did you mean clusterId?"),
        (
            {"bindings": [{"clusterRole": 7, "groups": ["ml"]}]},
            "bindings[0].clusterRole: must be a string, but is of type int",
        ),
    ],
)
def test_what_is_wrong_is_said_by_the_names_that_the_program_wrote(
    engine: RecordingEngine, more: dict[str, Any], text: str
) -> None:
    with pytest.raises(InputPropertiesError) as caught:
        engine.deploy(lambda: _constructed(TYPE, GIVEN | more))

    assert caught.value.message == text
    assert not caught.value.errors  # of a property that is named, the engine shows the value
    assert engine.registered == {}


def test_another_type_is_refused(engine: RecordingEngine) -> None:
    with pytest.raises(
        InputPropertiesError, match="this provider has cks:index:ClusterAccess only"
    ):
        engine.deploy(lambda: _constructed("cks:index:Other", GIVEN))


def test_the_engine_is_served_with_the_arguments_that_it_gave(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    served: list[Any] = []
    monkeypatch.setattr(provider, "main", lambda *given: served.append(given))  # the SDK's own
    monkeypatch.setattr(sys, "argv", ["pulumi-resource-cks", "127.0.0.1:1"])

    provider.serve()

    ((made, arguments),) = served
    assert (made.version, made.schema) == (schema.VERSION, schema.text())
    assert arguments == ["127.0.0.1:1"]


def _constructed(kind: str, given: dict[str, Any]) -> None:
    AccessProvider().construct("access", kind, given)
