"""The realm `lab` of Keycloak, made from the same people as the lab's own issuer."""

from __future__ import annotations

from typing import Any

from lab.issuer.provider import CLIENT, PEOPLE, Person

NAME = "lab"
# Those of kubelogin; Keycloak compares them to the letter.
REDIRECTS = ("http://localhost:8000", "http://localhost:18000")


def username(email: str) -> str:
    """The name under which a person logs in, and in this lab the password, too."""
    return email.partition("@")[0]


def realm() -> dict[str, Any]:
    """The realm in Keycloak's own words, as its import takes it.

    It names no client scopes: an import that names one does without all of Keycloak's own, and a
    log-in then fails for want of `email` or `profile`. So the groups' mapper is the client's.
    """
    groups = {group for person in PEOPLE.values() for group in person.groups}
    return {
        "realm": NAME,
        "enabled": True,
        "groups": [{"name": name} for name in sorted(groups)],
        "users": [_user(person) for person in PEOPLE.values()],
        "clients": [_client()],
    }


def groups_mapper(*, full_path: bool) -> dict[str, Any]:
    """What puts a person's groups into tokens: `ops`, or with the full path `/eng/ops`."""
    return {
        "name": "groups",
        "protocol": "openid-connect",
        "protocolMapper": "oidc-group-membership-mapper",
        "config": {
            "claim.name": "groups",
            "full.path": str(full_path).lower(),
            "id.token.claim": "true",
        },
    }


def _user(person: Person) -> dict[str, Any]:
    name = username(person.email)
    return {
        "username": name,
        "email": person.email,
        "emailVerified": True,
        "enabled": True,
        "firstName": person.name,
        "lastName": "Example",  # who has none is asked for it at the first log-in
        "credentials": [{"type": "password", "value": name}],
        "groups": [f"/{group}" for group in person.groups],
        # Otherwise only given to who is made later, and a log-in with offline_access is refused.
        "realmRoles": [f"default-roles-{NAME}"],
    }


def _client() -> dict[str, Any]:
    return {
        "clientId": CLIENT,
        "publicClient": True,
        "standardFlowEnabled": True,
        "redirectUris": list(REDIRECTS),
        "attributes": {"pkce.code.challenge.method": "S256"},
        "protocolMappers": [groups_mapper(full_path=False)],
    }
