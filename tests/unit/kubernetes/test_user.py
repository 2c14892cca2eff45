"""Users after a login."""

from __future__ import annotations

from cks_components.kubernetes.user import logged_in, service_account


def test_a_login_adds_the_group_of_everybody() -> None:
    assert logged_in("ann", ("ml",)).groups == ("ml", "system:authenticated")
    assert logged_in("ann", ("system:unauthenticated",)).groups == ("system:unauthenticated",)
    assert logged_in("system:anonymous").groups == ()
    assert service_account("ci", "bot").groups == (
        "system:serviceaccounts",
        "system:serviceaccounts:ci",
        "system:authenticated",
    )
