from __future__ import annotations

from typing import Any

import pytest

from lab.kubernetes_plugin import naming
from lab.kubernetes_plugin.errors import NotCoveredError
from lab.kubernetes_plugin.properties import UNKNOWN


def name(news: dict[str, Any], olds: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return naming.named(news, olds or {}, base="crb", **({"seed": b"s"} | more))


def test_an_object_without_a_name_gets_the_resources_name_and_eight_hex_digits() -> None:
    metadata = name({"metadata": {"labels": {"a": "b"}}})["metadata"]

    base, suffix = metadata["name"].rsplit("-", 1)
    assert base == "crb"
    assert len(suffix) == 8
    assert set(suffix) <= set("0123456789abcdef")
    assert metadata["annotations"] == {"pulumi.com/autonamed": "true"}
    assert metadata["labels"] == {"a": "b"}


def test_the_same_seed_gives_the_same_name_and_another_seed_another() -> None:
    assert name({}) == name({})
    assert name({}) != name({}, seed=b"t")
    assert naming.suffix(b"") != naming.suffix(b"")


def test_a_generated_name_is_kept_on_update() -> None:
    olds = name({})

    assert name({"metadata": {}}, olds, seed=b"t") == olds


def test_the_engines_proposal_wins() -> None:
    assert name({}, proposal="crb-fixed")["metadata"]["name"] == "crb-fixed"


@pytest.mark.parametrize(
    "news",
    [{"metadata": {"name": "n"}}, {"metadata": {"name": UNKNOWN}}, {"metadata": UNKNOWN}],
    ids=["given", "name not known yet", "metadata not known yet"],
)
def test_a_name_of_the_program_stays(news: dict[str, Any]) -> None:
    assert name(news) == news


def test_a_name_made_by_the_api_server_is_refused() -> None:
    with pytest.raises(NotCoveredError, match=r"metadata\.generateName is not covered"):
        name({"metadata": {"generateName": "x-"}})


@pytest.mark.parametrize("identifier", ["team-a/reader", "reader"])
def test_an_identifier_is_name_or_namespace_and_name(identifier: str) -> None:
    namespace, found = naming.split_identifier(identifier)
    metadata = {"name": found, "namespace": namespace}

    assert naming.identifier({"metadata": metadata}) == identifier
