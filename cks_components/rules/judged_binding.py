"""The input of the rules for bindings."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cks_components.api.models import OidcConfig
from cks_components.identity.preset import Preset
from cks_components.kubernetes import subject_names
from cks_components.rules.rule import Violation
from cks_components.stack_file.unknown_values import each_known

if TYPE_CHECKING:
    from cks_components.stack_file.role import RoleSettings
    from cks_components.stack_file.settings import BindingSettings


@dataclass(frozen=True, kw_only=True)
class BoundName:
    """One bound name.

    Attributes:
        path: its path below the binding's, such as `groups[1]`.
        prefix: the prefix that kube-apiserver adds.
    """

    path: str
    kind: str
    text: str
    prefix: str

    @property
    def effective(self) -> str:
        """The name that RBAC sees."""
        return self.prefix + self.text

    def wrong(self, text: str) -> Violation:
        """A violation by this name; the text continues a sentence that begins with the name."""
        return Violation(self.path, f'"{self.text}" {text}')


@dataclass(frozen=True, kw_only=True)
class JudgedBinding:
    """A binding, and the block whose prefixes its names get.

    Attributes:
        has_webhook: whether an authentication webhook names people too.
        roles: the stack's own roles.
        misnamed: the paths of names and roles that a finding calls wrong.
    """

    binding: BindingSettings
    oidc: OidcConfig
    preset: Preset
    has_webhook: bool = False
    roles: Sequence[RoleSettings] = ()
    misnamed: Collection[str] = ()

    @property
    def base_role(self) -> str:
        """The ClusterRole, or the one that it extends if it is the stack's own."""
        given = self.binding.cluster_role
        return next((r.extends for r in self.roles if r.name == given and r.extends), given)

    @property
    def users(self) -> list[BoundName]:
        """The bound users."""
        return self._names(
            "User", "users", self.binding.users, subject_names.username_prefix(self.oidc)
        )

    @property
    def groups(self) -> list[BoundName]:
        """The bound groups."""
        return self._names(
            "Group", "groups", self.binding.groups, subject_names.groups_prefix(self.oidc)
        )

    @property
    def all(self) -> Iterator[BoundName]:
        """Every bound name, users first."""

        def named(key: str) -> list[BoundName]:
            return self.users if key == "users" else self.groups

        return each_known(("users", "groups"), named)

    @staticmethod
    def _names(kind: str, key: str, given: Sequence[str], prefix: str) -> list[BoundName]:
        return [
            BoundName(path=f"{key}[{index}]", kind=kind, text=text, prefix=prefix)
            for index, text in enumerate(given)
        ]
