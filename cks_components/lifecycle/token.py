"""The life of one stored token of a service account: mint, rotate with overlap, check, revoke.

Each generation is bound to a Secret of its own, so that deleting that Secret revokes it and
nothing else. Independent of Pulumi. A token is deleted only after its replacement was minted, and
the previous generation stays valid until the next rotation.
"""

from __future__ import annotations

import contextlib
import hashlib
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field

from cks_components.api.errors import CksError, ForbiddenError, SettingsError
from cks_components.kubernetes.answers import Minted, Secret
from cks_components.kubernetes.client import KubernetesClient
from cks_components.kubernetes.labels import MANAGED_BY
from cks_components.kubernetes.nearest_name import nearest
from cks_components.lifecycle.token_renewal import (
    TokenStatus,
    duration_in_words,
    renewal_window,
    token_status,
)

_OWNER = "cks-access/owner"
_LONGEST_STEM = 40


def secret_stem(account: str) -> str:
    """How the names begin of the Secrets that the stored tokens of a service account are bound to."""
    return f"{account[:_LONGEST_STEM].rstrip('-.')}-"


class Report(Protocol):
    """Where warnings are shown."""

    def warn(self, text: str) -> None:
        """Keep a warning."""


class StoredToken(BaseModel):
    """A token and what it depends on; the names lie in the state of every stack and never change."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", hide_input_in_errors=True, defer_build=True
    )

    token: str = Field(repr=False, description="The bearer token.")
    expires_at: datetime = Field(description="When it expires, as the server granted it.")
    granted_seconds: int = Field(description="The life that the server granted.")
    generation: int = Field(description="Counts the rotations, from 1.")
    status: TokenStatus = Field(description="The token's status when it was last checked.")
    account_uid: str = Field(description="The uid of the service account.")
    secret_name: str = Field(description="The Secret that the token is bound to.")
    secret_uid: str
    former_secret_name: str = Field("", description="The Secret of the generation before.")
    former_secret_uid: str = ""

    @property
    def minted_at(self) -> datetime:
        """When, by the server's clock."""
        return self.expires_at - timedelta(seconds=self.granted_seconds)

    @property
    def secret(self) -> Secret:
        """The Secret that the token is bound to."""
        return Secret(self.secret_name, self.secret_uid)

    @property
    def former(self) -> Secret:
        """The Secret of the previous token; an empty name means none."""
        return Secret(self.former_secret_name, self.former_secret_uid)


@dataclass(frozen=True, kw_only=True)
class TokenRequest:
    """The account of a token, and the token's lifetime."""

    namespace: str
    account: str
    lifetime: timedelta
    renew_before: timedelta


