"""Pipeline: a service account and what it may do, as a program writes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from cks_components.stack_file.pipeline import PipelineSettings, TokenSettings


@dataclass(frozen=True, kw_only=True)
class TokenTerms:
    """The lifetime of a stored token, and how long before it expires it is replaced."""

    lifetime: timedelta
    renew_before: timedelta


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """A service account and what it may do. All values are plain: they determine the resources.

    Attributes:
        cluster_role: a ClusterRole; either this or `role`.
        role: a Role that each of the namespaces has.
        creates_namespace: whether to create its namespace; other pipelines may use it, and it is kept.
        deletes_namespace: whether to delete it when no pipeline uses it and it is empty.
        token: the terms of a stored token; None stores none.
    """

    name: str
    namespace: str
    cluster_role: str = ""
    namespaces: Sequence[str] | None = None
    creates_namespace: bool = False
    deletes_namespace: bool = False
    token: TokenTerms | None = None
    role: str = ""

    @property
    def settings(self) -> PipelineSettings:
        """The same in the stack file's model, for the rules; the values are not converted."""
        token = self.token and TokenSettings.model_construct(**vars(self.token))
        return PipelineSettings.model_construct(**vars(self) | {"token": token})
