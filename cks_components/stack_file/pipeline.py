"""PipelineSettings: an entry of the key `automation`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from cks_components.stack_file.base_model import StackFileModel
from cks_components.stack_file.role import GrantSettings
from cks_components.stack_file.scalar_types import Duration, Flag, Namespace, NotNull


class TokenSettings(StackFileModel):
    """A stored token, and how long before its expiry an update renews it."""

    lifetime: Duration = Field(description="The token's lifetime, such as 30d; at least 10m.")
    renew_before: Duration = Field(
        description="How long before the token expires an update replaces it, such as 7d."
    )


class PipelineSettings(GrantSettings):
    """A pipeline: its service account, its role and, optionally, a stored token."""

    name: Namespace = Field(
        description="The service account's name; each cluster gets its own account."
    )
    namespace: Namespace = Field(
        description="The service account's namespace; it must exist, unless createNamespace is true."
    )
    creates_namespace: Flag = Field(
        False, alias="createNamespace", description="Whether to create the namespace."
    )
    deletes_namespace: Flag = Field(
        False,
        alias="deleteNamespace",
        description="Whether to delete the created namespace when no pipeline uses it and it is empty.",
    )
    token: Annotated[TokenSettings | None, NotNull] = Field(
        None,
        description="A stored token, only if one is needed; a rule requires 90 days at most.",
    )
