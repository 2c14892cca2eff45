"""ServiceAccountToken: a stored token of a service account that expires, rotates and is revoked.

Use it only if a token must be stored: `cks-access token` mints one when it is needed and stores
nothing. The state of every stack holds the module path, the class names, the type token and the
property names, so they never change.
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
from cks_components.api.environment import may_carry_a_token, shown
from cks_components.engine import argument_types, properties
from cks_components.engine.dynamic_provider import Provider, malformed
from cks_components.engine.progress import ResourceLog
from cks_components.engine.provider_call import connected_to
from cks_components.engine.resource_names import urn_of
from cks_components.kubernetes.address import Address
from cks_components.lifecycle.token import StoredToken, TokenLifecycle, TokenRequest
from cks_components.lifecycle.token_renewal import Renewal, TokenStatus, renewal, renewal_window
from cks_components.rules import BARE, Context, Level

TYPE_TOKEN = "pulumi-python:dynamic/cks:ServiceAccountToken"  # noqa: S105 - a type, not a secret
_TOKEN = "token"  # noqa: S105 - the property's name
_read_last: set[object] = set()
"""The URNs that this process has read and not checked since.

A refresh calls diff to find drift. The engine does not tell diff that this is a refresh, but a
refresh calls read first, and an update calls check first. A token that is due has not drifted:
without this set, a nightly drift check would fail during the whole renewal window.
"""
_IDENTITY = ("cluster_id", "namespace", "service_account")


class TokenProperties(BaseModel):
    """The inputs; the state of every stack holds the names, so they never change."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", hide_input_in_errors=True, defer_build=True
    )

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
        """The address of the managed server."""
        return Address(**{f.name: getattr(self, f.name) for f in fields(Address)})

    @property
    def title(self) -> str:
        """The token as messages name it."""
        return f"the stored token of service account {self.namespace}/{self.service_account}"

    @property
    def terms(self) -> TokenRequest:
        """The service account, and the lifetime of its token."""
        return TokenRequest(
            namespace=self.namespace,
            account=self.service_account,
            lifetime=timedelta(seconds=self.lifetime_seconds),
            renew_before=timedelta(seconds=self.renew_before_seconds),
        )

    def renewal(self, held: StoredToken, now: datetime) -> Renewal:
        """Whether a token has to be replaced now, by these terms."""
        terms = self.terms
        granted = timedelta(seconds=held.granted_seconds)
        return renewal(
            now, held.expires_at, renewal_window(terms.lifetime, terms.renew_before, granted)
        )


