"""Rules for the client id: it stands beside the issuer, and is the audience of ID tokens."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cks_components.api.models import OidcConfig
from cks_components.api.urls import path_of
from cks_components.identity.preset import GUID
from cks_components.rules.judged_block import JudgedBlock, at
from cks_components.rules.rule import ERROR, WARNING, Rule, Violation

_SEPARATOR = re.compile(r"[\s,]")
_GUID_INSIDE = re.compile(f"(?i){GUID.pattern}")


def _certain_form(judged: JudgedBlock) -> Iterator[Violation]:
    yield from _wrong_form(judged, is_certain=True)


def _usual_form(judged: JudgedBlock) -> Iterator[Violation]:
    yield from _wrong_form(judged, is_certain=False)


def _wrong_form(judged: JudgedBlock, *, is_certain: bool) -> Iterator[Violation]:
    client, form = judged.oidc.client_id, judged.preset.client_ids
    if client is None or form is None or form.is_certain is not is_certain:
        return
    is_reported_already = client != client.strip()
    if not is_reported_already and not form.pattern.fullmatch(client):
        inside = _GUID_INSIDE.search(client) if form.pattern is GUID else None
        instead = f'"{inside[0].lower()}"' if inside else "that id"
        yield at(
            "client_id",
            f'"{client}" is not what ID tokens of {judged.preset.title} have as their audience, '
            f"which is {form.what}; write {instead}",
        )


def _tenant(judged: JudgedBlock) -> Iterator[Violation]:
    client, tenant = (judged.oidc.client_id or "").lower(), path_of(judged.oidc.issuer_url)
    if judged.preset.provider == "entra" and client and client in tenant.lower().split("/"):
        yield at(
            "client_id",
            f'"{judged.oidc.client_id}" is the id of the tenant in issuerUrl; write the '
            "application (client) id of the registration",
        )


def _issuer_and_client(judged: JudgedBlock) -> Iterator[Violation]:
    for leaf in OidcConfig.essential:
        if getattr(judged.oidc, leaf) is None:
            yield at(
                leaf,
                "is missing; the API accepts a block without it, but kube-apiserver does not: "
                "write both the issuer and the client id",
            )
    client = judged.oidc.client_id or ""
    if client != client.strip():
        yield at("client_id", "has a leading or trailing space; remove it")


def _several(judged: JudgedBlock) -> Iterator[Violation]:
    client = (judged.oidc.client_id or "").strip()
    if judged.preset.client_ids is None and _SEPARATOR.search(client):
        yield at(
            "client_id",
            f'"{client}" is read as one client id, because a cluster accepts one audience; write '
            "one client id",
        )


RULES: tuple[Rule[JudgedBlock], ...] = (
    Rule(
        "OIDC-25",
        "`clientId` has the form of the provider's client ids (Entra: a GUID in lower case, without "
        "`api://` or `spn:`)",
        ERROR,
        _certain_form,
    ),
    Rule(
        "OIDC-25",
        "the same, where tokens with another audience exist (Google, Entra's v1 tokens)",
        WARNING,
        _usual_form,
    ),
    Rule("OIDC-25", "`clientId` is not the id of the tenant (Entra)", ERROR, _tenant),
    Rule(
        "OIDC-05",
        "issuer and client are both set, the client without leading or trailing spaces",
        ERROR,
        _issuer_and_client,
        is_waivable=False,
    ),
    Rule("OIDC-05", "there is one client id", WARNING, _several),
)
