"""The notes of writes on this machine: each is one stack's."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from cks_components.api.models import AuthenticationWebhook, OidcConfig
from cks_components.engine.intent_log import Journal
from cks_components.lifecycle.intent import Intent

BLOCK = OidcConfig(issuer_url="https://a", client_id="c")
INTENT = Intent(
    operation="op",
    based_on="",
    verb="create",
    stack="acme/cks-access/prod",
    previous=OidcConfig(),
    wanted=(BLOCK,),
)
URN = "urn:pulumi:prod::cks-access::cks:index:ClusterAccess$t::name"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path))
    monkeypatch.delenv("PULUMI_BACKEND_URL", raising=False)
    return tmp_path


def journal(cluster: str = "some-id", stack: str = "prod", organization: str = "acme") -> Journal:
    urn = URN.replace(":prod:", f":{stack}:")
    return Journal.of(cluster, {"__urn": urn, "__organization": organization})


@pytest.mark.usefixtures("home")
def test_an_intent_is_kept_until_it_is_dropped() -> None:
    assert journal().own(OidcConfig) is None

    journal().keep(INTENT)
    assert journal().own(OidcConfig) == INTENT
    assert journal("another-id").own(OidcConfig) is None
    assert journal().own(AuthenticationWebhook) is None

    journal().keep(replace(INTENT, is_done=True))
    kept = journal().own(OidcConfig)
    assert kept is not None
    assert kept.is_done

    journal().drop(OidcConfig)
    journal().drop(OidcConfig)
    assert journal().own(OidcConfig) is None


def test_nobody_but_its_owner_reads_a_note(home: Path) -> None:
    """A program may hold leaves of a block secret, and they are in it."""
    journal().keep(INTENT)

    (note,) = (home / "cks-access" / "intents").iterdir()
    assert note.stat().st_mode & 0o777 == 0o600


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    "other", [journal(stack="dev"), journal(organization="globex")], ids=["name", "organisation"]
)
def test_another_stack_sees_an_intent_but_neither_owns_nor_drops_it(other: Journal) -> None:
    journal().keep(INTENT)

    assert other.own(OidcConfig) is None
    assert other.others(OidcConfig) == [INTENT]
    other.drop(OidcConfig)
    assert journal().own(OidcConfig) == INTENT
    assert journal().others(OidcConfig) == []


@pytest.mark.usefixtures("home")
def test_the_note_of_a_stack_goes_once_its_resource_lives_on_in_another() -> None:
    """The stack was renamed, or the resource was moved, and the first write there says so."""
    journal().keep(replace(INTENT, is_done=True))
    now = journal(stack="dev")

    now.keep(replace(INTENT, operation="op of somebody else"))
    assert len(now.others(OidcConfig)) == 1
    now.keep(replace(INTENT, operation="op 2", based_on=INTENT.operation))
    assert now.others(OidcConfig) == []


@pytest.mark.usefixtures("home")
def test_a_resource_that_another_process_made_for_the_block_in_the_same_run_follows() -> None:
    first, later = (replace(journal(), run=f"127.0.0.1:{port}") for port in (1, 2))
    assert not first.is_followed(OidcConfig, "before")

    first.keep(replace(INTENT, is_done=True))
    assert first.is_followed(OidcConfig, "before")
    assert not first.is_followed(OidcConfig, INTENT.operation)
    assert not later.is_followed(OidcConfig, "before")
    assert not journal().is_followed(OidcConfig, "before")


def test_the_address_of_the_engine_names_its_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["pulumi.dynamic", "127.0.0.1:45671"])
    assert journal().run == "127.0.0.1:45671"
    monkeypatch.setattr("sys.argv", ["pytest", "tests/unit/test_it.py::test_it"])
    assert journal().run == ""


@pytest.mark.usefixtures("home")
def test_a_stack_of_the_same_name_in_another_backend_is_another_stack(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    journal().keep(INTENT)
    monkeypatch.setenv("PULUMI_BACKEND_URL", "file:///elsewhere")

    assert journal().own(OidcConfig) is None
    assert journal().others(OidcConfig) == [INTENT]


@pytest.mark.usefixtures("home")
def test_what_a_state_without_an_organisation_led_to_is_the_stacks_own() -> None:
    """A delete of a resource that 0.1 made has only what 0.1 recorded."""
    journal(organization="").keep(INTENT)

    assert journal().own(OidcConfig) == INTENT
    assert journal().others(OidcConfig) == []


def test_a_stack_is_named_as_people_name_it() -> None:
    assert journal().stack == "acme/cks-access/prod"
    assert journal(organization="").stack == "cks-access/prod"


def test_without_a_folder_of_its_own_pulumi_keeps_notes_at_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PULUMI_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))

    journal().keep(INTENT)

    (note,) = (tmp_path / ".pulumi" / "cks-access" / "intents").iterdir()
    assert note.name.startswith("some-id-oidc-")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"operation": "a"}', None])
def test_a_note_that_makes_no_sense_is_none(home: Path, text: str | None) -> None:
    journal().keep(INTENT)
    (note,) = home.rglob("*.json")
    whole = json.loads(note.read_text())
    note.write_text(json.dumps(whole | {"wanted": 1}) if text is None else text)

    assert journal().own(OidcConfig) is None
    assert journal(stack="dev").others(OidcConfig) == []


def test_a_folder_that_cannot_be_written_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "file"))

    journal().keep(INTENT)

    assert journal().own(OidcConfig) is None
    assert journal().others(OidcConfig) == []
