"""The package in somebody else's program: every argument may be an output, and none leaks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pulumi
import pytest
import yaml
from pulumi.output import UNKNOWN
from pulumi.runtime import rpc

from cks_components import (
    AuthenticationWebhook,
    AuthorizationWebhook,
    AutomationAccess,
    Binding,
    ClusterAccess,
    ClusterAccessArgs,
    ClusterAuthenticationWebhook,
    ClusterAuthenticationWebhookArgs,
    ClusterOidc,
    ClusterOidcArgs,
    Context,
    Hook,
    Identity,
    Login,
    OidcConfig,
    Pipeline,
    Place,
    RoleBindings,
    ServiceAccountToken,
    ServiceAccountTokenArgs,
    TokenTerms,
    admin_credential,
    build_kubeconfig,
    managed_server,
    person_credential,
    unmanaged_server,
)
from cks_components.api import errors, models
from cks_components.engine.block_resource import options
from cks_components.lifecycle.token import StoredToken
from tests.mocks.outputs import Looker, later

if TYPE_CHECKING:
    from tests.mocks.conftest import RecordingEngine

ID = "1b5274f2-8012-4b68-9010-cc4c51613302"
HOST = "abc123-33de361c.k8s.us-east-04a.coreweave.com"
SECRET = "client-secret-" + "text"
ISSUER = "https://idp.example.com"
OIDC = OidcConfig(issuer_url=ISSUER, client_id="cks", username_claim="email", groups_claim="groups")
ML = Binding(cluster_role="edit", groups=["ml"], namespaces=["training"])


def hidden(value: Any) -> pulumi.Output[Any]:
    return pulumi.Output.secret(value)


def unknown() -> pulumi.Output[Any]:
    """What a preview does not know yet."""
    return pulumi.Output.from_input(UNKNOWN)


@pytest.fixture
def look() -> Looker:
    return Looker()


def run(engine: RecordingEngine, program: Callable[[], object], *, preview: bool = False) -> None:
    def returns_nothing() -> None:
        program()

    engine.deploy(returns_nothing, preview=preview)


def parts(access: ClusterAccess) -> dict[str, Any]:
    return {
        "kubeconfig": access.kubeconfig,
        "admin": access.admin_kubeconfig,
        "facts": access.facts,
        "access": access.access,
        "automation": access.automation_kubeconfigs,
    }


def identity(wrap: Callable[[Any], Any], **more: Any) -> Identity:
    """An identity whose every argument is wrapped."""
    leaves: dict[str, Any] = {
        "issuer_url": ISSUER,
        "client_id": "cks",
        "username_claim": "email",
        "groups_claim": "groups",
        "groups_prefix": "idp:",
        "required_claim": "hd=example.com",
        "signing_algorithms": ["RS256"],
    }
    return Identity(
        oidc=OidcConfig(**{leaf: wrap(value) for leaf, value in leaves.items()}),
        scopes=wrap(["groups"]),
        people_log_in=wrap(True),
        adopt=wrap(True),
        on_drift=wrap("overwrite"),
        on_delete=wrap("clear"),
        update_timeout_seconds=wrap(60.0),
        **more,
    )


def everything(wrap: Callable[[Any], Any]) -> ClusterAccessArgs:
    return ClusterAccessArgs(
        cluster_id=wrap(ID),
        endpoint=wrap(HOST),
        label=wrap("east"),
        identity=identity(wrap),
        bindings=[
            Binding(cluster_role="edit", groups=wrap(["ml"]), namespaces=["training"]),
            Binding(cluster_role="view", users=[wrap("ann@example.com")]),
        ],
        automation=[Pipeline(name="deployer", namespace="ci", cluster_role="edit")],
        webhooks=[
            Hook(
                webhook=kind(server=wrap("https://hook.example.com")),
                adopt=wrap(True),
                on_drift=wrap("overwrite"),
                on_delete=wrap("retain"),
                update_timeout_seconds=wrap(60.0),
            )
            for kind in (AuthenticationWebhook, AuthorizationWebhook)
        ],
    )


@pytest.mark.parametrize("wrap", [later, hidden])
def test_outputs_of_other_resources_make_what_plain_values_make(
    engine: RecordingEngine, look: Looker, wrap: Callable[[Any], Any]
) -> None:
    plain = Looker()
    run(engine, lambda: plain.at(**parts(ClusterAccess("c", everything(lambda v: v)))))
    wanted = {name: _without_hidden(r.inputs) for name, r in engine.registered.items()}
    engine.registered.clear()

    run(engine, lambda: look.at(**parts(ClusterAccess("c", everything(wrap)))))

    made = {name: _without_hidden(_open(r.inputs)) for name, r in engine.registered.items()}
    assert made == wanted
    for part in ("kubeconfig", "admin", "facts", "access", "automation"):
        assert look[part].value == plain[part].value, part
    assert look["facts"].value["managedServer"] == f"https://{HOST}"
    assert "Calling __str__" not in str(made)


@pytest.mark.parametrize("part", ["kubeconfig", "admin", "facts", "access"])
def test_what_is_made_of_a_secret_is_secret_and_what_is_not_is_not(
    engine: RecordingEngine, look: Looker, part: str
) -> None:
    run(engine, lambda: look.at(**parts(ClusterAccess("c", everything(hidden)))))
    secret = look[part].is_secret
    run(engine, lambda: look.at(**parts(ClusterAccess("c", everything(later)))))

    assert (secret, look[part].is_secret) == (True, False)


def test_a_preview_knows_what_follows_from_plain_values(
    engine: RecordingEngine, look: Looker
) -> None:
    args = everything(lambda value: value)

    run(engine, lambda: look.at(**parts(ClusterAccess("c", args))), preview=True)

    assert all(look[part].is_known for part in ("kubeconfig", "admin", "facts", "access"))
    assert "api." + HOST in look["kubeconfig"].value


def test_what_a_preview_does_not_know_stays_unknown_and_is_never_put_into_a_text(
    engine: RecordingEngine, look: Looker
) -> None:
    args = everything(lambda _value: unknown())

    run(engine, lambda: look.at(**parts(ClusterAccess("c", args))), preview=True)

    assert not any(look[part].is_known for part in ("kubeconfig", "admin", "facts", "access"))


def test_a_stored_token_that_is_still_to_be_made_is_the_only_gap_in_the_access(
    engine: RecordingEngine, look: Looker
) -> None:
    terms = TokenTerms(lifetime=timedelta(days=30), renew_before=timedelta(days=7))
    pipeline = Pipeline(name="d", namespace="ci", cluster_role="view", token=terms)
    args = ClusterAccessArgs(cluster_id=ID, endpoint=HOST, bindings=[ML], automation=[pipeline])
    rows: list[Any] = []

    def program() -> None:
        access = ClusterAccess("c", args)
        access.access.apply(rows.extend, run_with_unknowns=True)
        look.at(kubeconfigs=access.automation_kubeconfigs)

    run(engine, program, preview=True)

    assert [row["subject"] for row in rows] == ["ml", "system:serviceaccount:ci:d"]
    assert rows[1]["tokenExpiresAt"] is UNKNOWN
    assert not look["kubeconfigs"].is_known


@pytest.mark.parametrize(
    "wrap", [lambda text: text, hidden, later], ids=["text", "secret", "output"]
)
def test_a_client_secret_is_secret_by_itself(
    engine: RecordingEngine, look: Looker, wrap: Callable[[str], Any]
) -> None:
    who = Identity(oidc=OIDC, client_secret=wrap(SECRET))
    args = ClusterAccessArgs(cluster_id=ID, endpoint=HOST, identity=who)

    run(engine, lambda: look.at(**parts(ClusterAccess("c", args))))

    assert look["kubeconfig"].is_secret
    assert f"--oidc-client-secret={SECRET}" in look["kubeconfig"].value
    assert SECRET not in str([look[part] for part in ("admin", "facts", "access")])
    assert SECRET not in str([r.inputs for r in engine.registered.values()])
    assert SECRET not in repr(who)


def test_without_a_client_secret_a_kubeconfig_is_none(
    engine: RecordingEngine, look: Looker
) -> None:
    args = ClusterAccessArgs(cluster_id=ID, endpoint=HOST, identity=Identity(oidc=OIDC))

    run(engine, lambda: look.at(**parts(ClusterAccess("c", args))))

    assert not look["kubeconfig"].is_secret
    assert "--oidc-pkce-method=S256" in look["kubeconfig"].value


def test_the_parts_of_a_kubeconfig_take_outputs_and_keep_a_secret(
    engine: RecordingEngine, look: Looker
) -> None:
    def program() -> None:
        made = build_kubeconfig(
            "east",
            server=unmanaged_server(later(HOST)),
            user="people",
            credential=person_credential(
                Login(issuer_url=later(ISSUER), client_id="cks", client_secret=SECRET)
            ),
        )
        look.at(made=made, server=managed_server(later(HOST)))

    run(engine, program)

    assert look["made"].is_secret
    assert SECRET in str(yaml.safe_load(look["made"].value)["users"])
    assert look["server"].value == f"https://{HOST}"


def test_of_plain_values_the_parts_of_a_kubeconfig_make_plain_ones() -> None:
    text = build_kubeconfig(
        "east", server=managed_server(HOST), user="admin", credential=admin_credential()
    )

    assert yaml.safe_load(text)["clusters"][0]["cluster"]["server"] == f"https://{HOST}"
    assert isinstance(person_credential(Login(issuer_url=ISSUER, client_id="cks")), dict)


TOKEN: dict[str, Any] = {
    "server": f"https://{HOST}",
    "cluster_id": ID,
    "namespace": "ci",
    "service_account": "d",
    "lifetime_seconds": 86400,
    "renew_before_seconds": 3600,
}
PIPELINE: dict[str, Any] = {"name": "d", "namespace": "ci", "cluster_role": "view"}


@pytest.mark.parametrize(
    ("path", "changes"),
    [
        ("identity", lambda: {"identity": later(Identity(oidc=OIDC))}),
        ("identity.oidc", lambda: {"identity": Identity(oidc=later(OIDC))}),
        ("bindings", lambda: {"bindings": later([])}),
        ("bindings[0]", lambda: {"bindings": [later(ML)]}),
        ("bindings[0].cluster_role", lambda: {"bindings": [Binding(cluster_role=later("edit"))]}),
        (
            "bindings[0].namespaces",
            lambda: {"bindings": [Binding(cluster_role="edit", namespaces=[later("training")])]},
        ),
        ("automation", lambda: {"automation": later([])}),
        (
            "automation[0]",
            lambda: {"automation": [Pipeline(**PIPELINE | {"namespace": later("ci")})]},
        ),
        ("webhooks", lambda: {"webhooks": later([])}),
        ("webhooks[0].webhook", lambda: {"webhooks": [Hook(webhook=later("x"))]}),
        ("context", lambda: {"context": Context(environment=later("production"))}),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_what_cannot_be_an_output_says_so_before_anything_is_declared(
    engine: RecordingEngine, path: str, changes: Callable[[], dict[str, Any]]
) -> None:
    def program() -> None:
        given: dict[str, Any] = {"cluster_id": ID, "endpoint": HOST} | changes()
        ClusterAccess("c", ClusterAccessArgs(**given))

    with pytest.raises(errors.SettingsError) as caught:
        engine.deploy(program)

    assert caught.value.findings[0].startswith(f"{path}: is an output of another resource")
    assert "write a plain value" in caught.value.findings[0]
    assert isinstance(caught.value, pulumi.RunError)  # the engine shows its text, and no traceback
    assert engine.registered == {}


def test_resources_and_components_that_are_used_alone_say_so_too(engine: RecordingEngine) -> None:
    context = Context(environment=later("production"))
    place = Place(cluster="c", cluster_id=later(ID), endpoint=later(HOST))
    oidc = ClusterOidcArgs(cluster_id=ID, issuer_url=ISSUER, client_id="cks", context=context)
    hook = ClusterAuthenticationWebhookArgs(cluster_id=ID, server="https://x", context=context)
    token = ServiceAccountTokenArgs(**TOKEN, context=context)
    for declare in (
        lambda: ClusterOidc("c", oidc),
        lambda: ClusterAuthenticationWebhook("c", hook),
        lambda: ServiceAccountToken("c", token),
        lambda: RoleBindings("c", [ML], OIDC, context=context),
        lambda: AutomationAccess("c", Pipeline(**PIPELINE), place, context=context),
        lambda: AutomationAccess("c", Pipeline(**PIPELINE | {"name": later("d")}), place),
    ):
        with pytest.raises(errors.SettingsError, match="is an output of another resource"):
            run(engine, declare)
    assert engine.registered == {}


@pytest.mark.usefixtures("tidy")
def test_a_rule_that_an_output_breaks_is_said_when_the_value_is_known(
    engine: RecordingEngine,
) -> None:
    wrong = Binding(cluster_role="view", groups=[later("system:masters")])

    with pytest.raises(errors.SettingsError, match="system:masters"):
        run(engine, lambda: RoleBindings("c", [wrong], OIDC))

    assert engine.typed("RoleBinding") == []


@pytest.mark.usefixtures("tidy")
def test_a_value_of_another_kind_is_said_by_its_leaf(engine: RecordingEngine) -> None:
    odd = OidcConfig(issuer_url=ISSUER, client_id="cks", groups_prefix=later(7))

    with pytest.raises(errors.SettingsError, match="groups_prefix: input should be a valid string"):
        run(engine, lambda: RoleBindings("c", [ML], odd))


def test_a_secret_leaf_is_secret_in_what_is_noted_of_the_block_before() -> None:
    args = ClusterOidcArgs(cluster_id=ID, issuer_url=ISSUER, client_id=hidden("cks-hidden"))

    made = options(args, None)

    assert made is not None
    assert made.additional_secret_outputs == ["previous", "__unconfirmed"]


def test_the_provider_is_told_which_leaves_are_secret(engine: RecordingEngine) -> None:
    oidc = ClusterOidcArgs(
        cluster_id=ID,
        issuer_url=later(ISSUER),
        client_id=hidden("cks"),
        signing_algorithms=[hidden("RS256")],
    )

    run(engine, lambda: ClusterOidc("c", oidc))

    assert engine.registered["c"].inputs["__secret"] == ["client_id", "signing_algorithms"]


@pytest.mark.usefixtures("tidy")
def test_no_rule_shows_a_name_that_is_secret(
    engine: RecordingEngine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    good = Binding(cluster_role="view", groups=hidden(["hush"]), namespaces=["ci"])
    wrong = Binding(cluster_role="view", users=[hidden("system:hush")])

    run(engine, lambda: RoleBindings("c", [good], OIDC))
    with pytest.raises(errors.SettingsError, match="they contain a secret name") as caught:
        run(engine, lambda: RoleBindings("c", [wrong], OIDC))

    assert "users[0]" in str(caught.value)
    assert "hush" not in caplog.text + str(caught.value)


# 10: misspelt arguments


@pytest.mark.parametrize(
    "misspelt",
    [
        lambda: OidcConfig(issuer_url=ISSUER, client_id="cks", groups_prefx="x"),  # type: ignore[call-arg] # that is the point
        lambda: models.OidcConfig(issuer_url=ISSUER, groups_prefx="x"),  # type: ignore[call-arg]
        lambda: AuthenticationWebhook(server="https://x", cacert="x"),  # type: ignore[call-arg]
        lambda: models.AuthorizationWebhook(server="https://x", cacert="x"),  # type: ignore[call-arg]
        lambda: Context(enviroment="production"),  # type: ignore[call-arg]
    ],
    ids=["oidc", "oidc model", "webhook", "webhook model", "context"],
)
def test_a_misspelt_argument_is_refused(misspelt: Callable[[], object]) -> None:
    with pytest.raises((TypeError, ValueError), match=r"groups_prefx|cacert|enviroment"):
        misspelt()


# 11: bindings follow the resource that owns the block


def who(engine: RecordingEngine) -> list[str]:
    return [s["name"] for r in engine.typed("RoleBinding") for s in r.inputs["subjects"]]


def test_bindings_follow_the_prefixes_of_the_resource_that_they_are_given(
    engine: RecordingEngine,
) -> None:
    args = ClusterOidcArgs(
        cluster_id=ID,
        issuer_url=ISSUER,
        client_id="cks",
        groups_claim="groups",
        groups_prefix="idp:",
    )

    run(engine, lambda: RoleBindings("c-rbac", [ML], ClusterOidc("c-oidc", args)))
    assert who(engine) == ["idp:ml"]
    engine.outputs["ClusterOidc"] = {"groups_prefix": "kept:"}  # as with ignore_changes
    run(engine, lambda: RoleBindings("c-rbac", [ML], ClusterOidc("c-oidc", args)))
    assert who(engine) == ["kept:ml"]


def test_a_preview_knows_the_names_under_a_resource_that_sets_no_prefix(
    engine: RecordingEngine,
) -> None:
    args = ClusterOidcArgs(
        cluster_id=ID,
        issuer_url=ISSUER,
        client_id="cks",
        username_claim="email",
        groups_claim="groups",
    )

    run(engine, lambda: RoleBindings("c-rbac", [ML], ClusterOidc("c-oidc", args)), preview=True)

    assert who(engine) == ["ml"]


@pytest.mark.usefixtures("tidy")
@pytest.mark.parametrize("order", ["trust first", "bindings first"])
@pytest.mark.parametrize(
    "make_id", [lambda: None, lambda: ID.upper(), lambda: later(ID)], ids=["none", "id", "output"]
)
def test_prefixes_that_disagree_stop_before_anything_is_declared(
    engine: RecordingEngine, order: str, make_id: Callable[[], Any]
) -> None:
    cluster_id = make_id()
    args = ClusterOidcArgs(
        cluster_id=ID,
        issuer_url=ISSUER,
        client_id="cks",
        groups_claim="groups",
        groups_prefix="idp:",
    )
    steps: list[Callable[[], object]] = [
        lambda: ClusterOidc("c-oidc", args),
        lambda: RoleBindings("c-rbac", [ML], OIDC, cluster_id=cluster_id),
    ]

    with pytest.raises(errors.SettingsError) as caught:
        run(engine, lambda: [step() for step in (steps if order == "trust first" else steps[::-1])])

    assert caught.value.findings[0].startswith(
        '"c-rbac" would bind "ml", but "c-oidc" makes that name "idp:ml"'
    )
    if not isinstance(cluster_id, pulumi.Output):
        assert engine.typed("ClusterOidc") == engine.typed("RoleBinding") == []


@pytest.mark.usefixtures("tidy")
@pytest.mark.parametrize("secret", ["the cluster's prefix", "who is bound"])
def test_prefixes_that_disagree_are_told_without_what_is_secret(
    engine: RecordingEngine, secret: str
) -> None:
    prefix: Any = pulumi.Output.secret("hidden:") if secret == "the cluster's prefix" else "idp:"
    who: Any = [pulumi.Output.secret("hidden")] if secret == "who is bound" else ["ml"]
    args = ClusterOidcArgs(
        cluster_id=ID,
        issuer_url=ISSUER,
        client_id="cks",
        groups_claim="groups",
        groups_prefix=prefix,
    )
    binding = Binding(cluster_role="edit", groups=who, namespaces=["training"])

    def program() -> None:
        ClusterOidc("c-oidc", args)
        RoleBindings("c-rbac", [binding], OIDC, cluster_id=ID)

    with pytest.raises(errors.SettingsError) as caught:
        run(engine, program)

    assert '"c-rbac" would bind a secret name, but "c-oidc" makes that name different' in str(
        caught.value
    )
    assert "hidden" not in str(caught.value)


def test_clusters_with_prefixes_of_their_own_do_not_disagree(engine: RecordingEngine) -> None:
    other = "1b5274f2-8012-4b68-9010-cc4c51613303"

    def program() -> None:
        for cluster_id, prefix in ((ID, "a:"), (other, "b:")):
            oidc = OidcConfig(
                issuer_url=ISSUER, client_id="cks", groups_claim="groups", groups_prefix=prefix
            )
            args = ClusterAccessArgs(
                cluster_id=cluster_id, endpoint=HOST, identity=Identity(oidc=oidc), bindings=[ML]
            )
            ClusterAccess(cluster_id, args)
        RoleBindings(
            "more",
            [ML],
            OidcConfig(
                issuer_url=ISSUER, client_id="cks", groups_claim="groups", groups_prefix="b:"
            ),
        )
        RoleBindings(
            "elsewhere",
            [ML],
            OidcConfig(issuer_url="https://other", client_id="cks", groups_claim="groups"),
        )

    run(engine, program)

    assert sorted(who(engine)) == ["a:ml", "b:ml", "b:ml", "ml"]


def test_every_output_of_a_resource_is_one_of_its_attributes(engine: RecordingEngine) -> None:
    made: list[Any] = []
    oidc = ClusterOidcArgs(cluster_id=ID, issuer_url=ISSUER, client_id="cks")
    hook = ClusterAuthenticationWebhookArgs(cluster_id=ID, server="https://hook.example.com")

    run(
        engine,
        lambda: made.extend(
            [
                ClusterOidc("o", oidc),
                ClusterAuthenticationWebhook("h", hook),
                ServiceAccountToken("t", ServiceAccountTokenArgs(**TOKEN)),
            ]
        ),
    )

    common = ["adopt", "on_drift", "on_delete", "update_timeout_seconds", "previous"]
    common += ["cluster_id", "cluster_name", "cluster_endpoint"]
    names = [
        [*models.OidcConfig.leaves(), *common],
        [*models.Webhook.leaves(), *common],
        [*TOKEN, *StoredToken.model_fields],
    ]
    for resource, own in zip(made, names, strict=True):
        for name in own:
            assert isinstance(getattr(resource, name), pulumi.Output), name
            assert any(name in getattr(c, "__annotations__", {}) for c in type(resource).__mro__)


def _open(value: Any) -> Any:
    """The same without the marks of secrets."""
    if rpc.is_rpc_secret(value):
        return _open(rpc.unwrap_rpc_secret(value))
    if isinstance(value, dict):
        return {key: _open(part) for key, part in value.items()}
    return [_open(part) for part in value] if isinstance(value, list) else value


def _without_hidden(inputs: Any) -> dict[str, Any]:
    return {k: v for k, v in inputs.items() if not k.startswith("__")}


def test_a_binding_or_pipeline_that_is_refused_stops_the_block_of_its_cluster_too(
    engine: RecordingEngine,
) -> None:
    wrong = Binding(cluster_role="view", groups=["system:masters"])
    pipeline = Pipeline(name="default", namespace="ci", cluster_role="view")
    for more in ({"bindings": [wrong]}, {"automation": [pipeline]}):
        given: dict[str, Any] = {"cluster_id": ID, "endpoint": HOST, **more}
        args = ClusterAccessArgs(identity=Identity(oidc=OIDC), **given)
        with pytest.raises(errors.SettingsError, match=r"(bindings|automation)\[0\]\."):
            run(engine, lambda a=args: ClusterAccess("c", a))  # type: ignore[misc] # a default binds it
    assert engine.registered == {}
