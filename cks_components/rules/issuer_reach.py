"""Rules for the issuer's address: the control plane fetches the issuer's keys from there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address

from cks_components.api.urls import host_of, parts_of
from cks_components.rules.judged_block import JudgedBlock, at
from cks_components.rules.rule import ERROR_IN_PRODUCTION, Rule, Violation

_PRIVATE_DOMAINS = (
    "local",
    "localdomain",
    "internal",
    "intranet",
    "private",
    "corp",
    "home",
    "lan",
    "home.arpa",
    "svc",
    "test",
    "invalid",
)
"""Names that public DNS never has: RFC 2606, 6761, 6762 and 8375, what ICANN keeps back, and
Kubernetes' own."""
_THIS_MACHINE = ("localhost", "localtest.me", "lvh.me", "vcap.me")
"""Names that mean 127.0.0.1."""
_WILDCARD_DNS = re.compile(r"(?:.*[.-])?(\d+)[.-](\d+)[.-](\d+)[.-](\d+)\.(?:nip|sslip|xip)\.io")
"""Public names that mean the IPv4 address in them."""
_DEVELOPMENT_PORTS = {
    3000,
    3001,
    4200,
    4444,
    5000,
    5001,
    5173,
    5554,
    5555,
    5556,
    5557,
    8000,
    8001,
    8080,
    8081,
    8088,
    8180,
    8888,
    9000,
    9001,
    9080,
    18080,
}
"""Defaults of servers that somebody starts on a laptop, such as Dex (5556) and Keycloak (8080)."""
_NODE_PORTS = range(30000, 32768)
_FIRST_EPHEMERAL_PORT = 32768


def _reachable(judged: JudgedBlock) -> Iterator[Violation]:
    url = judged.oidc.issuer_url
    why = _unreachable_host(host_of(url).rstrip("."))
    if why:
        yield at(
            "issuer_url",
            f"{why}, so the control plane, which has to read the issuer's keys, cannot reach it and "
            "every log-in fails; give the issuer a public address, put a public broker in front of "
            "it, or waive OIDC-27 if the control plane can reach it",
        )
        return
    parts = parts_of(url)
    port = parts.port if parts else None
    if port and (
        port in _DEVELOPMENT_PORTS or port in _NODE_PORTS or port >= _FIRST_EPHEMERAL_PORT
    ):
        yield at(
            "issuer_url",
            f"has the port {port}, which usually only a laptop or a private network can reach, but "
            "the control plane has to read the issuer's keys there; serve the issuer on 443, or "
            "waive OIDC-27 if the control plane can reach the port",
        )


def _unreachable_host(host: str) -> str:
    """Why a host is none that the control plane reaches; empty if nothing is known against it."""
    if not host:
        return ""
    address = _address(host)
    if address is not None:
        return "" if address.is_global else f'"{host}" is a private or reserved address'
    if _is_below(host, _THIS_MACHINE):
        return f'"{host}" means whichever machine asks for it'
    if "." not in host:
        return f'"{host}" is a name without a domain, which only one network knows'
    if _is_below(host, _PRIVATE_DOMAINS):
        return f'"{host}" is a name that public DNS does not have'
    return ""


def _is_below(host: str, domains: Iterable[str]) -> bool:
    return any(f".{host}".endswith(f".{domain}") for domain in domains)


def _address(host: str) -> IPv4Address | IPv6Address | None:
    embedded = _WILDCARD_DNS.fullmatch(host)
    try:
        return ip_address(".".join(embedded.groups()) if embedded else host)
    except ValueError:
        return None


RULES: tuple[Rule[JudgedBlock], ...] = (
    Rule(
        "OIDC-27",
        "the control plane can reach the issuer: no private address, no name without a public "
        "domain, no port of a development server",
        ERROR_IN_PRODUCTION,
        _reachable,
    ),
)
