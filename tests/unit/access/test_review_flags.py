"""What a reviewer must not overlook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cks_components.access import review_flags
from cks_components.access.difference import compare
from cks_components.access.grants import NO_ACCESS, Access
from cks_components.access.quoted_text import spoken

if TYPE_CHECKING:
    from tests.unit.access.conftest import Stack

ID = "1b5274f2-8012-4b68-9010-cc4c51613302"
OTHER = "2c6385a3-9123-4c79-a121-dd5d62724413"


def raised(before: Access, after: Access) -> list[tuple[str, str]]:
    """Each flag's kind, and its clusters and words as one text."""
    return [
        (f.kind, f"{', '.join(f.clusters)}: {spoken(f.text, str)}")
        for f in review_flags.raised(compare(before, after))
    ]


def test_narrowing_and_small_gains_raise_nothing(stack: Stack) -> None:
    root = stack.binding("cluster-admin", "root")
    before = stack.access(root, stack.binding("edit", "ml"), stack.binding("view", "old"))
    after = stack.access(
        root,
        stack.binding("edit", "ml", namespaces=["a"]),
        stack.binding("admin", "leads", namespaces=["a"]),
        stack.binding("view", "all"),
    )

    assert raised(before, after) == []


def test_cluster_admin_newly_given_is_flagged_once_for_all_clusters(stack: Stack) -> None:
    clusters = {"clusters": [{"name": "east"}, {"name": "west"}]}
    before = stack.access(stack.binding("edit", "ml"), **clusters)
    after = stack.access(stack.binding("cluster-admin", "ml"), **clusters)

    assert raised(before, after) == [
        ("cluster-admin-given", "east, west: Group okta:ml (ml) gets cluster-admin cluster wide")
    ]


def test_cluster_admin_of_a_namespace_is_flagged_too(stack: Stack) -> None:
    after = stack.access(stack.binding("cluster-admin", "ml", namespaces=["a"]))

    assert raised(stack.access(), after) == [
        ("cluster-admin-given", "east: Group okta:ml (ml) gets cluster-admin in a")
    ]


def test_the_group_that_cks_binds_is_flagged(stack: Stack) -> None:
    assert raised(stack.identity(), stack.identity(adminGroupBinding="ml")) == [
        (
            "cluster-admin-given",
            "east: Group ml (adminGroupBinding) gets cluster-admin cluster wide",
        )
    ]


def test_a_writing_role_is_flagged_among_the_control_planes_own_accounts(stack: Stack) -> None:
    after = stack.access(stack.binding("edit", "ml", namespaces=["a", "kube-system"]))

    ((kind, text),) = raised(stack.access(), after)

    assert kind == "cluster-wide-given"
    assert text.endswith("reaches the control plane's own service accounts: nearly cluster-admin")
    assert raised(stack.access(), stack.access(stack.binding("view", "ml"))) == []


@pytest.mark.parametrize("role", ["edit", "admin"])
def test_a_writing_role_is_flagged_where_it_becomes_cluster_wide(stack: Stack, role: str) -> None:
    before = stack.access(stack.binding(role, "ml", namespaces=["a"]))

    ((kind, text),) = raised(before, stack.access(stack.binding(role, "ml")))

    assert kind == "cluster-wide-given"
    assert text.startswith(
        f"east: Group okta:ml (ml) gets {role} cluster wide, which reaches every"
    )


def test_a_role_of_kubernetes_own_that_leads_to_more_is_flagged(stack: Stack) -> None:
    after = stack.access(stack.binding("system:kubelet-api-admin", "ml"))

    assert raised(stack.access(), after) == [
        (
            "escalating-role-given",
            "east: Group okta:ml (ml) gets system:kubelet-api-admin cluster wide, which lets its "
            "holder run commands in every pod of a node, past the API server's audit log",
        )
    ]