@dataclass(frozen=True, kw_only=True)
class ServiceAccountTokenArgs:
    """The service account, and the lifetime of its token.

    Attributes:
        server: the cluster's managed server, an https URL.
        cluster_id: the cluster's UUID; another value here, or in the next two, replaces the resource.
        namespace: the namespace of the service account.
        service_account: its name; it must exist.
        lifetime_seconds: the lifetime to request; if the cluster grants less, a message says so.
        renew_before_seconds: how long before it expires an update replaces the token.
        context: how strict the rules are; a stack passes its own.
        proxy_url: this and the next two say how to reach the server, as in `Address`.
        is_judged: True if the caller has already reported the rules' warnings.
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
    is_judged: bool = False


class ServiceAccountTokenProvider(Provider):
    """Manages one stored token. diff and update read the clock, which is never an input."""

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> dynamic.CheckResult:
        """Normalise the inputs once they are known, and report every broken rule at once."""
        _read_last.discard(news.get(properties.URN))
        if properties.is_unknown(news):
            return dynamic.CheckResult(dict(news), [])
        try:
            wanted = TokenProperties.model_validate(news)
        except ValidationError as error:
            wrong = [dynamic.CheckFailure("", text) for text in malformed(error)]
            return dynamic.CheckResult(dict(news), wrong)
        context = Context(**news[properties.CONTEXT]) if properties.CONTEXT in news else BARE
        terms = wanted.terms
        found = rules.token_findings(terms.lifetime, terms.renew_before, context)
        failures = [dynamic.CheckFailure("", str(f)) for f in found if f.refuses]
        if not may_carry_a_token(wanted.server):
            text = (
                f'server: "{shown(wanted.server)}" does not begin with https; write the URL of the '
                "cluster's managed server"
            )
            failures.append(dynamic.CheckFailure("", text))
        for finding in found:
            if finding.level is Level.WARNING and not news.get(properties.JUDGED):
                _row(news).warn(str(finding))
        return dynamic.CheckResult(_normal(wanted, news), failures)

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> dynamic.DiffResult:
        """Compare the inputs, and read the clock: a token that is due for renewal is a change.

        In a refresh it is not, because only time has passed.
        """
        replaces = [key for key in _IDENTITY if properties.differs(_olds.get(key), _news.get(key))]
        if properties.is_unknown(_news):
            return dynamic.DiffResult(changes=True, replaces=replaces)
        is_refresh = _news.get(properties.URN) in _read_last
        now = None if is_refresh else datetime.now(UTC)
        reason = _rotation_reason(_olds, TokenProperties.model_validate(_news), now)
        if reason and not is_refresh:
            _row(_news).note(reason)
        is_other = TokenProperties.model_validate(_olds) != TokenProperties.model_validate(_news)
        return dynamic.DiffResult(
            changes=bool(reason) or is_other, replaces=replaces, delete_before_replace=False
        )

    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        """Mint the first generation."""
        wanted, series = TokenProperties.model_validate(props), secrets.token_hex(3)
        with connected_to(wanted.address, _row(props).progress) as client:
            held = _tokens(client, wanted, series, props).first()
        id_ = f"{wanted.namespace}/{wanted.service_account}/{series}"
        return dynamic.CreateResult(id_, _outs(wanted, props, held))

    def update(
        self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]
    ) -> dynamic.UpdateResult:
        """Rotate if the token is due, no longer works, or should have another lifetime."""
        wanted, held = TokenProperties.model_validate(_news), StoredToken.model_validate(_olds)
        if _rotation_reason(_olds, wanted, datetime.now(UTC)):
            with connected_to(wanted.address, _row(_news).progress) as client:
                held = _tokens(client, wanted, _series(_id), _news).rotate(held)
        return dynamic.UpdateResult(_outs(wanted, _news, held))

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Revoke every generation; one that is already gone is a success."""
        wanted = TokenProperties.model_validate(_props)
        with connected_to(wanted.address, _row(_props).progress) as client:
            tokens = _tokens(client, wanted, _series(_id), _props)
            tokens.revoke(StoredToken.model_validate(_props))

    def read(self, id_: str, props: dict[str, Any]) -> dynamic.ReadResult:
        """Read the token's status; the next update replaces a token that is not live."""
        if _TOKEN not in props:  # a token is shown only when it is minted, so it cannot be imported
            return dynamic.ReadResult(id_="", outs={})
        _read_last.add(props.get(properties.URN))
        wanted, held = TokenProperties.model_validate(props), StoredToken.model_validate(props)
        with connected_to(wanted.address, _row(props).progress) as client:
            status = _tokens(client, wanted, _series(id_), props).look(held)
        if status is not TokenStatus.LIVE:
            _row(props).warn(f'{wanted.title} {status.reason}; "pulumi up" mints a new one')
        outs = _outs(wanted, props, held.model_copy(update={"status": status}))
        return dynamic.ReadResult(id_, outs, _normal(wanted, props))


