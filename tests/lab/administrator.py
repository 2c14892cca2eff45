"""Changes the lab's realm in Keycloak, as its administrator does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from lab.issuer import keycloak, provider, realm


class Administrator:
    """What the console of Keycloak does, by the same requests.

    Args:
        http: reaches the lab.
    """

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def add_group(self, parent: str, name: str) -> None:
        """Make a group, and one below it."""
        self._send("POST", "/groups", {"name": parent})
        (made,) = self._send("GET", f"/groups?search={parent}&exact=true")
        self._send("POST", f"/groups/{made['id']}/children", {"name": name})

    def add_person(self, name: str, *, groups: list[str]) -> str:
        """Make a person as one does: nobody says that the address is verified."""
        email = f"{name}@example.com"
        person = {
            "username": name,
            "email": email,
            "enabled": True,
            "firstName": name,
            "lastName": "Example",
            "groups": groups,
            "credentials": [{"type": "password", "value": realm.username(email)}],
        }
        self._send("POST", "/users", person)
        return email

    def verify(self, email: str) -> None:
        (person,) = self._send("GET", f"/users?email={email}&exact=true")
        self._send("PUT", f"/users/{person['id']}", {**person, "emailVerified": True})

    @contextmanager
    def full_group_paths(self) -> Iterator[None]:
        self._map_groups(full_path=True)
        yield
        self._map_groups(full_path=False)

    def _map_groups(self, *, full_path: bool) -> None:
        (client,) = self._send("GET", f"/clients?clientId={provider.CLIENT}")
        path = f"/clients/{client['id']}/protocol-mappers/models"
        (mapper,) = self._send("GET", path)
        wanted = realm.groups_mapper(full_path=full_path)
        self._send("PUT", f"{path}/{mapper['id']}", {"id": mapper["id"], **wanted})

    def _send(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Ask the admin API; its tokens live for one minute only, so each request has its own."""
        login = self._http.post(
            f"https://{keycloak.HOST}/realms/master/protocol/openid-connect/token",
            data={
                "grant_type": "password",
                "client_id": "admin-cli",
                "username": keycloak.ADMINISTRATOR,
                "password": keycloak.ADMINISTRATOR,
            },
        )
        answer = self._http.request(
            method,
            f"https://{keycloak.HOST}/admin/realms/{realm.NAME}{path}",
            json=body,
            headers={"Authorization": f"Bearer {login.json()['access_token']}"},
        )
        assert answer.is_success, answer.text
        return answer.json() if method == "GET" else None