class TokenLifecycle:
    """The tokens of one service account that one resource manages.

    Args:
        client: a client of the cluster's managed server.
        terms: the account and the lifetime.
        owner: names the resource; its Secrets carry a digest of it and of the account.
        series: distinguishes a resource from its successor of the same name.
        now: a clock.
        report: gets warnings about what differs from the request.
    """

    def __init__(
        self,
        client: KubernetesClient,
        terms: TokenRequest,
        *,
        owner: str,
        series: str,
        now: Callable[[], datetime],
        report: Report,
    ) -> None:
        self._client = client
        self._terms = terms
        text = "\n".join([owner, terms.namespace, terms.account])
        self._owner = hashlib.sha256(text.encode()).hexdigest()[:16]
        self._stem = f"{secret_stem(terms.account)}{series}-"
        self._now = now
        self._report = report

    def first(self) -> StoredToken:
        """Mint the first generation.

        Raises:
            SettingsError: there is no such service account.
        """
        return self._mint(1, Secret("", ""))

    def rotate(self, held: StoredToken) -> StoredToken:
        """Mint the next generation, keep the present one, and delete everything older.

        Secrets that a crash left behind, and that are in no state, are deleted as well.

        Raises:
            SettingsError: the service account is gone.
        """
        now = self._now()
        is_usable = held.status is TokenStatus.LIVE and now < held.expires_at
        renewed = self._mint(held.generation + 1, held.secret if is_usable else Secret("", ""))
        kept = {renewed.secret, renewed.former}
        for secret in self._all(held):
            if secret not in kept:
                self._client.delete_secret(self._terms.namespace, secret)
        return renewed

    def look(self, held: StoredToken) -> TokenStatus:
        """Ask the cluster for the present status of a token."""
        namespace = self._terms.namespace
        found = token_status(
            self._now(),
            held.expires_at,
            has_account=self._client.account_uid(namespace, self._terms.account)
            == held.account_uid,
            has_secret=self._client.secret_uid(namespace, held.secret_name) == held.secret_uid,
        )
        if found is not TokenStatus.LIVE:
            return found
        try:
            review = self._client.review(held.token)
        except ForbiddenError:  # the account and the Secret exist, which is all we can know
            return found
        return TokenStatus.REFUSED if review.reason else TokenStatus.LIVE

    def revoke(self, held: StoredToken) -> None:
        """Delete the Secrets of this series and so all its tokens; a missing one is a success.

        Older Secrets, which a killed create left, are deleted too. Younger ones belong to a
        successor and are kept.
        """
        for secret in self._all(held):
            is_known = secret in (held.secret, held.former)
            is_older = secret.made_at is not None and secret.made_at < held.minted_at
            if is_known or is_older or secret.name.startswith(self._stem):
                self._client.delete_secret(self._terms.namespace, secret)

    def _all(self, held: StoredToken) -> set[Secret]:
        label = f"{_OWNER}={self._owner}"
        listed = self._client.secrets(self._terms.namespace, label=label)
        return {s for s in (*listed, held.secret, held.former) if s.name}

    def _mint(self, generation: int, former: Secret) -> StoredToken:
        terms = self._terms
        uid = existing_account(self._client, terms.namespace, terms.account)
        secret = self._client.create_secret(
            terms.namespace,
            f"{self._stem}{generation}-{secrets.token_hex(3)}",
            labels=MANAGED_BY | {_OWNER: self._owner},
        )
        minted = self._minted(secret)
        self._compare(minted)
        return StoredToken(
            token=minted.token,
            expires_at=minted.expires_at,
            granted_seconds=minted.lifetime_seconds,
            generation=generation,
            status=TokenStatus.LIVE,
            account_uid=uid,
            secret_name=secret.name,
            secret_uid=secret.uid,
            former_secret_name=former.name,
            former_secret_uid=former.uid,
        )

    def _minted(self, secret: Secret) -> Minted:
        terms = self._terms
        try:
            return self._client.mint(
                terms.namespace,
                terms.account,
                lifetime_seconds=int(terms.lifetime.total_seconds()),
                bound_to=secret,
            )
        except CksError:
            # No token is bound to it. If it is not deleted here, the next rotation deletes it.
            with contextlib.suppress(CksError):
                self._client.delete_secret(terms.namespace, secret)
            raise

    def _compare(self, minted: Minted) -> None:
        granted, asked = timedelta(seconds=minted.lifetime_seconds), self._terms.lifetime
        if granted >= asked:
            return
        before = renewal_window(asked, self._terms.renew_before, granted)
        self._report.warn(
            f"the cluster granted a token for {duration_in_words(granted)} instead of the "
            f"{duration_in_words(asked)} asked for, so it is renewed {duration_in_words(before)} "
            "before it expires; write the shorter lifetime"
        )


def existing_account(client: KubernetesClient, namespace: str, name: str) -> str:
    """The uid of a service account.

    Raises:
        SettingsError: there is no such account; the message names the nearest.
    """
    uid = client.account_uid(namespace, name)
    if uid is not None:
        return uid
    what, given, known = (
        f'service account "{name}"',
        name,
        _names(lambda: client.accounts(namespace)),
    )
    namespaces = [] if known else _names(client.namespaces)
    if namespaces and namespace not in namespaces:
        what, given, known = f'namespace "{namespace}"', namespace, namespaces
    raise SettingsError(
        [
            f"cannot mint a token of service account {namespace}/{name}: there is no {what}"
            f'{nearest(given, known)}; correct the name, or create it first ("pulumi up")'
        ]
    )


def _names(listed: Callable[[], Iterable[str]]) -> list[str]:
    """Names for a message; a failure here must not hide that message."""
    try:
        return list(listed())
    except ForbiddenError:
        return []
