"""The key `automation` of a stack file: pipelines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, Field

from cks_components.identity.rules import Pipeline, TokenTerms
from cks_components.setting import STRICT, Namespace, Seconds, Text


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
    cluster_role: Text
    namespaces: Annotated[list[Namespace], Field(min_length=1)] | None = None
    token: TokenSettings | None = None

    @property
    def pipeline(self) -> Pipeline:
        """The entry as components and rules take it."""
        return Pipeline(
            name=self.name,
            namespace=self.namespace,
            creates_namespace=self.create_namespace,
            cluster_role=self.cluster_role,
            namespaces=self.namespaces,
            token=self.token.terms if self.token else None,
        )


def clashes(places: Mapping[str, Sequence[AutomationSettings]]) -> Iterator[tuple[str, str]]:
    """Say which entries of one cluster get in each other's way, as path and text.

    Every pipeline has a name of its own there, and a namespace is made once.

    Args:
        places: the entries by the path of their list.
    """
    names: dict[str, str] = {}
    makers: dict[str, str] = {}
    entries = [(f"{p}[{i}]", entry) for p, own in places.items() for i, entry in enumerate(own)]
    for path, entry in entries:
        first = names.setdefault(entry.name, path)
        if first != path:
            yield (
                f"{path}.name",
                f'"{entry.name}" is the name of {first} too; give each pipeline of a cluster a '
                "name of its own",
            )
        maker = makers.setdefault(entry.namespace, path) if entry.create_namespace else path
        if maker != path:
            yield (
                f"{path}.createNamespace",
                f'{maker} makes the namespace "{entry.namespace}" already; write it once',
            )
