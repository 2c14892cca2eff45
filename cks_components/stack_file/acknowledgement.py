"""AcknowledgementSettings: an entry of the key `acknowledge`, a risk that a stack takes on purpose."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from cks_components.stack_file.base_model import StackFileModel
from cks_components.stack_file.scalar_types import Text

Risk = Literal["no-administrator", "own-rights"]
NO_ADMINISTRATOR: Risk = "no-administrator"
OWN_RIGHTS: Risk = "own-rights"


class AcknowledgementSettings(StackFileModel):
    """A risk of an update that somebody has seen; to be removed after the update."""

    risk: Risk = Field(
        description="no-administrator: nobody of the stack can change roles and bindings on a cluster "
        "any more; own-rights: the update takes rights from the identity that runs it."
    )
    cluster: Text | None = Field(
        None, description="Only on this cluster of the stack file; absent: on every one."
    )
    reason: Text = Field(description="Why the risk is taken.")
