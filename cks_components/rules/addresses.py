"""Rules for the addresses of a cluster's servers, to which tokens are sent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from cks_components.api.environment import may_carry_a_token
from cks_components.api.urls import parts_of
from cks_components.kubernetes.kubeconfig import managed_server
from cks_components.rules import certificate_authority
from cks_components.rules.rule import ERROR, WARNING, Rule, Violation

_ENDPOINT, _SERVERS = "endpoint", "servers"
_PROXY, _NAME, _CA = "proxyUrl", "tlsServerName", "certificateAuthority"
_HOST_NAME = re.compile(
    r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*"
)


@dataclass(frozen=True, kw_only=True)
class JudgedAddresses:
    """The addresses in a cluster's entry.

    Attributes:
        given: the texts of each key by their paths below the cluster, such as `proxyUrl.managed`.
        now: the time at which certificates must still be valid.
    """

    given: Mapping[str, Mapping[str, str]]
    now: datetime

    @classmethod
    def of_texts(cls, texts: Mapping[str, str], now: datetime) -> JudgedAddresses:
        """The addresses from each text by its path."""
        given: dict[str, dict[str, str]] = {}
        for path, text in texts.items():
            given.setdefault(path.partition(".")[0], {})[path] = text
        return cls(given=given, now=now)

    def of(self, key: str) -> Iterator[tuple[str, str]]:
        """Yield the path and text of each value of a key; empty texts are skipped."""
        for path, text in self.given.get(key, {}).items():
            if text:
                yield path, text


def _server(judged: JudgedAddresses) -> Iterator[Violation]:
    for path, url in judged.of(_SERVERS):
        if not may_carry_a_token(url) or any(map(str.isspace, url)):
            yield Violation(
                path,
                "must be an https URL with a host and no user (plain http is accepted for loopback "
                "addresses only), because tokens are sent there; write one such as "
                "https://train.tailnet.example",
            )


def _endpoint(judged: JudgedAddresses) -> Iterator[Violation]:
    for path, endpoint in judged.of(_ENDPOINT):
        parts = parts_of(managed_server(endpoint))
        if (
            parts is None
            or "@" in parts.netloc
            or any(parts[2:])
            or not _HOST_NAME.fullmatch(parts.hostname or "")
        ):
            yield Violation(
                path,
                "must be the cluster's apiServerEndpoint, a host name without a path, such as "
                "cw1234-4efb7af2.k8s.us-east-04a.coreweave.com; leave it out, and it is read from "
                "the cluster",
            )


def _proxy(judged: JudgedAddresses) -> Iterator[Violation]:
    for path, url in judged.of(_PROXY):
        is_ours = path in (_PROXY, f"{_PROXY}.managed")
        schemes = ("http", "https") if is_ours else ("http", "https", "socks5")
        parts = parts_of(url)
        if parts is None or not parts.hostname or parts.scheme not in schemes:
            yield Violation(
                path,
                f"must be the URL of a proxy ({', '.join(schemes)}); write one such as "
                "http://proxy.example:3128",
            )
        elif "@" in parts.netloc:
            yield Violation(
                path,
                "contains a user name or a password, which every kubeconfig would show; use a "
                "proxy that authenticates its users in another way",
            )


def _name(judged: JudgedAddresses) -> Iterator[Violation]:
    for path, name in judged.of(_NAME):
        if not _HOST_NAME.fullmatch(name):
            yield Violation(
                path,
                "must be a host name without a scheme or a port, exactly as in the certificate",
            )


def _has_certificate(judged: JudgedAddresses) -> Iterator[Violation]:
    for path, ca in judged.of(_CA):
        pem = ca if "-----BEGIN" in ca else ""  # unlike the API, kubeconfigs take no base64 of it
        for text in certificate_authority.nothing_in(pem, "server"):
            yield Violation(path, text)


def _expires_soon(judged: JudgedAddresses) -> Iterator[Violation]:
    for path, ca in judged.of(_CA):
        for text in certificate_authority.ending(
            ca, judged.now, "the cluster cannot be reached with it"
        ):
            yield Violation(path, text)


def _is_used(judged: JudgedAddresses) -> Iterator[Violation]:
    plain = [path.partition(".")[2] for path, url in judged.of(_SERVERS) if url.startswith("http:")]
    for key in (_NAME, _CA):
        for path, _ in judged.of(key):
            whose = path.partition(".")[2]
            if whose in plain or (not whose and {"managed", "unmanaged"} <= set(plain)):
                yield Violation(path, "has no effect, because the server is http; remove it")


RULES: tuple[Rule[JudgedAddresses], ...] = (
    Rule(
        "NET-01",
        "`servers` are https URLs, or http on loopback, without a user",
        ERROR,
        _server,
        is_waivable=False,
    ),
    Rule(
        "NET-02", "`proxyUrl` is a proxy's URL without a password", ERROR, _proxy, is_waivable=False
    ),
    Rule("NET-03", "`tlsServerName` is a host name", ERROR, _name, is_waivable=False),
    Rule(
        "NET-04",
        "`certificateAuthority` is PEM text with at least one certificate",
        ERROR,
        _has_certificate,
        is_waivable=False,
    ),
    Rule(
        "NET-04",
        "no certificate in `certificateAuthority` expires within 30 days",
        WARNING,
        _expires_soon,
    ),
    Rule(
        "NET-05",
        "`tlsServerName` and `certificateAuthority` are set only for an https server",
        WARNING,
        _is_used,
    ),
    Rule("NET-06", "`endpoint` is a host name", ERROR, _endpoint, is_waivable=False),
)
