"""ServiceAccountToken: a stored token of a service account that expires, rotates and is revoked.

For those who must store one; `cks-access token` mints one when it is needed and stores nothing.
Module path, class names, type token and property names lie in the state of every stack and never
change.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any

import pulumi
from pulumi import dynamic
from pulumi.runtime import rpc
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cks_components import rules
from cks_components.api.environment import may_carry_a_token
from cks_components.api.route import shown
from cks_components.engine import argument_types, properties, rule_check
from cks_components.engine.dynamic_provider import Provider, malformed
from cks_components.engine.operation import connected_to
from cks_components.engine.progress import ResourceLog
from cks_components.engine.resource_names import urn_of
from cks_components.kubernetes.address import Address
from cks_components.lifecycle.token import StoredToken, TokenLifecycle, TokenRequest
from cks_components.lifecycle.token_renewal import Renewal, TokenStatus, renewal, renewal_window
from cks_components.rules import BARE, Context, Level

TYPE_TOKEN = "pulumi-python:dynamic/cks:ServiceAccountToken"  # noqa: S105 - a type, not a secret
_TOKEN = "token"  # noqa: S105 - the property's name
_read_last: set[object] = set()
"""The URNs of which this process has read, and not checked since.

A refresh asks diff whether something drifted. The engine does not say that it is a refresh, but it
reads before, and an update checks before. A token that is due has not drifted: without this, the
nightly check for drift would fail all through the window.
"""
_IDENTITY = ("cluster_id", "namespace", "service_account")


class TokenProperties(BaseModel):
    """The inputs; the names lie in the state of every stack and never change."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    server: str = Field(min_length=1)
    cluster_id: str = Field(min_length=1)
    namespace: str = Field(min_length=1)
    service_account: str = Field(min_length=1)
    lifetime_seconds: int
    renew_before_seconds: int
    proxy_url: str = ""
    tls_server_name: str = ""
    certificate_authority: str = ""

    @property
    def address(self) -> Address:
        """Where the managed server is."""
        return Address(**{f.name: getattr(self, f.name) for f in fields(Address)})

    @property
    def terms(self) -> TokenRequest:
        """Whose token it is, and for how long."""
        return TokenRequest(
            namespace=self.namespace,
            account=self.service_account,
            lifetime=timedelta(seconds=self.lifetime_seconds),
            renew_before=timedelta(seconds=self.renew_before_seconds),
        )

    def renewal(self, held: StoredToken, now: datetime) -> Renewal:
        """Whether a token is to be replaced now, by these terms."""
        terms = self.terms
        granted = timedelta(seconds=held.granted_seconds)
        return renewal(
            now, held.expires_at, renewal_window(terms.lifetime, terms.renew_before, granted)
        )


@dataclass(frozen=True, kw_only=True)
class ServiceAccountTokenArgs:
    """Whose token it is, and for how long.

    Attributes:
        server: the cluster's managed server, an https URL.
        cluster_id: the cluster's UUID; another one is another resource, and so for the next two.
        namespace: the service account's.
        service_account: its name; it must exist.
        lifetime_seconds: what to ask for; the cluster may grant less, which is told.
        renew_before_seconds: how long before its end an update replaces the token.
        context: how strictly the rules judge this; a stack passes its own on.
        proxy_url: and the next two, how the server is reached; as `Address` has them.
    """

    server: pulumi.Input[str]
    cluster_id: pulumi.Input[str]
    namespace: pulumi.Input[str]
    service_account: pulumi.Input[str]
    lifetime_seconds: pulumi.Input[int]
    renew_before_seconds: pulumi.Input[int]
    context: Context = BARE
    proxy_url: pulumi.Input[str] | None = None
    tls_server_name: pulumi.Input[str] | None = None
    certificate_authority: pulumi.Input[str] | None = None


