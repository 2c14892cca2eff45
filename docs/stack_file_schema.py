"""The JSON Schema of a stack file, by which an editor completes and checks keys.

It follows from the model of the stack file. It says what is written where; what a value says is
judged by the rules (`cks-access check`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from cks_components.api.models import OidcConfig, Webhook
from cks_components.stack_file.reading import PROJECT
from cks_components.stack_file.settings import StackSettings

_DEFINITIONS = "definitions"
_POLICIES = {
    "adopt": "Whether a block that somebody else made is replaced, and restored on destroy.",
    "onDrift": "What an update does about a change that somebody else made: refuse it until a "
    "`pulumi refresh` has taken note of it, or overwrite it.",
    "onDelete": "What a destroy leaves: what was there before, no block, or the block as it is.",
}
_CA = "PEM text of the authority that signed the server's certificate; absent: the system's roots."
_ROLE = "The ClusterRole, such as view, edit, admin or one of your own; it must exist."
_PLACES = "Where the role holds; absent: in the whole cluster."
_ENTRIES = {
    "bindings": "People and groups, as the identity provider names them, and their roles.",
    "automation": "Pipelines: a service account each, by default without a stored token.",
    "webhooks": "Who else is asked about tokens and about rights.",
}
KEYS: dict[str, dict[str, str]] = {
    "config": {
        "environment": "How strict the rules are: docs/rules.md.",
        "identity": "The identity provider that the clusters trust; absent: their OIDC blocks are "
        "left alone.",
        "clusters": "The clusters, each by name or id.",
        **_ENTRIES,
        "kubeconfig": "What the entries of kubeconfigs are called.",
        "updateTimeout": "The limit for one change of a cluster, such as 20m, which is the default.",
        "waivers": "Rules that this stack breaks on purpose.",
    },
    "identity": {
        **{str(leaf.alias): str(leaf.description) for leaf in OidcConfig.model_fields.values()},
        **_POLICIES,
        "ca": _CA,
        "provider": "The preset, which knows the provider's scopes and rules: docs/providers.md.",
        "clientSecret": "Only for kubeconfigs, where the provider insists on one; set it with "
        "`pulumi config set --secret --path cks-access:identity.clientSecret`.",
        "extraScopes": "What people ask for beside openid and the preset's scopes.",
        "discovery": "What a preview does when the provider's discovery document cannot be read or "
        "says otherwise: warn, refuse (strict), or not look (off).",
    },
    "clusters": {
        "name": "The cluster's name, which exactly one cluster has; or write id.",
        "id": "The cluster's UUID; or write name.",
        "alias": "What outputs and kubeconfigs call the cluster; may be changed at any time.",
        "endpoint": "The cluster's apiServerEndpoint, pinned, so that a preview sends nothing.",
        "servers": "URLs in the place of the cluster's own names.",
        "proxyUrl": "The proxy, in the place of HTTPS_PROXY and NO_PROXY.",
        "tlsServerName": "The name that the server's certificate has.",
        "certificateAuthority": "PEM text in the place of the system's roots.",
        **{key: f"{said} In addition to the stack's." for key, said in _ENTRIES.items()},
        "webhooks": f"{_ENTRIES['webhooks']} In the place of the stack's.",
    },
    "servers": {
        "managed": "For operators, the Kubernetes provider, and every check and token.",
        "unmanaged": "For people.",
        "pipelines": "For pipelines; absent: as for people.",
    },
    "bindings": {
        "users": "Users, as the provider names them; the prefix is added.",
        "groups": "Groups, as the provider names them; the prefix is added.",
        "clusterRole": _ROLE,
        "namespaces": _PLACES,
    },
    "automation": {
        "name": "The service account's name; one of its own on each cluster.",
        "namespace": "The service account's namespace; it must exist, or createNamespace: true.",
        "createNamespace": "Whether the namespace is made.",
        "deleteNamespace": "Whether the namespace that was made is deleted when nothing is in it.",
        "clusterRole": _ROLE,
        "namespaces": _PLACES,
        "token": "A token that is stored, for those who must; a rule asks for 90 days at most.",
    },
    "token": {
        "lifetime": "How long the token lives, such as 30d; 10m at least.",
        "renewBefore": "How long before its end an update replaces it, such as 7d.",
    },
    "webhooks": {
        "authentication": "Who is asked about tokens that nobody else accepted (TokenReview).",
        "authorization": "Who is asked about requests beside RBAC (SubjectAccessReview).",
    },
    "authentication": {
        **{str(leaf.alias): str(leaf.description) for leaf in Webhook.model_fields.values()},
        **_POLICIES,
        "ca": _CA,
    },
    "kubeconfig": {
        "context": "The pattern of the contexts' names, of {stack}, {environment}, {cluster} and "
        "{kind}.",
    },
    "waivers": {
        "rule": "The rule's id, such as OIDC-10.",
        "reason": "Why it is broken here on purpose; it is shown with every preview.",
    },
}
"""What each key means, by the key below which it stands; of several keys with one kind of part below
them, by the first."""


def schema() -> str:
    """The schema of a whole file of a stack, with what else the engine keeps in it."""
    own = StackSettings.model_json_schema(
        schema_generator=_Schema, ref_template=f"#/{_DEFINITIONS}/{{model}}"
    )
    definitions: dict[str, Any] = own.pop("$defs")
    _finish("config", own, definitions, set())
    keys = "|".join(own["properties"])
    whole = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": f"A stack file of {PROJECT}",
        "description": "Made by `make docs` from the model of the stack file.",
        "type": "object",
        "required": ["config"],
        "properties": {
            "config": {
                "description": "The settings of the stack; those of other projects are their own.",
                "type": "object",
                "properties": {
                    f"{PROJECT}:{key}": _or_text(value) for key, value in own["properties"].items()
                },
                "patternProperties": {f"^({PROJECT}:)?(?!({keys})$)[^:]*$": False},
                "anyOf": [
                    {"required": [f"{project}{key}" for key in own["required"]]}
                    for project in (f"{PROJECT}:", "")  # the engine puts the project before
                ],
            }
        },
        _DEFINITIONS: definitions,
    }
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


class _Schema(GenerateJsonSchema):
    """The model's schema, as somebody writes a file: what is not wanted is left out."""

    def field_title_should_be_set(self, _schema: Any) -> bool:
        return False

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def str_schema(self, schema: core_schema.StringSchema) -> JsonSchemaValue:
        """A text, which the engine may have encrypted if any text will do."""
        text = super().str_schema(schema)
        if "pattern" in text:
            return text
        encrypted = {"secure": {"type": "string"}}
        return text | {
            "type": ["string", "object"],
            "properties": encrypted,
            "required": list(encrypted),
            "additionalProperties": False,
        }


def _or_text(value: dict[str, Any]) -> dict[str, Any]:
    """A setting as it is written, or as `pulumi config set` writes one: JSON in a text."""
    if value.get("type") != "array" and "$ref" not in value:
        return value
    described = {"description": value.pop("description")}
    return described | {"anyOf": [value, {"type": "string", "pattern": "^[\\[{]"}]}


def _finish(
    section: str, part: dict[str, Any], definitions: dict[str, Any], done: set[str]
) -> None:
    """Say what each key means, and leave out what an editor would only repeat."""
    part["title"] = section
    for key, value in part.get("properties", {}).items():
        value["description"] = KEYS[section][key]
        if not isinstance(value.get("default"), str | bool):
            value.pop("default", None)
        for name in _references(value):
            if name not in done:
                done.add(name)
                _finish(key, definitions[name], definitions, done)


def _references(value: Any) -> Iterator[str]:
    """The definitions that a schema leads to."""
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"].rpartition("/")[2]
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)