class ServiceAccountToken(dynamic.Resource, module="cks", name="ServiceAccountToken"):
    """A stored token of one service account; it is secret everywhere."""

    server: pulumi.Output[str]
    """The cluster's managed server."""
    cluster_id: pulumi.Output[str]
    """The cluster's UUID."""
    namespace: pulumi.Output[str]
    """The namespace of the service account."""
    service_account: pulumi.Output[str]
    """Its name."""
    lifetime_seconds: pulumi.Output[int]
    """The lifetime that was requested."""
    renew_before_seconds: pulumi.Output[int]
    """How long before it expires an update replaces the token."""
    account_uid: pulumi.Output[str]
    """The uid of the service account."""
    token: pulumi.Output[str]
    """The bearer token, for the unmanaged endpoint."""
    expires_at: pulumi.Output[str]
    """When it really expires (RFC 3339)."""
    granted_seconds: pulumi.Output[int]
    """The lifetime that the cluster granted."""
    generation: pulumi.Output[int]
    """Counts the rotations, from 1."""
    status: pulumi.Output[str]
    """The token's status when it was last read: "live", or why it does not work."""
    secret_name: pulumi.Output[str]
    """The Secret that the token is bound to; deleting it revokes the token."""
    secret_uid: pulumi.Output[str]
    """Its uid."""
    former_secret_name: pulumi.Output[str]
    """The Secret of the previous generation, whose token is valid until the next rotation."""
    former_secret_uid: pulumi.Output[str]
    """Its uid."""

    def __init__(
        self,
        name: str,
        args: ServiceAccountTokenArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        argument_types.require(argument_types.of_kind("args", args, ServiceAccountTokenArgs))
        argument_types.refuse_odd_context(args.context)
        needed = ("server", "cluster_id", "namespace", "service_account")
        optional = ("proxy_url", "tls_server_name", "certificate_authority")
        argument_types.require(
            *(argument_types.text(name, getattr(args, name)) for name in needed),
            *(argument_types.optional_text(name, getattr(args, name)) for name in optional),
            argument_types.seconds("lifetime_seconds", args.lifetime_seconds),
            argument_types.seconds("renew_before_seconds", args.renew_before_seconds),
        )
        names = [f.name for f in fields(args) if f.name not in ("context", "is_judged")]
        props = {name: value for name in names if (value := getattr(args, name)) is not None}
        props[properties.URN] = urn_of(TYPE_TOKEN, name, opts)
        if args.context != BARE:
            props[properties.CONTEXT] = asdict(args.context)
        if args.is_judged:
            props[properties.JUDGED] = True
        secret = pulumi.ResourceOptions(additional_secret_outputs=[_TOKEN])
        super().__init__(
            ServiceAccountTokenProvider(),
            name,
            props | dict.fromkeys(StoredToken.model_fields),
            pulumi.ResourceOptions.merge(opts, secret),
        )


def _rotation_reason(olds: Mapping[str, Any], wanted: TokenProperties, now: datetime | None) -> str:
    """Why the token has to be rotated, as the preview shows it; empty to keep the present one.

    Without a time, its expiry is not considered.
    """
    if _TOKEN not in olds:
        return ""
    held, old = StoredToken.model_validate(olds), TokenProperties.model_validate(olds)
    if held.status is not TokenStatus.LIVE:
        return f'{wanted.title} {held.status.reason}; "pulumi up" replaces it'
    due = None if now is None else wanted.renewal(held, now)
    if due is not None and due.is_due:
        return due.text
    if old.lifetime_seconds != wanted.lifetime_seconds:
        return f'the lifetime of {wanted.title} was changed; "pulumi up" replaces it'
    return ""


def _tokens(
    client: Any, wanted: TokenProperties, series: str, props: Mapping[str, Any]
) -> TokenLifecycle:
    return TokenLifecycle(
        client,
        wanted.terms,
        owner=f"{props.get(properties.URN)}\n{wanted.cluster_id}",
        series=series,
        now=lambda: datetime.now(UTC),
        report=_row(props),
    )


def _series(id_: str) -> str:
    return id_.rpartition("/")[2]


def _outs(wanted: TokenProperties, props: Mapping[str, Any], held: StoredToken) -> dict[str, Any]:
    """The outputs, with the token marked as secret; it leaves this process in no other way."""
    wrapped = rpc.wrap_rpc_secret(held.token)
    return _normal(wanted, props) | held.model_dump(mode="json") | {_TOKEN: wrapped}


def _normal(wanted: TokenProperties, props: Mapping[str, Any]) -> dict[str, Any]:
    hidden = {k: v for k, v in props.items() if k.startswith(properties.HIDDEN)}
    return wanted.model_dump(mode="json", exclude_defaults=True) | hidden


def _row(props: Mapping[str, Any]) -> ResourceLog:
    return ResourceLog(props.get(properties.URN))
