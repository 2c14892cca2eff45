"""Keeps the values of leaves that a program holds secret out of messages."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from cks_components.api.update_mask import SECRET
from cks_components.engine import properties
from cks_components.rules import Finding

_SCHEMES = {"http", "https"}
_NO_DETAILS = (
    "breaks this rule; the details are not shown, because they contain a part of a secret value"
)


def names(props: Mapping[str, Any]) -> Sequence[str]:
    """The secret leaves of a resource, from its inputs or outputs."""
    given: Sequence[str] = props.get(properties.SECRET) or ()
    return given


def hidden_in(text: str, *bags: Mapping[str, Any]) -> str:
    """A text without the values of the leaves that are secret in one of the bags."""
    for value in sorted((v for bag in bags for v in _values(bag)), key=len, reverse=True):
        text = text.replace(value, SECRET)
    return text


def in_finding(finding: Finding, props: Mapping[str, Any]) -> str:
    """A finding as text, without the values of secret leaves, and without the words in them."""
    text = hidden_in(str(finding), props)
    words = {word for value in _values(props) for word in _words(value)} - _SCHEMES
    if words & {*_words(text)}:
        return str(replace(finding, text=_NO_DETAILS))
    return text


def _values(props: Mapping[str, Any]) -> list[str]:
    """The texts in the secret leaves of a bag."""
    leaves = [props.get(name) or () for name in names(props)]
    texts = [text for leaf in leaves for text in ([leaf] if isinstance(leaf, str) else leaf)]
    return list(filter(None, texts))


def _words(text: str) -> list[str]:
    return re.findall(r"\w{3,}", text.casefold())
