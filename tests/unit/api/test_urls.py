"""The parts of a URL, also of a text that is none."""

from __future__ import annotations

import pytest

from cks_components.api.urls import host_of, parts_of, path_of


@pytest.mark.parametrize("text", ["https://[a", "https://a:99999", "https://a:port"])
def test_what_is_no_url_has_no_parts(text: str) -> None:
    assert (parts_of(text), host_of(text), path_of(text)) == (None, "", "")


def test_a_host_is_in_lower_case_and_a_path_has_no_slash_at_its_end() -> None:
    url = "https://IdP.example.com:8443/realms/A/"

    assert (host_of(url), path_of(url)) == ("idp.example.com", "/realms/A")
    assert (host_of(None), path_of(None)) == ("", "")
