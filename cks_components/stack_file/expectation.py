"""ExpectationSettings: an entry of the key `expect`, a test of who may do what."""

from __future__ import annotations

from pydantic import Field

from cks_components.stack_file.base_model import StackFileModel
from cks_components.stack_file.scalar_types import Account, Text


class ExpectationSettings(StackFileModel):
    """What a person, a member of groups or a service account can and cannot do.

    A sentence is a verb, a resource with `/subresource` and `.group` where needed, and optionally a
    name and `-n NAMESPACE`; or a verb and a URL that is no resource.
    """

    user: Text | None = Field(
        None, description="A user, as the provider names it; the prefix is added automatically."
    )
    groups: list[Text] = Field(
        [], description="The user's groups, as the provider names them; the prefix is added."
    )
    service_account: Account | None = Field(
        None, description="A service account instead of a user, as NAMESPACE/NAME."
    )
    can: list[Text] = Field(
        [],
        description="What must be allowed, such as create pods -n training; without -n: in every "
        "namespace.",
    )
    cannot: list[Text] = Field(
        [],
        description="What must not be allowed, such as get secrets -n training; without -n: in no "
        "namespace, and without a name: for no name.",
    )
