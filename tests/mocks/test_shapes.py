"""What a program writes in another shape than its type asks for, which Python does not check."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pulumi
import pytest

from cks_components import (
    AutomationAccess,
    Binding,
    ClusterAccess,
    ClusterAccessArgs,
    ClusterOidc,
    ClusterOidcArgs,
    Context,
    OidcConfig,
    Pipeline,
    Place,
    RoleBindings,
    ServiceAccountToken,
    ServiceAccountTokenArgs,
)
from cks_components.api import errors

if TYPE_CHECKING:
    from tests.mocks.conftest import RecordingEngine

ID = "1b5274f2-8012-4b68-9010-cc4c51613302"
HOST = "abc123-33de361c.k8s.us-east-04a.coreweave.com"
OIDC = OidcConfig(issuer_url="https://idp.example.com", client_id="cks", groups_claim="groups")


def later(value: Any) -> Any:
    """An output of another resource; of any type, as a program without types has it."""
    return pulumi.Output.from_input(value).apply(lambda came: came)


@pytest.fixture
def tidy() -> Iterator[None]:
    """Collect what a failed program left, so that asyncio complains of it here and not later."""
    yield
    gc.collect()


def binding(**changes: Any) -> Binding:
    usual: dict[str, Any] = {"cluster_role": "view", "groups": ["ml"]}
    return Binding(**usual | changes)


def refusal(engine: RecordingEngine, program: Any) -> str:
    with pytest.raises(errors.SettingsError) as caught:
        engine.deploy(program)
    assert isinstance(caught.value, pulumi.RunError)  # the engine shows its text, and no traceback
    assert engine.typed("Binding") == []
    return str(caught.value)


@pytest.mark.parametrize(
    ("bindings", "text"),
    [
        (None, "bindings: must be a list, such as [Binding(...)], and is None"),
        (binding(), "bindings: must be a list, such as [Binding(...)], and is of the type Binding"),
        ((b for b in [binding()]), "bindings: must be a list"),  # and would be read once only
        ([{"cluster_role": "view"}], "bindings[0]: must be Binding, and is of the type dict"),
        ([binding(groups="ml")], 'bindings[0].groups: must be a list, such as ["ml-engineers"]'),
        ([binding(users="ann")], 'bindings[0].users: must be a list, such as ["ann@example.com"]'),
        ([binding(users=None)], "bindings[0].users: must be a list"),
        ([binding(groups=(g for g in ["ml"]))], "bindings[0].groups: must be a list"),
        ([binding(groups={"ml": "edit"})], "bindings[0].groups: must be a list"),
        ([binding(groups=["ml", ""])], "bindings[0].groups[1]: is empty"),
        ([binding(groups=[7])], "bindings[0].groups[0]: must be a text, and is of the type int"),
        ([binding(groups={later("ml")})], "bindings[0].groups[0]: must be a text"),
        (
            [binding(namespaces="ci")],
            'bindings[0].namespaces: must be a list, such as ["training"]',
        ),
        ([binding(namespaces="")], "bindings[0].namespaces: must be a list"),
        ([binding(namespaces=[""])], "bindings[0].namespaces[0]: is empty"),
        ([binding(cluster_role=None)], "bindings[0].cluster_role: must be a text, and is None"),
        ([binding(cluster_role=" ")], "bindings[0].cluster_role: is empty"),
    ],
)
def test_bindings_that_are_written_in_another_way_are_refused(
    engine: RecordingEngine, bindings: Any, text: str
) -> None:
    def alone() -> None:
        RoleBindings("c", bindings, OIDC)

    def within() -> None:
        ClusterAccess("c", ClusterAccessArgs(cluster_id=ID, endpoint=HOST, bindings=bindings))

    for program in (alone, within):
        assert text in refusal(engine, program)
        assert engine.registered == {}


@pytest.mark.usefixtures("tidy")
@pytest.mark.parametrize("groups", ["ml", None, [""], [None]])
def test_what_an_output_turns_out_to_be_is_looked_at_as_well(
    engine: RecordingEngine, groups: Any
) -> None:
    bindings = [binding(groups=later(groups))]

    assert "bindings[0].groups" in refusal(
        engine, lambda: _declared(RoleBindings("c", bindings, OIDC))
    )
    args = ClusterAccessArgs(cluster_id=ID, endpoint=HOST, bindings=bindings)
    assert "bindings[0].groups" in refusal(engine, lambda: _declared(ClusterAccess("c", args)))


@pytest.mark.parametrize("groups", [("ml",), {"ml"}, {"ml": 1}.keys()])
def test_whatever_can_be_read_again_is_a_list(engine: RecordingEngine, groups: Any) -> None:
    engine.deploy(lambda: _declared(RoleBindings("c", [binding(groups=groups)], OIDC)))

    assert [s["name"] for r in engine.typed("Binding") for s in r.inputs["subjects"]] == ["ml"]


@pytest.mark.parametrize(
    ("context", "text"),
    [
        (
            Context(environment="prod"),  # type: ignore[arg-type] # that is what is wrong
            'context.environment: "prod" is none of development, staging, production',
        ),
        (Context(environment=None), 'context.environment: "None" is none of'),  # type: ignore[arg-type]
        (Context(provider="oktaa"), 'context.provider: "oktaa" is none of google, okta'),  # type: ignore[arg-type]
        ("production", "context: must be Context, and is of the type str"),
        (None, "context: must be Context, and is None"),
    ],
    ids=["environment", "no environment", "provider", "text", "none"],
)
def test_a_context_under_which_nothing_would_be_judged_is_refused(
    engine: RecordingEngine, context: Any, text: str
) -> None:
    masters = binding(groups=["system:masters"])
    oidc = ClusterOidcArgs(cluster_id=ID, issuer_url="https://x", client_id="x", context=context)
    token = ServiceAccountTokenArgs(
        server=f"https://{HOST}",
        cluster_id=ID,
        namespace="ci",
        service_account="d",
        lifetime_seconds=86400,
        renew_before_seconds=3600,
        context=context,
    )
    args = ClusterAccessArgs(cluster_id=ID, endpoint=HOST, bindings=[masters], context=context)
    pipeline = Pipeline(name="d", namespace="ci", cluster_role="view")
    place = Place(cluster="c", cluster_id=ID, endpoint=HOST)
    for program in (
        lambda: _declared(ClusterAccess("c", args)),
        lambda: _declared(RoleBindings("c", [masters], OIDC, context=context)),
        lambda: _declared(AutomationAccess("c", pipeline, place, context=context)),
        lambda: _declared(ClusterOidc("c", oidc)),
        lambda: _declared(ServiceAccountToken("c", token)),
    ):
        assert text in refusal(engine, program)
        assert engine.registered == {}


def _declared(_resource: pulumi.Resource) -> None:
    pass
