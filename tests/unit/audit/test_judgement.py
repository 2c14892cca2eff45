"""What is read from a cluster, compared with a stack file."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from cks_components.api.clock import Clock
from cks_components.api.environment import ApiAccess
from cks_components.api.models import Cluster, OidcConfig
from cks_components.audit import contents
from cks_components.audit.finding import AuditFinding
from cks_components.audit.judgement import Audited, audited
from cks_components.kubernetes.client import KubernetesClient
from cks_components.kubernetes.labels import MANAGED_BY
from cks_components.rbac.built_in import built_in
from cks_components.stack_file.settings import StackSettings
from tests.kubernetes_api import FakeKubernetes
from tests.unit.audit.objects import (
    ADMINS,
    IDENTITY,
    RBAC,
    READS,
    binding,
    own,
    policy,
    request,
    role,
    token_secret,
    webhook,
)

SERVER = "https://east.example.com"
ACCOUNT = ("ServiceAccount", "ci/cd")
SECRETS = {"verbs": ["get"], "apiGroups": [""], "resources": ["secrets"]}
BIND = {"verbs": ["bind"], "apiGroups": [RBAC], "resources": ["clusterroles"]}


def judged(
    objects: dict[str, Any],
    namespaces: tuple[str, ...] = ("ci",),
    cluster: Cluster | None = None,
    made: tuple[str, ...] = (),
    **values: Any,
) -> Audited:
    fake = FakeKubernetes(
        "token",
        policy=objects,
        namespaces=list(namespaces),
        namespace_labels={name: dict(MANAGED_BY) for name in made},
    )
    client = KubernetesClient(
        ApiAccess(SERVER, "token"), transport=fake.transport, clock=Clock(sleep=lambda _: None)
    )
    read = contents.read(client)
    assert read.problems == ()
    given = {
        "clusters": [{"name": "east"}],
        "identity": IDENTITY,
        "bindings": [
            {"groups": ["admins"], "clusterRole": "cluster-admin"},
            {"users": ["ann@example.com"], "clusterRole": "view", "namespaces": ["ci"]},
        ],
    }
    written = {key: value for key, value in (given | values).items() if value is not None}
    return audited(StackSettings.model_validate(written), 0, read, cluster)


def only(result: Audited) -> AuditFinding:
    (finding,) = result.findings
    return finding


def labelled(name: str, namespace: str = "ci") -> dict[str, Any]:
    return {"metadata": {"name": name, "uid": name, "namespace": namespace, "labels": MANAGED_BY}}


def test_a_binding_of_the_stack_to_a_role_that_is_gone_is_owned_and_found() -> None:
    objects = policy(own("x", "odd", ADMINS))

    result = judged(
        objects,
        roles=[{"name": "odd", "rules": [READS]}],
        bindings=[{"groups": ["admins"], "clusterRole": "odd"}],
    )

    assert [one.name for one in result.owned] == ["x"]
    finding = only(result)
    assert (finding.kind, finding.who) == ("dangling-binding", ("Group okta:admins",))
    assert finding.notes == (
        "there is no ClusterRole odd: who creates it decides what they get",
        'the stack file asks for the binding; run "pulumi refresh", then "pulumi up"',
    )


def test_everything_that_the_stack_made_and_asks_for_is_owned() -> None:
    ours = [role("queue", READS, **MANAGED_BY), role("left-over", READS, **MANAGED_BY)]
    objects = policy(roles=(*ours, role("lister", READS)))
    objects["roles"] = [role("lister", READS, namespace="ci", **MANAGED_BY)]
    objects["serviceaccounts"] = [
        labelled("cd"),
        labelled("cd", "elsewhere"),
        {"metadata": {"name": "builds", "uid": "x", "namespace": "ci"}},  # somebody else made it
    ]
    objects["secrets"] = [labelled("cd-0-1-abc"), labelled("builds-0-1-abc"), labelled("other")]
    pipeline = {"namespace": "ci", "clusterRole": "view"}
    stored = {"lifetime": "30d", "renewBefore": "7d"}

    result = judged(
        objects,
        ("ci", "elsewhere"),
        made=("ci", "elsewhere"),
        roles=[
            {"name": "queue", "rules": [READS]},
            {"name": "lister", "namespaces": ["ci"], "rules": [READS]},
        ],
        automation=[
            {"name": "cd", "createNamespace": True, "token": stored} | pipeline,
            {"name": "builds"} | pipeline,
        ],
    )

    assert [one.place for one in result.made] == [
        "ClusterRole queue",
        "Role ci/lister",
        "Namespace ci",
        "ServiceAccount ci/cd",
        "Secret ci/cd-0-1-abc",
    ]


def test_what_the_file_asks_for_is_owned_and_nothing_to_look_at() -> None:
    result = judged(
        policy(
            own("a", "cluster-admin", ADMINS),
            own("b", "view", ("User", "ann@example.com"), namespace="ci"),
        )
    )

    assert [b.name for b in result.owned] == ["a", "b"]
    assert result.findings == ()


def test_a_foreign_binding_says_who_gets_what_and_where_it_leads() -> None:
    roles = (role("deploy", SECRETS, BIND),)

    finding = only(judged(policy(binding("x", "deploy", ACCOUNT, namespace="ci"), roles=roles)))

    assert str(finding) == (
        "RoleBinding ci/x: ServiceAccount ci/cd: deploy in ci [escalate and bind, reads of Secrets]"
    )
    assert finding.kind == "foreign-binding"
    assert len(finding.id) == 12


def test_what_leads_to_an_administrators_rights_stands_first() -> None:
    roles = (role("reader", SECRETS), role("giver", BIND))
    bound = [
        binding(name, name, ("User", "eve"))
        for name in ("view", "reader", "giver", "cluster-admin")
    ]
    narrow = binding("here", "cluster-admin", ("User", "eve"), namespace="ci")

    found = judged(policy(narrow, *bound, roles=roles)).findings

    names = [finding.place.rpartition(" ")[2] for finding in found]
    assert names == ["cluster-admin", "ci/here", "giver", "reader", "view"]


def test_the_bindings_of_kubernetes_itself_are_known_and_a_changed_one_is_found() -> None:
    usual = next(b for b in built_in().bindings if b.name == "cluster-admin")
    masters = [(s.kind, s.name) for s in usual.subjects]
    assert judged(policy(binding("cluster-admin", "cluster-admin", *masters))).findings == ()

    changed = binding("cluster-admin", "cluster-admin", *masters, ("User", "eve"))
    finding = only(judged(policy(changed)))

    assert (finding.kind, finding.who) == ("changed-binding", ("User eve",))
    another = binding("cluster-admin", "view", *masters)
    assert only(judged(policy(another))).kind == "foreign-binding"


def test_what_this_program_made_and_the_file_no_longer_asks_for_is_found() -> None:
    stale = own("a", "cluster-admin", ADMINS, ("Group", "okta:oncall"))

    result = judged(policy(stale))

    assert [b.name for b in result.owned] == ["a"]
    assert only(result).who == ("Group okta:oncall",)
    assert only(result).kind == "not-in-the-file"
    assert only(result).notes == ("made by cks-access, but not by this stack file as it is",)


def test_without_an_identity_names_are_not_known_so_the_label_decides() -> None:
    result = judged(policy(own("a", "cluster-admin", ("Group", "any:admins"))), identity=None)

    assert len(result.owned) == 1
    assert result.findings == ()


def test_without_an_identity_names_follow_from_the_clusters_own_block() -> None:
    """So nobody hides a binding behind the label of this program."""
    block = OidcConfig(issuer_url="https://x.example", client_id="x", groups_prefix="live:")
    admins, mallory = ("Group", "live:admins"), ("User", "mallory")

    result = judged(
        policy(own("a", "cluster-admin", admins, mallory)),
        cluster=Cluster(id="1", oidc=block),
        identity=None,
    )

    found = {finding.kind: finding.who for finding in result.findings}
    assert len(result.owned) == 1
    assert found == {"not-in-the-file": ("User mallory",), "foreign-login": ("https://x.example",)}


@pytest.mark.parametrize(
    ("kind", "name", "is_old"),
    [
        ("Group", "admins", True),
        ("Group", "old:admins", True),
        ("User", "https://idp.example.com#ann@example.com", True),
        ("Group", "sysadmins", False),
        ("Group", "system:admins", False),
        ("User", "admins", False),
        ("Group", "okta:admins", False),
    ],
)
def test_a_known_name_under_another_prefix_is_recognised(
    kind: str, name: str, is_old: bool
) -> None:
    finding = only(judged(policy(binding("x", "view", (kind, name)))))

    assert (finding.kind == "old-name") is is_old
    assert any(f'{kind} "{name}" looks like an old name of' in n for n in finding.notes) is is_old


def test_bindings_to_what_is_gone_say_who_could_use_them() -> None:
    gone = binding("x", "lost", ("ServiceAccount", "closed/bot"), namespace="ci", kind="Role")

    finding = only(judged(policy(gone)))

    assert finding.kind == "dangling-binding"
    assert finding.notes == (
        "there is no Role lost: who creates it decides what they get",
        "there is no namespace closed: who creates it has the right",
    )
    unknown = judged(policy(binding("x", "view", ("ServiceAccount", "closed/bot"))), namespaces=())
    assert only(unknown).kind == "foreign-binding"  # the namespaces are not known


def test_a_binding_without_subjects_gives_nobody_anything() -> None:
    finding = only(judged(policy(binding("x", "cluster-admin"))))

    assert (finding.who, finding.paths) == (("nobody",), ())


def test_a_role_that_adds_to_a_role_of_every_cluster_is_found() -> None:
    label = {f"{RBAC}/aggregate-to-view": "true"}
    wide = role("leak", SECRETS, **label)
    local = role("local", SECRETS, namespace="ci", **label)
    labelled = role("labelled", READS, **label, **own("x", "view")["metadata"]["labels"])
    off = role("off", READS, **{f"{RBAC}/aggregate-to-view": "false"})

    finding, hidden = judged(policy(roles=(wide, local, labelled, off))).findings

    assert hidden.place == "ClusterRole labelled"

    assert str(finding) == (
        "ClusterRole leak: everybody with view: also may get secrets [reads of Secrets]"
    )


def test_a_token_that_never_expires_is_found_with_what_its_account_may_do() -> None:
    objects = policy(binding("x", "cluster-admin", ("Group", "system:serviceaccounts:ci")))
    objects["secrets"] = [token_secret("ci", "cd-token", "cd")]
    del (bare := token_secret("ci", "bare", "cd"))["metadata"]["creationTimestamp"]
    objects["secrets"].append(bare)

    found = [f for f in judged(objects).findings if f.kind == "token-secret"]

    assert [str(finding) for finding in found] == [
        "Secret ci/bare: ServiceAccount ci/cd: a token that never expires; cluster-admin cluster "
        "wide [full control]",
        "Secret ci/cd-token: ServiceAccount ci/cd: a token that never expires; cluster-admin cluster "
        "wide [full control]; made 2024-05-01T00:00:00Z",
    ]


def test_requests_for_client_certificates_are_found_unless_they_were_denied() -> None:
    objects = policy()
    end = datetime(2027, 1, 1, tzinfo=UTC)
    objects["certificatesigningrequests"] = [
        request("issued", "Approved", groups=("system:masters",), until=end),
        request("waiting"),
        request("denied", "Denied"),
        request("failed", "Approved", "Failed"),
        request("kubelet", signerName="kubernetes.io/kube-apiserver-client-kubelet"),
        request("odd", request="bm8="),
    ]

    assert [str(finding) for finding in judged(objects).findings] == [
        "CertificateSigningRequest issued: User mallory, Group system:masters: a client certificate, "
        "approved; everything, by the group system:masters [full control]; requested by eve; until "
        "2027-01-01",
        "CertificateSigningRequest odd: an unreadable name: a client certificate, pending; no rights "
        "by bindings; requested by eve",
        "CertificateSigningRequest waiting: User mallory: a client certificate, pending; no rights "
        "by bindings; requested by eve",
    ]


def test_admission_webhooks_are_found_with_their_servers() -> None:
    objects = policy()
    objects["mutatingwebhookconfigurations"] = [
        webhook("inject", service={"namespace": "mesh", "name": "injector"})
    ]
    objects["validatingwebhookconfigurations"] = [webhook("judge", url="https://judge.example.com")]

    assert [str(finding) for finding in judged(objects).findings] == [
        "MutatingWebhookConfiguration inject: service mesh/injector: h.example.com sees, changes and "
        "refuses: pods",
        "ValidatingWebhookConfiguration judge: https://judge.example.com: h.example.com sees, "
        "refuses: pods",
    ]


def test_a_list_of_metadata_may_be_null() -> None:
    """kube-apiserver answers so where there is no Secret of the type."""
    objects = policy()
    objects["secrets"] = None

    assert judged(objects).findings == ()


BASIC = {"verbs": ["create"], "apiGroups": [""], "resources": ["selfsubjectreviews"]}
JOBS = {"verbs": ["get"], "apiGroups": ["batch"], "resources": ["jobs"]}
OWN_ROLE = {"name": "jobs", "rules": [JOBS]}
EXTENDED = {"name": "jobs", "extends": "view", "rules": [JOBS]}
ADDED = {"cks-access/aggregate-to": "jobs"}


def changed(result: Audited) -> list[tuple[str, tuple[str, ...], str]]:
    return [(f.place, f.who, f.what) for f in result.findings if f.kind == "changed-role"]


def test_a_role_of_every_cluster_that_somebody_widened_is_found() -> None:
    widened = role("system:basic-user", BASIC, SECRETS)

    result = judged(policy(roles=(widened,)))

    assert changed(result) == [
        (
            "ClusterRole system:basic-user",
            ("everybody with system:basic-user",),
            "also may get secrets",
        )
    ]
    assert only(result).paths == ("reads of Secrets",)
    assert changed(judged(policy(roles=(role("system:basic-user", BASIC, READS),)))) == []


def test_a_role_of_the_stack_that_somebody_widened_is_found() -> None:
    def found(*live: dict[str, Any], **given: Any) -> list[tuple[str, tuple[str, ...], str]]:
        return changed(judged(policy(roles=live), roles=[OWN_ROLE | given]))

    also = [("ClusterRole jobs", ("everybody with jobs",), "also may get secrets")]
    assert found(role("jobs", JOBS)) == []
    assert found() == []
    assert found(role("jobs", JOBS, SECRETS)) == also
    (there,) = found(role("jobs", JOBS, SECRETS, namespace="ci"), namespaces=["ci", "other"])
    assert there[0] == "Role ci/jobs"


def test_a_role_that_gives_the_same_in_another_order_is_not_found() -> None:
    given = [{**JOBS, "verbs": ["get", "list"]}, SECRETS]
    live = role("jobs", SECRETS, {**JOBS, "verbs": ["list"]}, {**JOBS, "verbs": ["get", "list"]})

    def found(*rules: dict[str, Any]) -> list[tuple[str, tuple[str, ...], str]]:
        roles = [OWN_ROLE | {"rules": given}]
        return changed(judged(policy(roles=(role("jobs", *rules),)), roles=roles))

    assert found(*live["rules"]) == []
    ((_, _, more),) = found({**JOBS, "verbs": ["watch", "list", "get"]}, SECRETS)
    assert more == "also may watch jobs.batch"


def test_what_was_added_to_a_role_leads_on_together_with_what_the_role_had() -> None:
    new = {**SECRETS, "verbs": ["create"]}
    named = {**SECRETS, "resourceNames": ["mine"]}

    result = judged(policy(roles=(role("jobs", new, named),)), roles=[OWN_ROLE | {"rules": [new]}])

    assert only(result).what == "also may get secrets named mine"
    assert only(result).paths == ("tokens of service accounts",)


def test_rules_that_somebody_slipped_into_an_extended_role_are_found() -> None:
    selectors = [{"matchLabels": ADDED}, {"matchLabels": {f"{RBAC}/aggregate-to-view": "true"}}]
    whole = role("jobs") | {"aggregationRule": {"clusterRoleSelectors": selectors}}
    given = role("cks-access:aggregate-to-jobs", JOBS, **ADDED)
    slipped = role("innocent", SECRETS, **ADDED)

    assert changed(judged(policy(roles=(whole, given)), roles=[EXTENDED])) == []
    result = judged(policy(roles=(whole, given, slipped)), roles=[EXTENDED])
    assert changed(result) == [
        ("ClusterRole jobs", ("everybody with jobs",), "also may get secrets")
    ]
