"""Stack files as values, read without the rules: what counts here is what they grant."""

from __future__ import annotations

from typing import Any

import pytest

from cks_components.access.difference import Difference, compare
from cks_components.access.grants import Access, granted_access
from cks_components.stack_file.settings import StackSettings

IDENTITY: dict[str, Any] = {
    "issuerUrl": "https://idp.example.com",
    "clientId": "cks",
    "usernameClaim": "email",
    "groupsClaim": "groups",
    "groupsPrefix": "okta:",
}


class Stack:
    """Makes what a stack file with the given values grants; an identity provider is there."""

    @staticmethod
    def binding(role: str, *groups: str, **more: Any) -> dict[str, Any]:
        return {"clusterRole": role, "groups": list(groups), **more}

    @staticmethod
    def access(*bindings: dict[str, Any], **values: Any) -> Access:
        given = {"clusters": [{"name": "east"}], "identity": IDENTITY, "bindings": list(bindings)}
        written = {k: v for k, v in (given | values).items() if v is not None}
        return granted_access(StackSettings.model_validate(written))

    def identity(self, *bindings: dict[str, Any], **leaves: Any) -> Access:
        """The same with leaves of the provider changed; None removes one."""
        changed = {k: v for k, v in (IDENTITY | leaves).items() if v is not None}
        return self.access(*bindings, identity=changed)

    def difference(
        self, before: list[dict[str, Any]], after: list[dict[str, Any]], **values: Any
    ) -> Difference:
        return compare(self.access(*before, **values), self.access(*after, **values))


@pytest.fixture
def stack() -> Stack:
    return Stack()
