"""The realm is made from the people of the lab's own issuer, for a public client with PKCE."""

from __future__ import annotations

import yaml

from lab.issuer import keycloak
from lab.issuer.provider import CLIENT, PEOPLE
from lab.issuer.realm import groups_mapper, realm, username
from lab.state import CHECKOUT


def test_the_people_are_those_of_the_labs_own_issuer() -> None:
    users = {user["email"]: user for user in realm()["users"]}

    assert set(users) == set(PEOPLE)
    for email, person in PEOPLE.items():
        assert users[email]["groups"] == [f"/{group}" for group in person.groups]
        assert users[email]["emailVerified"]


def test_every_group_that_somebody_is_in_exists() -> None:
    made = {group["name"] for group in realm()["groups"]}

    assert made == {group for person in PEOPLE.values() for group in person.groups}


def test_a_person_logs_in_with_the_first_part_of_the_address_as_name_and_password() -> None:
    alice = next(user for user in realm()["users"] if user["email"] == "alice@example.com")

    assert alice["username"] == username("alice@example.com") == "alice"
    assert alice["credentials"] == [{"type": "password", "value": "alice"}]


def test_the_client_is_public_and_takes_nothing_but_pkce_and_the_redirects_of_kubelogin() -> None:
    (client,) = realm()["clients"]

    assert (client["clientId"], client["publicClient"]) == (CLIENT, True)
    assert client["attributes"] == {"pkce.code.challenge.method": "S256"}
    assert client["redirectUris"] == ["http://localhost:8000", "http://localhost:18000"]


def test_groups_are_mapped_without_their_path_to_the_id_token() -> None:
    (client,) = realm()["clients"]

    (mapper,) = client["protocolMappers"]

    assert mapper == groups_mapper(full_path=False)
    assert mapper["config"] == {
        "claim.name": "groups",
        "full.path": "false",
        "id.token.claim": "true",
    }


def test_keycloaks_own_scopes_are_left_as_they_are() -> None:
    assert "clientScopes" not in realm()


def test_the_stack_file_names_this_realm_its_client_and_its_groups() -> None:
    config = yaml.safe_load((CHECKOUT / "stacks" / "Pulumi.keycloak.yaml").read_text())["config"]
    identity, bindings = config["cks-access:identity"], config["cks-access:bindings"]

    assert (identity["issuerUrl"], identity["clientId"]) == (keycloak.URL, CLIENT)
    bound = {group for binding in bindings for group in binding["groups"]}
    assert bound == {group["name"] for group in realm()["groups"]}
