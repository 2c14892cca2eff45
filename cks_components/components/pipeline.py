"""Pipeline: a service account and what it may do, as a program writes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from cks_components.stack_file.pipeline import PipelineSettings, TokenSettings


@dataclass(frozen=True, kw_only=True)
class TokenTerms:
    """How long a stored token lives, and how long before its end it is replaced."""

    lifetime: timedelta
    renew_before: timedelta


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """A service account and what it may do. All of it is plain: it decides what there is.

    Attributes:
        creates_namespace: whether its namespace is made; others may live in it, and it stays.
        deletes_namespace: whether it is deleted when no pipeline is in it, and nothing else is.
        token: None where none is stored.
    """

    name: str
    namespace: str
    cluster_role: str
    namespaces: Sequence[str] | None = None
    creates_namespace: bool = False
    deletes_namespace: bool = False
    token: TokenTerms | None = None

    @property
    def settings(self) -> PipelineSettings:
        """The same as a stack file says it, for the rules; its values are as they were written."""
        token = self.token and TokenSettings.model_construct(**vars(self.token))
        return PipelineSettings.model_construct(**vars(self) | {"token": token})
