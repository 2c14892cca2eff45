"""Which cluster is which in another version of a stack file."""

from __future__ import annotations

import pytest

from cks_components.access.cluster_matching import pair
from cks_components.access.grants import Cluster

ID = "1b5274f2-8012-4b68-9010-cc4c51613302"
OTHER = "2c6385a3-9123-4c79-a121-dd5d62724413"


def named(name: str, key: str | None = None) -> Cluster:
    return Cluster(key or name, name, None)


def pinned(cluster_id: str, key: str) -> Cluster:
    return Cluster(key, None, cluster_id)


SAME = [
    ("its name", named("east"), named("east")),
    ("its name under another alias", named("east", "a"), named("east", "b")),
    ("its id in another case", pinned(ID, "a"), pinned(ID.upper(), "b")),
    ("its key, once it is pinned", named("east"), pinned(ID, "east")),
]


@pytest.mark.parametrize(("one", "other"), [s[1:] for s in SAME], ids=[s[0] for s in SAME])
def test_a_cluster_is_found_again_by(one: Cluster, other: Cluster) -> None:
    found = pair([one], [other])

    assert found.kept == ((one, other),)
    assert found.added == found.removed == ()


ANOTHER = [
    ("another name", named("east"), named("west")),
    ("a key that has come to mean another id", pinned(ID, "a"), pinned(OTHER, "a")),
    ("a key that has come to mean another name", named("east", "a"), named("west", "a")),
    ("an id under a key that the name did not have", named("east"), pinned(ID, "west")),
]


@pytest.mark.parametrize(("one", "other"), [a[1:] for a in ANOTHER], ids=[a[0] for a in ANOTHER])
def test_another_cluster_is_added_and_the_former_removed(one: Cluster, other: Cluster) -> None:
    found = pair([one], [other])

    assert found.kept == ()
    assert (found.added, found.removed) == ((other,), (one,))


def test_a_cluster_that_is_surely_the_same_goes_before_one_that_may_be() -> None:
    before = [named("east")]
    after = [pinned(ID, "east"), named("east", "old-east")]

    found = pair(before, after)

    assert found.kept == ((before[0], after[1]),)
    assert found.added == (after[0],)


def test_two_names_of_one_cluster_keep_their_own_keys() -> None:
    before = [named("east", "a"), named("east", "b")]

    assert pair(before, before[::-1]).kept == tuple((c, c) for c in before)
