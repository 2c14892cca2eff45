"""Arguments in other languages are those of Python, under their names there."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta

import pytest

from cks_components.cluster_access_arguments import ClusterAccessArgs, Identity
from cks_components.cluster_oidc import OidcConfig
from cks_components.component_provider import arguments
from cks_components.component_provider.arguments import Argument, Webhooks
from cks_components.components.pipeline import TokenTerms
from cks_components.custom_roles import CustomRole


def given(kind: type) -> dict[str, Argument]:
    return {argument.key: argument for argument in arguments.of_class(kind)}


def test_a_name_of_several_words_is_written_in_camel_case() -> None:
    assert arguments.in_camel_case("update_timeout_seconds") == "updateTimeoutSeconds"
    assert arguments.in_camel_case("label") == "label"


def test_the_component_has_every_argument_of_python_but_those_of_a_stack_file() -> None:
    names = {argument.name for argument in arguments.of_component()}

    assert {f.name for f in fields(ClusterAccessArgs)} - names == {"former", "is_judged", "naming"}


@pytest.mark.parametrize(
    ("key", "kind", "takes_outputs"),
    [
        ("clientSecret", str, True),
        ("adopt", bool, True),
        ("updateTimeoutSeconds", float, True),
        ("scopes", list, True),
        ("oidc", OidcConfig, False),
    ],
)
def test_the_type_is_that_of_the_annotation(key: str, kind: type, takes_outputs: bool) -> None:
    argument = given(Identity)[key]

    assert (argument.type.kind, argument.type.takes_outputs) == (kind, takes_outputs)


def test_entries_have_a_type_and_choices_are_told() -> None:
    role = given(CustomRole)

    assert role["rules"].type.items is not None
    assert role["extends"].type.choices == ("view", "edit", "admin")
    assert given(TokenTerms)["lifetime"].type.kind is timedelta


def test_what_has_no_default_is_required_and_a_client_secret_is_secret() -> None:
    identity = given(Identity)

    assert [key for key, argument in identity.items() if argument.is_required] == ["oidc"]
    assert [key for key, argument in identity.items() if argument.is_secret] == ["clientSecret"]


def test_a_description_is_the_docstring_s_on_one_line_or_that_of_the_block_s_leaf() -> None:
    assert given(Identity)["scopes"].description == (
        "the scopes that a login requests in addition to `openid`; OIDC-26 judges them if they and "
        "the block are plain."
    )
    assert given(OidcConfig)["clientId"].description == "Must be in the token's `aud`."
    assert given(OidcConfig)["ca"].description == "PEM text, or base64 of it."


def test_a_webhook_is_written_by_its_kind() -> None:
    hook = given(Webhooks)["authorization"].type.kind

    assert given(hook)["webhook"].type.kind.__name__ == "AuthorizationWebhook"
    assert all(argument.description for argument in given(hook).values())
