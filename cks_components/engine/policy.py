"""The policies of a resource for its block: adopt, drift, delete, and the time limit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field

from cks_components.lifecycle.policies import DEFAULT_TIMEOUT_SECONDS, OnDelete, OnDrift


class Policy(BaseModel):
    """The policies of one resource; the names lie in the state of every stack and never change."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", hide_input_in_errors=True, defer_build=True
    )

    adopt: bool = Field(False, description="Take over a block that another tool or user set.")
    on_drift: OnDrift = Field(
        "refuse", description="What to do with a block that changed outside since the last refresh."
    )
    on_delete: OnDelete = Field("restore", description="What destroy leaves on the cluster.")
    update_timeout_seconds: float = Field(
        DEFAULT_TIMEOUT_SECONDS, gt=0, description="Limit for one operation."
    )

    @classmethod
    def of(cls, props: Mapping[str, Any]) -> Self:
        """Read the policies of a bag; a missing or empty one has its default.

        Raises:
            pydantic.ValidationError: a value is none of those allowed.
        """
        given = {k: v for k in cls.model_fields if (v := props.get(k)) is not None}
        return cls.model_validate(given)