@pytest.mark.parametrize("role", ["system:monitoring", "system:discovery", "view"])
def test_a_harmless_role_of_kubernetes_own_is_not_flagged(stack: Stack, role: str) -> None:
    assert raised(stack.access(), stack.access(stack.binding(role, "ml"))) == []


def test_a_role_that_only_the_cluster_knows_is_flagged_for_somebody_who_knows_it(
    stack: Stack,
) -> None:
    in_a = {"groups": ["ml"], "role": "queue", "namespaces": ["a"]}
    after = stack.access(stack.binding("gpu-reader", "ml"), in_a)

    unknown = (
        "a role that neither this stack nor Kubernetes defines: what it gives is known on the "
        "cluster only, so let somebody look who knows it"
    )
    assert raised(stack.access(), after) == [
        ("unknown-role-given", f"east: Group okta:ml (ml) gets {what}, {unknown}")
        for what in ("gpu-reader cluster wide", "role/queue in a")
    ]
    assert raised(after, after) == []


def test_an_entry_that_names_no_role_gives_none_that_is_unknown(stack: Stack) -> None:
    assert raised(stack.access(), stack.access({"groups": ["ml"]})) == []


def test_a_cluster_that_may_only_be_called_otherwise_is_flagged_with_that(stack: Stack) -> None:
    def text(before: dict[str, Any], after: dict[str, Any]) -> str:
        found = raised(stack.access(clusters=[before]), stack.access(clusters=[after]))
        return dict(found)["cluster-removed"]

    by_name = text({"name": "east"}, {"name": "north"})
    by_id = text({"id": ID, "alias": "east"}, {"id": OTHER, "alias": "north"})

    assert by_name.endswith(
        "(if one was only renamed at CoreWeave, nothing on it changes, and the preview says so)"
    )
    assert "renamed" not in by_id


def test_a_cluster_that_nobody_may_administer_any_more_is_flagged(stack: Stack) -> None:
    before = stack.access(stack.binding("admin", "ml", namespaces=["a"]))

    ((kind, text),) = raised(before, stack.access(stack.binding("edit", "ml", namespaces=["a"])))

    assert kind == "nobody-left"
    assert text.startswith("east: nobody is left with admin or cluster-admin; to repair this")


def test_the_last_cluster_admin_is_flagged_although_an_admin_stays(stack: Stack) -> None:
    kept = stack.binding("admin", "leads")
    before = stack.access(stack.binding("cluster-admin", "root"), kept)

    ((kind, text),) = raised(before, stack.access(kept))

    assert kind == "nobody-left"
    assert text.startswith("east: nobody is left with cluster-admin cluster wide; ")


def test_one_cluster_admin_may_follow_another(stack: Stack) -> None:
    before = stack.access(stack.binding("cluster-admin", "root"))
    after = stack.access(stack.binding("cluster-admin", "ops"))

    assert [kind for kind, _ in raised(before, after)] == ["cluster-admin-given"]


def test_where_nobody_was_an_admin_nobody_is_missed(stack: Stack) -> None:
    assert raised(stack.access(stack.binding("view", "a")), stack.access()) == []


def test_groups_are_no_admins_once_no_log_in_carries_them(stack: Stack) -> None:
    binding = stack.binding("cluster-admin", "root")

    found = raised(stack.identity(binding), stack.identity(binding, groupsClaim=None))

    assert [kind for kind, _ in found] == ["nobody-left", "log-in-changed"]
    assert found[1][1].startswith(
        ": groupsClaim: groups → none: groups are read only from this claim"
    )


def test_a_removed_provider_is_flagged(stack: Stack) -> None:
    binding = stack.binding("view", "ml")

    found = raised(stack.access(binding), stack.access(binding, identity=None))

    assert [kind for kind, _ in found] == ["identity-removed"]
    assert "everybody who logs in with https://idp.example.com can no longer log in" in found[0][1]


