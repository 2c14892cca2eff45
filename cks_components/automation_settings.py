"""The key `automation` of a stack file: pipelines."""

from __future__ import annotations

from datetime import timedelta

from pydantic import BaseModel

from cks_components.identity.rules import Pipeline, TokenTerms
from cks_components.setting import STRICT, Namespace, Namespaces, Seconds, Text


class _Strict(BaseModel):
    model_config = STRICT


class TokenSettings(_Strict):
    """A token that is stored, and how long before its end an update renews it."""

    lifetime: Seconds
    renew_before: Seconds

    @property
    def terms(self) -> TokenTerms:
        """Both as lengths of time."""
        return TokenTerms(
            lifetime=timedelta(seconds=self.lifetime),
            renew_before=timedelta(seconds=self.renew_before),
        )


class AutomationSettings(_Strict):
    """A pipeline: its service account, its role and, if wished, a stored token."""

    name: Namespace
    namespace: Namespace
    create_namespace: bool = False
    delete_namespace: bool = False
    cluster_role: Text
    namespaces: Namespaces = None
    token: TokenSettings | None = None

    @property
    def pipeline(self) -> Pipeline:
        """The entry as components and rules take it."""
        return Pipeline(
            name=self.name,
            namespace=self.namespace,
            creates_namespace=self.create_namespace,
            deletes_namespace=self.delete_namespace,
            cluster_role=self.cluster_role,
            namespaces=self.namespaces,
            token=self.token.terms if self.token else None,
        )
