"""The note of an unfinished create, on this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from cks_components.api.models import OidcConfig
from cks_components.engine.journal import Journal
from cks_components.lifecycle import Unfinished

NOTE = Unfinished(OidcConfig(), (OidcConfig(issuer_url="https://a", client_id="c"),))


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Journal:
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path))
    return Journal("some-id")


def test_a_note_is_recalled_until_it_is_forgotten(journal: Journal) -> None:
    assert journal.recall(OidcConfig) is None

    journal.remember(NOTE)
    assert journal.recall(OidcConfig) == NOTE
    assert Journal("another-id").recall(OidcConfig) is None

    journal.forget(OidcConfig)
    journal.forget(OidcConfig)
    assert journal.recall(OidcConfig) is None


def test_without_a_folder_of_its_own_pulumi_keeps_notes_at_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PULUMI_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))

    Journal("some-id").remember(NOTE)

    assert (tmp_path / ".pulumi" / "cks-access" / "unfinished" / "some-id-oidc.json").exists()


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"previous": 1, "wanted": []}', '{"previous": {}, "wanted": 1}']
)
def test_a_note_that_makes_no_sense_is_none(journal: Journal, tmp_path: Path, text: str) -> None:
    journal.remember(NOTE)
    (note,) = tmp_path.rglob("*.json")
    note.write_text(text)

    assert journal.recall(OidcConfig) is None


def test_a_folder_that_cannot_be_written_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "file"))

    Journal("some-id").remember(NOTE)

    assert Journal("some-id").recall(OidcConfig) is None
