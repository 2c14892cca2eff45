"""PipelineSettings: an entry of the key `automation`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from cks_components.stack_file.part import Part
from cks_components.stack_file.value import Duration, Namespace, Namespaces, Text


class TokenSettings(Part):
    """A stored token, and how long before its expiry an update renews it."""

    lifetime: Duration
    renew_before: Duration


class PipelineSettings(Part):
    """A pipeline: its service account, its role and, optionally, a stored token."""

    unreadable: ClassVar[Mapping[str, Any]] = {"namespaces": []}

    name: Namespace
    namespace: Namespace
    creates_namespace: bool = Field(False, alias="createNamespace")
    deletes_namespace: bool = Field(False, alias="deleteNamespace")
    cluster_role: Text
    namespaces: Namespaces = None
    token: TokenSettings | None = None