class ServiceAccountTokenProvider(Provider):
    """Looks after one stored token. The clock is read in diff and update, never an input."""

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> dynamic.CheckResult:
        """Normalise what is known and report every broken rule at once."""
        _read_last.discard(news.get(properties.URN))
        if properties.is_unknown(news):
            return dynamic.CheckResult(dict(news), [])
        try:
            wish = TokenProperties.model_validate(news)
        except ValidationError as error:
            wrong = [dynamic.CheckFailure("", text) for text in malformed(error)]
            return dynamic.CheckResult(dict(news), wrong)
        context = Context(**news[properties.CONTEXT]) if properties.CONTEXT in news else BARE
        terms = wish.terms
        found = rules.token_findings(terms.lifetime, terms.renew_before, context)
        failures = [dynamic.CheckFailure("", str(f)) for f in found if f.refuses]
        if not may_carry_a_token(wish.server):
            text = (
                f'server: "{shown(wish.server)}" does not begin with https; write the URL of the '
                "cluster's managed server"
            )
            failures.append(dynamic.CheckFailure("", text))
        for finding in found:
            if finding.level is Level.WARNING and properties.CONTEXT not in news:
                _row(news).warn(str(finding))
        return dynamic.CheckResult(_normal(wish, news), failures)

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> dynamic.DiffResult:
        """Compare what is wanted, and look at the clock: a token that is due is a change.

        In a refresh it is none, because only time has passed.
        """
        replaces = [key for key in _IDENTITY if properties.differs(_olds.get(key), _news.get(key))]
        if properties.is_unknown(_news):
            return dynamic.DiffResult(changes=True, replaces=replaces)
        is_refresh = _news.get(properties.URN) in _read_last
        now = None if is_refresh else datetime.now(UTC)
        why = _why(_olds, TokenProperties.model_validate(_news), now)
        if why and not is_refresh:
            _row(_news).note(why)
        is_other = TokenProperties.model_validate(_olds) != TokenProperties.model_validate(_news)
        return dynamic.DiffResult(
            changes=bool(why) or is_other, replaces=replaces, delete_before_replace=False
        )

    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        """Mint the first generation."""
        wish, series = TokenProperties.model_validate(props), secrets.token_hex(3)
        with connected_to(wish.address, _row(props).progress) as client:
            held = _tokens(client, wish, series, props).first()
        id_ = f"{wish.namespace}/{wish.service_account}/{series}"
        return dynamic.CreateResult(id_, _outs(wish, props, held))

    def update(
        self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]
    ) -> dynamic.UpdateResult:
        """Rotate if the token is due, is good for nothing any more, or its life shall be another."""
        wish, held = TokenProperties.model_validate(_news), StoredToken.model_validate(_olds)
        if _why(_olds, wish, datetime.now(UTC)):
            with connected_to(wish.address, _row(_news).progress) as client:
                held = _tokens(client, wish, _series(_id), _news).rotate(held)
        return dynamic.UpdateResult(_outs(wish, _news, held))

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Revoke every generation; what is gone is a success."""
        wish = TokenProperties.model_validate(_props)
        with connected_to(wish.address, _row(_props).progress) as client:
            tokens = _tokens(client, wish, _series(_id), _props)
            tokens.revoke(StoredToken.model_validate(_props))

    def read(self, id_: str, props: dict[str, Any]) -> dynamic.ReadResult:
        """Tell what the token is good for; one that is not live is minted anew by the next update."""
        if _TOKEN not in props:  # nobody but its creation knows a token, so none can be imported
            return dynamic.ReadResult(id_="", outs={})
        _read_last.add(props.get(properties.URN))
        wish, held = TokenProperties.model_validate(props), StoredToken.model_validate(props)
        with connected_to(wish.address, _row(props).progress) as client:
            status = _tokens(client, wish, _series(id_), props).look(held)
        if status is not TokenStatus.LIVE:
            _row(props).warn(f'the stored token {status.reason}; "pulumi up" mints a new one')
        outs = _outs(wish, props, held.model_copy(update={"status": status}))
        return dynamic.ReadResult(id_, outs, _normal(wish, props))


class ServiceAccountToken(dynamic.Resource, module="cks", name="ServiceAccountToken"):
    """A stored token of one service account; it is secret wherever it lies."""

    server: pulumi.Output[str]
    """The cluster's managed server."""
    cluster_id: pulumi.Output[str]
    """The cluster's UUID."""
    namespace: pulumi.Output[str]
    """The service account's."""
    service_account: pulumi.Output[str]
    """Its name."""
    lifetime_seconds: pulumi.Output[int]
    """The life that was asked for."""
    renew_before_seconds: pulumi.Output[int]
    """How long before its end an update replaces the token."""
    account_uid: pulumi.Output[str]
    """The uid of the service account."""
    token: pulumi.Output[str]
    """The bearer token, for the unmanaged endpoint."""
    expires_at: pulumi.Output[str]
    """When it expires (RFC 3339), whatever was asked for."""
    granted_seconds: pulumi.Output[int]
    """The life that the cluster granted."""
    generation: pulumi.Output[int]
    """Counts the rotations, from 1."""
    status: pulumi.Output[str]
    """What the token was good for when it was last looked at: "live", or why not."""
    secret_name: pulumi.Output[str]
    """The Secret that the token is bound to; deleting it revokes the token."""
    secret_uid: pulumi.Output[str]
    """Its uid."""
    former_secret_name: pulumi.Output[str]
    """The Secret of the generation before, which is valid until the next rotation."""
    former_secret_uid: pulumi.Output[str]
    """Its uid."""

    def __init__(
        self,
        name: str,
        args: ServiceAccountTokenArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        argument_types.require(argument_types.of_kind("args", args, ServiceAccountTokenArgs))
        rule_check.refuse_odd(args.context)
        argument_types.require(
            argument_types.seconds("lifetime_seconds", args.lifetime_seconds),
            argument_types.seconds("renew_before_seconds", args.renew_before_seconds),
        )
        names = [f.name for f in fields(args) if f.name != "context"]
        props = {name: value for name in names if (value := getattr(args, name)) is not None}
        props[properties.URN] = urn_of(TYPE_TOKEN, name, opts)
        if args.context != BARE:
            props[properties.CONTEXT] = asdict(args.context)
        secret = pulumi.ResourceOptions(additional_secret_outputs=[_TOKEN])
        super().__init__(
            ServiceAccountTokenProvider(),
            name,
            props | dict.fromkeys(StoredToken.model_fields),
            pulumi.ResourceOptions.merge(opts, secret),
        )


def _why(olds: Mapping[str, Any], wish: TokenProperties, now: datetime | None) -> str:
    """Why a token is to be minted, as the preview says it; empty to keep the present one.

    Without a time the clock is no reason.
    """
    if _TOKEN not in olds:
        return ""
    held, old = StoredToken.model_validate(olds), TokenProperties.model_validate(olds)
    if held.status is not TokenStatus.LIVE:
        return f'the stored token {held.status.reason}; "pulumi up" replaces it'
    due = None if now is None else wish.renewal(held, now)
    if due is not None and due.is_due:
        return due.text
    if old.lifetime_seconds != wish.lifetime_seconds:
        return 'the lifetime of the stored token was changed; "pulumi up" replaces the token'
    return ""


def _tokens(
    client: Any, wish: TokenProperties, series: str, props: Mapping[str, Any]
) -> TokenLifecycle:
    return TokenLifecycle(
        client,
        wish.terms,
        owner=f"{props.get(properties.URN)}\n{wish.cluster_id}",
        series=series,
        now=lambda: datetime.now(UTC),
        report=_row(props),
    )


def _series(id_: str) -> str:
    return id_.rpartition("/")[2]


def _outs(wish: TokenProperties, props: Mapping[str, Any], held: StoredToken) -> dict[str, Any]:
    """The outputs; the token leaves this process in no other way, so it is secret in every state."""
    wrapped = rpc.wrap_rpc_secret(held.token)
    return _normal(wish, props) | held.model_dump(mode="json") | {_TOKEN: wrapped}


def _normal(wish: TokenProperties, props: Mapping[str, Any]) -> dict[str, Any]:
    hidden = {k: v for k, v in props.items() if k.startswith(properties.HIDDEN)}
    return wish.model_dump(mode="json", exclude_defaults=True) | hidden


def _row(props: Mapping[str, Any]) -> ResourceLog:
    return ResourceLog(props.get(properties.URN))
