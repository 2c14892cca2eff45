"""The arguments of `ClusterAccess` as other languages write them, derived from those of Python.

A name of two words is written in camelCase, as in a stack file, and a duration is a text such as
`30d`. Everything else follows from the dataclasses of the arguments: what is required, what may be
an output, and what a person reads about it.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Collection, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import pulumi

from cks_components.api import models
from cks_components.cluster_access_arguments import ClusterAccessArgs, Hook
from cks_components.cluster_oidc import OidcConfig
from cks_components.cluster_webhooks import AuthenticationWebhook, AuthorizationWebhook
from cks_components.engine.block_resource import BlockArgs

_SDK_NAMES = {"Output": pulumi.Output, "T": TypeVar("T")}
"""The names that the SDK's `pulumi.Input` leaves to be resolved."""
_SECRETS = {"client_secret"}
_NOT_OFFERED = {
    "former",  # how a stack file's own program hands names over
    "is_judged",  # as above
    "naming",  # belongs to a stack file
    "webhooks",  # written by kind
}


@dataclass(frozen=True, kw_only=True)
class AuthenticationHook(Hook):
    """The authentication webhook, and the policies of its block.

    Attributes:
        webhook: the webhook itself.
    """

    webhook: AuthenticationWebhook


@dataclass(frozen=True, kw_only=True)
class AuthorizationHook(Hook):
    """The authorization webhook, and the policies of its block.

    Attributes:
        webhook: the webhook itself.
    """

    webhook: AuthorizationWebhook


@dataclass(frozen=True, kw_only=True)
class Webhooks:
    """The webhooks of a cluster, at most one of each kind.

    Attributes:
        authentication: for tokens that neither OIDC nor service accounts accepted.
        authorization: for requests, in addition to RBAC.
    """

    authentication: AuthenticationHook | None = None
    authorization: AuthorizationHook | None = None


@dataclass(frozen=True, kw_only=True)
class _WebhooksByKind:
    """The form in which other languages write the hooks of `ClusterAccessArgs`.

    Attributes:
        webhooks: at most one of each kind; the block of a missing kind is left untouched.
    """

    webhooks: Webhooks | None = None


@dataclass(frozen=True)
class ArgumentType:
    """What a value may be.

    Attributes:
        kind: `str`, `bool`, `float`, `timedelta`, a dataclass; `list` or `dict` with items.
        takes_outputs: whether the value may itself be an output.
        choices: the only texts that it may be; empty for any.
        items: the type of the entries of a list, or of the values of a mapping.
    """

    kind: type[Any]
    takes_outputs: bool = False
    choices: tuple[str, ...] = ()
    items: ArgumentType | None = None


@dataclass(frozen=True)
class Argument:
    """One argument, or one attribute of an argument.

    Attributes:
        name: its name in Python.
        type: what its value is.
        is_required: whether it has no default.
        description: what a person reads about it.
        is_secret: whether its value is secret by itself.
    """

    name: str
    type: ArgumentType
    is_required: bool
    description: str
    is_secret: bool

    @property
    def key(self) -> str:
        """Its name in other languages."""
        return in_camel_case(self.name)


def in_camel_case(name: str) -> str:
    """A name of Python as other languages write it."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def of_component() -> list[Argument]:
    """The arguments of `ClusterAccess`."""
    return [*of_class(ClusterAccessArgs, _NOT_OFFERED), *of_class(_WebhooksByKind)]


def of_class(kind: type[Any], left_out: Collection[str] = ()) -> list[Argument]:
    """The attributes of a class of arguments."""
    hints = get_type_hints(kind, localns=_SDK_NAMES)
    texts = _descriptions(kind)
    return [
        Argument(
            name=f.name,
            type=_type(hints[f.name]),
            is_required=f.default is f.default_factory is MISSING,
            description=texts.get(f.name, ""),
            is_secret=f.name in _SECRETS,
        )
        for f in fields(kind)
        if f.name not in left_out
    ]


def _type(hint: Any) -> ArgumentType:
    """What an annotation lets a value be; of several, the first is the one that programs write."""
    members = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    takes_outputs = any(get_origin(m) is Awaitable for m in members)
    origin, inner = get_origin(members[0]), get_args(members[0])
    if origin is Literal:
        return ArgumentType(str, takes_outputs, choices=inner)
    if origin is Sequence:
        return ArgumentType(list, takes_outputs, items=_type(inner[0]))
    if origin is Mapping:
        return ArgumentType(dict, takes_outputs, items=_type(inner[1]))
    return ArgumentType(members[0], takes_outputs)


def _descriptions(kind: type[Any]) -> dict[str, str]:
    """The texts about the attributes of a class and of what it extends; policies are those of blocks."""
    found: dict[str, str] = {}
    if issubclass(kind, OidcConfig):
        leaves = models.OidcConfig.model_fields.items()
        found = {name: leaf.description or "" for name, leaf in leaves}
    for each in (BlockArgs, *reversed(kind.__mro__)):
        _, _, listed = inspect.cleandoc(each.__doc__ or "").partition("Attributes:\n")
        listed = listed.partition("\n\n")[0]
        for entry in re.findall(r"^ {4}(\w+): ((?:.|\n {5})+)", listed, re.MULTILINE):
            found[entry[0]] = " ".join(entry[1].split())
    return found
