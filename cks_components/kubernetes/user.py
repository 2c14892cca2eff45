"""Users as kube-apiserver knows them once they are logged in."""

from __future__ import annotations

from dataclasses import dataclass

from cks_components.kubernetes import subject_names

AUTHENTICATED = "system:authenticated"
UNAUTHENTICATED = "system:unauthenticated"
ANONYMOUS = "system:anonymous"


@dataclass(frozen=True)
class User:
    """A user and the groups that kube-apiserver knows of, byte for byte."""

    name: str
    groups: tuple[str, ...] = ()


def logged_in(name: str, groups: tuple[str, ...] = ()) -> User:
    """A user as RBAC sees it after a login, which adds the group `system:authenticated`."""
    is_complete = name == ANONYMOUS or {AUTHENTICATED, UNAUTHENTICATED} & {*groups}
    return User(name, groups if is_complete else (*groups, AUTHENTICATED))


def service_account(namespace: str, name: str) -> User:
    """A service account as a user, with the groups that kube-apiserver adds."""
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}")
    return logged_in(subject_names.service_account(namespace, name), groups)
