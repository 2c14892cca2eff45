"""What is wrong on many clusters alike is said once."""

from __future__ import annotations

import pytest

from cks_components.api.errors import SettingsError
from cks_components.rules import Finding, Level, examine, joined


def finding(path: str, text: str = "is wrong", level: Level = Level.ERROR) -> Finding:
    return Finding(rule="NET-01", level=level, path=path, text=text)


def test_findings_that_differ_only_in_their_cluster_are_one() -> None:
    found = [finding(f"clusters[{index}].proxyUrl") for index in (0, 1, 2, 3, 7)]

    assert list(map(str, joined(found))) == [
        "clusters[0].proxyUrl: is wrong (the same for clusters[1] to clusters[3], clusters[7]: 5 "
        "clusters in all) [NET-01]"
    ]


@pytest.mark.parametrize(
    "other",
    [
        finding("clusters[1].endpoint"),
        finding("clusters[1].proxyUrl", "is odd"),
        finding("clusters[1].proxyUrl", level=Level.WARNING),
        finding("bindings[1].proxyUrl"),
    ],
    ids=["key", "text", "level", "no cluster"],
)
def test_others_are_said_one_by_one_in_their_order(other: Finding) -> None:
    found = [finding("clusters[0].proxyUrl"), other]

    assert joined(found) == found


def test_a_finding_that_is_there_twice_is_said_once() -> None:
    found = [finding("clusters[0].proxyUrl")] * 2

    assert joined(found) == found[:1]


def test_a_fleet_is_refused_with_few_lines() -> None:
    clusters = [{"name": f"c{i}", "proxyUrl": "ftp://p", "colour": "red"} for i in range(200)]

    with pytest.raises(SettingsError) as caught:
        examine({"clusters": clusters}).accepted()

    told = [line for line in caught.value.findings if line.startswith("clusters[0].")]
    assert len(told) == 2
    assert all("clusters[1] to clusters[199]: 200 clusters in all" in line for line in told)
    assert not [line for line in caught.value.findings if line.startswith("clusters[1")]
