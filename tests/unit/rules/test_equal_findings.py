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


def test_many_clusters_that_are_no_neighbours_are_counted() -> None:
    (one,) = joined(finding(f"clusters[{index}].proxyUrl") for index in range(0, 200, 2))

    assert one.text.endswith("clusters[18], clusters[20] and 89 more: 100 clusters in all)")


def missing(name: str, *, path: str = "bindings[0].clusterRole") -> Finding:
    """A finding that a look at a cluster made."""
    text = f'cluster {name} at https://{name}.example has no ClusterRole "logs"'
    of_cluster = (name, f"https://{name}.example")
    return Finding(level=Level.ERROR, path=path, text=text, rule="X", of_cluster=of_cluster)


def test_findings_that_name_their_cluster_are_one_with_the_names() -> None:
    assert list(map(str, joined(map(missing, "abc")))) == [
        'bindings[0].clusterRole: cluster a at https://a.example has no ClusterRole "logs" (the same '
        "for b, c: 3 clusters in all) [X]"
    ]


def test_many_names_are_counted() -> None:
    (one,) = joined(missing(f"c{index}") for index in range(50))

    assert "(the same for c1, c2, c3, c4, c5, c6, c7, c8, c9, c10 and 39 more: 50 " in one.text


def test_the_same_name_in_another_place_is_another_finding() -> None:
    assert len(joined([missing("a"), missing("b", path="bindings[1].clusterRole")])) == 2


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