@pytest.mark.parametrize(
    ("leaf", "value", "text"),
    [
        ("issuerUrl", "https://b", ": issuerUrl: https://idp.example.com → https://b: everybody"),
        ("clientId", "k8s", ": clientId: cks → k8s: everybody must log in again"),
        ("requiredClaim", "hd=a", ": requiredClaim: none → hd=a: tokens must contain this claim"),
    ],
)
def test_another_log_in_is_flagged(stack: Stack, leaf: str, value: str, text: str) -> None:
    ((kind, told),) = raised(stack.identity(), stack.identity(**{leaf: value}))

    assert kind == "log-in-changed"
    assert told.startswith(text)


@pytest.mark.parametrize(
    ("groups", "text"),
    [(["ml"], "1 subject is renamed"), (["ml", "ops"], "2 subjects are renamed")],
)
def test_other_names_are_flagged(stack: Stack, groups: list[str], text: str) -> None:
    binding = stack.binding("view", *groups)

    found = raised(stack.identity(binding), stack.identity(binding, groupsPrefix="x:"))

    assert [kind for kind, _ in found] == ["log-in-changed", "names-changed"]
    assert text in found[1][1]


CLUSTERS: list[tuple[str, list[dict[str, Any]], list[dict[str, Any]], str, str]] = [
    (
        "added",
        [{"name": "a"}],
        [{"name": "a"}, {"name": "b"}, {"name": "c"}],
        "cluster-added",
        "b, c: new in this stack",
    ),
    (
        "removed",
        [{"name": "a"}, {"name": "b"}],
        [{"name": "a"}],
        "cluster-removed",
        "b: no longer in this stack: its bindings there are deleted",
    ),
    (
        "replaced",
        [{"id": ID, "alias": "a"}],
        [{"id": OTHER, "alias": "a"}],
        "cluster-replaced",
        f"a: now a different cluster: {ID} → {OTHER}",
    ),
    (
        "renamed",
        [{"name": "a"}],
        [{"name": "a", "alias": "b"}],
        "cluster-renamed",
        "b: the same cluster as a before: only its name in outputs and kubeconfigs changes",
    ),
    (
        "pinned",
        [{"name": "a"}],
        [{"id": ID, "alias": "a"}],
        "cluster-uncertain",
        f"a: {ID} may be the same cluster as a, but the stack file alone does not tell",
    ),
]


@pytest.mark.parametrize(
    ("before", "after", "kind", "text"), [c[1:] for c in CLUSTERS], ids=[c[0] for c in CLUSTERS]
)
def test_other_clusters_are_flagged(
    stack: Stack, before: list[dict[str, Any]], after: list[dict[str, Any]], kind: str, text: str
) -> None:
    ((found, told),) = raised(stack.access(clusters=before), stack.access(clusters=after))

    assert found == kind
    assert told.startswith(text)


def test_many_clusters_that_are_pinned_are_one_flag_with_their_number(stack: Stack) -> None:
    ids = [f"00000000-0000-4000-8000-{n:012d}" for n in range(200)]
    named = [{"name": f"c{n}"} for n in range(200)]
    pinned = [{"id": cluster, "alias": f"c{n}"} for n, cluster in enumerate(ids)]

    ((kind, told),) = raised(stack.access(clusters=named), stack.access(clusters=pinned))

    assert kind == "cluster-uncertain"
    assert f"200 clusters may be the same as before, such as {ids[0]} as c0, but" in told


def test_a_cluster_that_is_written_by_its_id_now_may_be_the_one_that_went(stack: Stack) -> None:
    found = raised(stack.access(clusters=[{"name": "a"}]), stack.access(clusters=[{"id": ID}]))

    assert [kind for kind, _ in found] == ["cluster-added", "cluster-removed", "cluster-uncertain"]
    assert found[2][1].startswith(f"{ID}: this cluster may have been in the stack before")
    assert "if so, nobody there gains or loses anything" in found[2][1]


def test_a_new_stack_file_is_looked_at(stack: Stack) -> None:
    found = raised(NO_ACCESS, stack.access(stack.binding("view", "ml")))

    assert [kind for kind, _ in found] == ["cluster-added"]
