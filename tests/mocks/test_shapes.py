"""What a program writes in another shape than its type asks for, which Python does not check."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pulumi
import pytest

from cks_components import (
    Address,
    Addresses,
    AuthenticationWebhook,
    AutomationAccess,
    Binding,
    ClusterAccess,
    ClusterAccessArgs,
    ClusterAuthenticationWebhook,
    ClusterAuthenticationWebhookArgs,
    ClusterAuthorizationWebhook,
    ClusterOidc,
    ClusterOidcArgs,
    Context,
    Hook,
    Identity,
    Naming,
    OidcConfig,
    Pipeline,
    Place,
    RoleBindings,
    ServiceAccountToken,
    ServiceAccountTokenArgs,
    TokenTerms,
    managed_server,
    unmanaged_server,
)
from cks_components.api import errors
from tests.mocks.outputs import later

if TYPE_CHECKING:
    from tests.mocks.conftest import RecordingEngine

ID = "1b5274f2-8012-4b68-9010-cc4c51613302"
HOST = "abc123-33de361c.k8s.us-east-04a.coreweave.com"
OIDC = OidcConfig(issuer_url="https://idp.example.com", client_id="cks", groups_claim="groups")


A_NAME = "must be a name of lower-case letters, digits and dashes; write"
"""As a stack file is told."""


SPAN: Any = timedelta(minutes=20)


def _hook(**changes: Any) -> Hook:
    usual: dict[str, Any] = {"webhook": AuthenticationWebhook(server="https://x.example.com")}
    return Hook(**usual | changes)


def _addresses(server: Any) -> Addresses:
    address = Address(server=server)
    return Addresses(managed=address, unmanaged=address, pipelines=address)


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
        (None, "bindings: must be a list, such as [Binding(...)], but is None"),
        (binding(), "bindings: must be a list, such as [Binding(...)], but is of type Binding"),
        ((b for b in [binding()]), "bindings: must be a list"),  # and would be read once only
        ([{"cluster_role": "view"}], "bindings[0]: must be Binding, but is of type dict"),
        ([binding(groups="ml")], 'bindings[0].groups: must be a list, such as ["ml-engineers"]'),
        ([binding(users="ann")], 'bindings[0].users: must be a list, such as ["ann@example.com"]'),
        ([binding(users=None)], "bindings[0].users: must be a list"),
        ([binding(groups=(g for g in ["ml"]))], "bindings[0].groups: must be a list"),
        ([binding(groups={"ml": "edit"})], "bindings[0].groups: must be a list"),
        ([binding(groups=["ml", ""])], "bindings[0].groups[1]: is empty"),
        ([binding(groups=[7])], "bindings[0].groups[0]: must be a string, but is of type int"),
        ([binding(groups={later("ml")})], "bindings[0].groups[0]: is an output, which only a list"),
        (
            [binding(namespaces="ci")],
            'bindings[0].namespaces: must be a list, such as ["training"]',
        ),
        ([binding(namespaces="")], "bindings[0].namespaces: must be a list"),
        ([binding(namespaces=[""])], "bindings[0].namespaces[0]: is empty"),
        (
            [binding(namespaces=["Train ing"])],
            f'bindings[0].namespaces[0]: "Train ing" {A_NAME} "train-ing"',
        ),
        ([binding(cluster_role=None)], "bindings[0].cluster_role: must be a string, but is None"),
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
            'context.environment: "prod" is not one of development, staging, production',
        ),
        (Context(environment=None), 'context.environment: "None" is not one of'),  # type: ignore[arg-type]
        (Context(provider="oktaa"), 'context.provider: "oktaa" is not one of google, okta'),  # type: ignore[arg-type]
        (Context(waivers=["RBAC-01"]), "context.waivers: must be Mapping"),  # type: ignore[arg-type]
        ("production", "context: must be Context, but is of type str"),
        (None, "context: must be Context, but is None"),
    ],
    ids=["environment", "no environment", "provider", "waivers", "text", "none"],
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


def pipeline(**changes: Any) -> Pipeline:
    usual: dict[str, Any] = {"name": "d", "namespace": "ci", "cluster_role": "view"}
    return Pipeline(**usual | changes)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"name": "d"}, ": must be Pipeline, but is of type dict"),
        (pipeline(name=""), ".name: is empty"),
        (pipeline(namespace=None), ".namespace: must be a string, but is None"),
        (pipeline(cluster_role=7), ".cluster_role: must be a string, but is of type int"),
        (pipeline(name="Bad Name"), f'.name: "Bad Name" {A_NAME} "bad-name"'),
        (pipeline(namespace="Ci"), f'.namespace: "Ci" {A_NAME} "ci"'),
        (pipeline(namespace="n" * 64), ".namespace: must have at most 63 characters"),
        (pipeline(namespaces=["training", "e_val"]), f'.namespaces[1]: "e_val" {A_NAME} "e-val"'),
        (pipeline(namespaces="ci"), '.namespaces: must be a list, such as ["training"]'),
        (pipeline(token={"lifetime": "30d"}), ".token: must be TokenTerms"),
        (
            pipeline(token=TokenTerms(lifetime="30d", renew_before=timedelta(days=7))),  # type: ignore[arg-type]
            ".token.lifetime: must be timedelta, but is of type str",
        ),
        (
            pipeline(token=TokenTerms(lifetime=timedelta(days=7), renew_before=7)),  # type: ignore[arg-type]
            ".token.renew_before: must be timedelta, but is of type int",
        ),
    ],
    ids=[
        "dict",
        "no name",
        "no namespace",
        "role",
        "name",
        "namespace",
        "long namespace",
        "work namespace",
        "namespaces",
        "token",
        "lifetime",
        "renewal",
    ],
)
def test_pipelines_that_are_written_in_another_way_are_refused(
    engine: RecordingEngine, given: Any, text: str
) -> None:
    args = ClusterAccessArgs(cluster_id=ID, endpoint=HOST, automation=[given])
    place = Place(cluster="c", cluster_id=ID, endpoint=HOST)

    assert f"automation[0]{text}" in refusal(engine, lambda: _declared(ClusterAccess("c", args)))
    alone = refusal(engine, lambda: _declared(AutomationAccess("ci", given, place)))
    assert f"ci{text}" in alone
    assert engine.registered == {}


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        (lambda: {"cluster_id": None}, "cluster_id: must be a string, but is None"),
        (lambda: {"endpoint": ""}, "endpoint: is empty"),
        (lambda: {"label": 7}, "label: must be a string, but is of type int"),
        (lambda: {"identity": OIDC}, "identity: must be Identity, but is of type OidcConfig"),
        (lambda: {"identity": Identity(oidc={})}, "identity.oidc: must be OidcConfig, but"),  # type: ignore[arg-type]
        (
            lambda: {"identity": Identity(oidc=OIDC, scopes="groups")},
            "identity.scopes: must be a list",
        ),
        (lambda: {"automation": None}, "automation: must be a list, such as [Pipeline(...)]"),
        (lambda: {"webhooks": None}, "webhooks: must be a list, such as [Hook(...)]"),
        (
            lambda: {"identity": Identity(oidc=OIDC, update_timeout_seconds=SPAN)},
            "identity.update_timeout_seconds: must be a number of seconds, but is of type",
        ),
        (
            lambda: {"webhooks": [_hook(update_timeout_seconds=SPAN)]},
            "webhooks[0].update_timeout_seconds: must be a number of seconds",
        ),
        (
            lambda: {"webhooks": [_hook(webhook={"server": "https://x"})]},
            "webhooks[0].webhook: must be AuthenticationWebhook or AuthorizationWebhook, but is of",
        ),
        (
            lambda: {"webhooks": [AuthenticationWebhook(server="https://x")]},
            "webhooks[0]: must be Hook",
        ),
        (lambda: {"addresses": Address(server="https://x")}, "addresses: must be Addresses"),
        (
            lambda: {"addresses": _addresses(later("https://x"))},
            "addresses: is an output of another",
        ),
        (lambda: {"naming": "{cluster}"}, "naming: must be Naming, but is of type str"),
        (
            lambda: {"identity": Identity(oidc=OIDC, client_secret=7)},  # type: ignore[arg-type]
            "identity.client_secret: must be a string, but is of type int",
        ),
        (
            lambda: {"identity": Identity(oidc=OIDC, people_log_in="no")},  # type: ignore[arg-type]
            "identity.people_log_in: must be True or False, but is of type str",
        ),
        (
            lambda: {"identity": Identity(oidc=OIDC, adopt="yes")},  # type: ignore[arg-type]
            "identity.adopt: must be True or False, but is of type str",
        ),
        (
            lambda: {"webhooks": [_hook(on_drift="ignore")]},
            'webhooks[0].on_drift: must be one of refuse, overwrite, but is "ignore"',
        ),
    ],
    ids=lambda given: given.partition(" and ")[0] if isinstance(given, str) else "",
)
def test_a_component_that_is_written_in_another_way_is_refused(
    engine: RecordingEngine, changes: Callable[[], dict[str, Any]], text: str
) -> None:
    given: dict[str, Any] = {"cluster_id": ID, "endpoint": HOST}

    assert text in refusal(
        engine, lambda: _declared(ClusterAccess("c", ClusterAccessArgs(**given | changes())))
    )
    assert engine.registered == {}


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"server": ""}, "server: is empty"),
        (
            {"server": "http://train.example"},
            "server: must be an https URL with a host and no user",
        ),
        (
            {"proxy_url": "http://me:word@p.example"},
            "proxy_url: contains a user name or a password",
        ),
        ({"tls_server_name": "https://x"}, "tls_server_name: must be a host name without a scheme"),
        ({"certificate_authority": "base64"}, "certificate_authority: "),
        ({"proxy_url": None}, "proxy_url: must be a string, but is None"),
    ],
    ids=["no server", "http", "password", "name", "authority", "none"],
)
def test_addresses_are_judged_as_those_of_a_stack_file(
    engine: RecordingEngine, changes: dict[str, Any], text: str
) -> None:
    usual: dict[str, Any] = {"server": "https://train.example"}
    addresses = replace(_addresses("https://train.example"), managed=Address(**usual | changes))
    args = ClusterAccessArgs(cluster_id=ID, endpoint=HOST, addresses=addresses)
    place = Place(cluster="c", cluster_id=ID, endpoint=HOST, addresses=addresses)

    told = refusal(engine, lambda: _declared(ClusterAccess("c", args)))
    assert f"addresses.managed.{text}" in told
    alone = refusal(engine, lambda: _declared(AutomationAccess("c", pipeline(), place)))
    assert f"place.addresses.managed.{text}" in alone
    assert "word" not in told.replace("password", "")
    assert engine.registered == {}


def test_parts_of_addresses_are_addresses(engine: RecordingEngine) -> None:
    wrong: Any = "https://train.example"
    addresses = replace(_addresses(wrong), pipelines=wrong)
    args = ClusterAccessArgs(cluster_id=ID, endpoint=HOST, addresses=addresses)

    assert "addresses.pipelines: must be Address, but is of type str" in refusal(
        engine, lambda: _declared(ClusterAccess("c", args))
    )


def test_what_is_no_arguments_at_all_is_refused(engine: RecordingEngine) -> None:
    wrong: Any = {"cluster_id": ID}

    assert "args: must be ClusterAccessArgs" in refusal(
        engine, lambda: _declared(ClusterAccess("c", wrong))
    )
    assert "place: must be Place, but is of type dict" in refusal(
        engine, lambda: _declared(AutomationAccess("c", pipeline(), wrong))
    )
    assert "oidc: must be OidcConfig or ClusterOidc" in refusal(
        engine, lambda: _declared(RoleBindings("c", [binding()], wrong))
    )


@pytest.mark.parametrize(
    "kind",
    [ClusterOidc, ClusterAuthenticationWebhook, ClusterAuthorizationWebhook, ServiceAccountToken],
)
def test_a_resource_says_which_arguments_it_takes(engine: RecordingEngine, kind: Any) -> None:
    told = refusal(engine, lambda: _declared(kind("c", {"cluster_id": ID})))

    assert f"args: must be {kind.__name__}Args, but is of type dict" in told
    assert engine.registered == {}


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (SPAN, "must be a number of seconds, but is of type timedelta; write its total_secon"),
        ([1200], "must be a number of seconds, such as 1200, but is of type list"),
    ],
)
def test_a_length_of_time_is_a_number_of_seconds(
    engine: RecordingEngine, span: Any, text: str
) -> None:
    block: dict[str, Any] = {"cluster_id": ID, "update_timeout_seconds": span}
    oidc = ClusterOidcArgs(issuer_url="https://idp.example.com", client_id="cks", **block)
    hook = ClusterAuthenticationWebhookArgs(server="https://x.example.com", **block)
    token = ServiceAccountTokenArgs(
        server=f"https://{HOST}",
        cluster_id=ID,
        namespace="ci",
        service_account="d",
        lifetime_seconds=span,
        renew_before_seconds=60,
    )
    timeout = f"update_timeout_seconds: {text}"

    assert timeout in refusal(engine, lambda: _declared(ClusterOidc("c", oidc)))
    assert timeout in refusal(engine, lambda: _declared(ClusterAuthenticationWebhook("c", hook)))
    assert f"lifetime_seconds: {text}" in refusal(
        engine, lambda: _declared(ServiceAccountToken("c", token))
    )
    assert engine.registered == {}


@pytest.mark.usefixtures("tidy")
def test_a_length_of_time_that_comes_late_is_looked_at_as_well(engine: RecordingEngine) -> None:
    oidc = ClusterOidcArgs(
        cluster_id=ID,
        issuer_url="https://idp.example.com",
        client_id="cks",
        update_timeout_seconds=later(SPAN),
    )

    assert "update_timeout_seconds: must be a number of seconds" in refusal(
        engine, lambda: _declared(ClusterOidc("c", oidc))
    )


@pytest.mark.parametrize("server", [managed_server, unmanaged_server])
def test_a_server_is_made_of_an_endpoint(server: Any) -> None:
    with pytest.raises(pulumi.RunError, match="endpoint: must be a string, but is None"):
        server(None)
    with pytest.raises(pulumi.RunError, match="endpoint: is empty"):
        server(" ")


@pytest.mark.usefixtures("tidy")
@pytest.mark.parametrize(
    ("changes", "text"),
    [
        (lambda: {"cluster_id": later(None)}, "cluster_id: must be a string, but is None"),
        (lambda: {"endpoint": later(None)}, "endpoint: must be a string, but is None"),
        (
            lambda: {"identity": Identity(oidc=OIDC, scopes=later("groups"))},
            "identity.scopes: must be",
        ),
    ],
    ids=["cluster", "endpoint", "scopes"],
)
def test_an_output_that_is_not_there_is_named(
    engine: RecordingEngine, changes: Callable[[], dict[str, Any]], text: str
) -> None:
    """As `get_output` of a StackReference gives None for a name that the other stack has not."""
    given: dict[str, Any] = {"cluster_id": ID, "endpoint": HOST, "identity": Identity(oidc=OIDC)}

    def program() -> None:
        pulumi.export(
            "kubeconfig", ClusterAccess("c", ClusterAccessArgs(**given | changes())).kubeconfig
        )

    assert text in refusal(engine, program)


@pytest.mark.parametrize(
    ("context", "text"),
    [
        ("{clustr}", 'context: "{clustr}" has an unknown placeholder'),
        (None, "context: must be a string, but is None"),
    ],
)
def test_a_pattern_that_cannot_be_filled_in_is_said_without_a_traceback(
    context: Any, text: str
) -> None:
    with pytest.raises(pulumi.RunError) as caught:
        Naming(stack="acme/prod", context=context)

    assert text in str(caught.value)
    assert Naming(stack="acme/prod", context="{cluster}").entry("east", "people").context == "east"


def test_a_pipeline_that_works_nowhere_says_so(engine: RecordingEngine) -> None:
    """An empty list is no place, while None is everywhere."""
    rows: list[Any] = []
    place = Place(cluster="c", cluster_id=ID, endpoint=HOST)

    def program() -> None:
        AutomationAccess("c", pipeline(namespaces=[]), place).access.apply(rows.append)

    engine.deploy(program)

    assert rows[0]["namespaces"] == []
    assert engine.typed("Binding") == []


def test_a_token_may_be_renewed_at_its_very_end(engine: RecordingEngine) -> None:
    terms = TokenTerms(lifetime=timedelta(days=1), renew_before=timedelta())
    place = Place(cluster="c", cluster_id=ID, endpoint=HOST)

    engine.deploy(lambda: _declared(AutomationAccess("c", pipeline(token=terms), place)))

    (token,) = engine.typed("ServiceAccountToken")
    assert token.inputs["renew_before_seconds"] == 0


def _declared(_resource: pulumi.Resource) -> None:
    pass


ODD: list[Any] = [7, b"x", ["a"], {"a": "hidden-value"}, {"a"}, object(), SPAN]


@pytest.mark.usefixtures("tidy")
@pytest.mark.parametrize("odd", ODD, ids=lambda odd: type(odd).__name__)
@pytest.mark.parametrize(
    "leaf", ["issuer_url", "username_claim", "ca", "endpoint", "cluster_id", "adopt", "on_delete"]
)
def test_an_argument_of_a_block_has_its_type_before_anything_is_declared(
    engine: RecordingEngine, leaf: str, odd: Any
) -> None:
    usual: dict[str, Any] = {"cluster_id": ID, "issuer_url": "https://x", "client_id": "x"}
    args = ClusterOidcArgs(**usual | {leaf: odd})

    told = refusal(engine, lambda: _declared(ClusterOidc("c", args)))

    assert told.startswith(f"{leaf}: must be ")
    assert "hidden-value" not in told
    assert engine.registered == {}


@pytest.mark.parametrize(
    ("algorithms", "text"),
    [
        ("RS256", 'signing_algorithms: must be a list, such as ["RS256"], but is of type str'),
        ([7], "signing_algorithms[0]: must be a string, but is of type int"),
    ],
    ids=["text", "number"],
)
def test_the_algorithms_of_a_block_are_a_list(
    engine: RecordingEngine, algorithms: Any, text: str
) -> None:
    args = ClusterOidcArgs(
        cluster_id=ID, issuer_url="https://x", client_id="x", signing_algorithms=algorithms
    )

    assert refusal(engine, lambda: _declared(ClusterOidc("c", args))) == text


@pytest.mark.usefixtures("tidy")
@pytest.mark.parametrize("odd", ODD[1:-1], ids=lambda odd: type(odd).__name__)
@pytest.mark.parametrize("leaf", ["server", "namespace", "proxy_url", "lifetime_seconds"])
def test_an_argument_of_a_stored_token_has_its_type_before_anything_is_declared(
    engine: RecordingEngine, leaf: str, odd: Any
) -> None:
    usual: dict[str, Any] = {
        "server": f"https://{HOST}",
        "cluster_id": ID,
        "namespace": "ci",
        "service_account": "d",
        "lifetime_seconds": 86400,
        "renew_before_seconds": 3600,
    }
    args = ServiceAccountTokenArgs(**usual | {leaf: odd})

    told = refusal(engine, lambda: _declared(ServiceAccountToken("c", args)))

    assert told.startswith(f"{leaf}: must be a ")
    assert engine.registered == {}
