"""The rules applied: to a block alone, to a whole stack file, with waivers, to a live issuer."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cks_components import rules
from cks_components.api.models import AuthenticationWebhook, OidcConfig
from cks_components.identity.discovery_document import Published
from cks_components.rules import Context, Examined, Finding, Level, context_of, examine
from tests.unit.rules.subjects import ID, IDENTITY, ISSUER, PUBLISHED, oidc

GROUPS = {"groupsClaim": "https://acme.example/groups", "groupsPrefix": "okta:"}
ENTRA = {
    "provider": "entra",
    "issuerUrl": "https://login.microsoftonline.com/8f3c1f2e-0d0a-4a55-9a43-3f6d1e2b7c10/v2.0",
    "clientId": "5d0b7a34-52f1-4c26-8a3c-0a8e5f0f6f11",
    "usernameClaim": "oid",
    "usernamePrefix": "entra:",
    "groupsClaim": "groups",
    "groupsPrefix": "entra:",
}
OVERAGE = (
    "identity.groupsClaim: for a user in more than 200 groups Entra sends no list, so the login is "
    'refused; choose "groups assigned to the application" or app roles [OIDC-10'
)


def examined(**values: Any) -> Examined:
    return examine({"identity": IDENTITY, "clusters": [{"id": ID, "alias": "east"}]} | values)


def lines(result: Examined, level: Level) -> list[str]:
    return [str(finding) for finding in result.findings if finding.level is level]


class TestABlockAlone:
    def test_a_good_one_has_no_findings(self) -> None:
        good = oidc(requiredClaim="hd=example.com", signingAlgorithms=["RS256"])

        assert rules.block_findings(good) == []
        assert rules.block_findings(OidcConfig()) == []

    def test_every_finding_is_one_line_that_stands_alone(self) -> None:
        (finding,) = rules.block_findings(oidc(signingAlgorithms=["ES256"]))

        assert str(finding) == (
            "signingAlgorithms: ES256 cannot be set on CKS; let the provider sign with RS256 "
            "[OIDC-11]"
        )
        assert finding.refuses

    def test_all_findings_come_at_once(self) -> None:
        wrong = oidc(issuerUrl="http://idp.example.com", requiredClaim="hd", groupsPrefix="-")

        assert [f.rule for f in rules.block_findings(wrong)] == ["OIDC-01", "OIDC-08", "OIDC-12"]

    def test_the_context_of_a_stack_decides_how_strict_it_is(self) -> None:
        open_groups = oidc(groupsClaim="groups")
        waived = Context(environment="production", waivers={"OIDC-08": "no group can be made"})

        (lenient,) = rules.block_findings(open_groups)
        (strict,) = rules.block_findings(open_groups, Context(environment="production"))
        (informed,) = rules.block_findings(open_groups, waived)

        assert [lenient.level, strict.level, informed.level] == [
            Level.WARNING,
            Level.ERROR,
            Level.INFORMATION,
        ]
        assert informed.waiver == "no group can be made"

    def test_the_context_travels_as_plain_values(self) -> None:
        context = Context(environment="staging", provider="okta", waivers={"OIDC-07": "verified"})

        assert Context(**json.loads(json.dumps(asdict(context)))) == context

    def test_an_issuer_on_a_host_of_its_own_needs_no_preset_to_be_known(self) -> None:
        found = rules.block_findings(oidc(issuerUrl="https://acme.okta.com/"))

        assert [f.rule for f in found] == ["OIDC-02", "OIDC-07"]

    def test_the_clusters_own_issuer_is_known_by_its_id(self) -> None:
        own = oidc(issuerUrl=f"https://oidc.cks.coreweave.com/id/{ID}")

        assert [f.rule for f in rules.block_findings(own, cluster_ids=[ID.upper()])] == ["OIDC-04"]
        assert rules.block_findings(own) == []

    def test_certificates_are_judged_by_the_present_unless_another_time_is_given(self) -> None:
        (broken,) = rules.block_findings(oidc(ca="none"), now=datetime(2026, 1, 1, tzinfo=UTC))

        assert str(broken).startswith("ca: contains no certificate")


class TestAStackFile:
    def test_each_finding_names_its_place_in_the_file(self) -> None:
        binding = {"clusterRole": "edit", "groups": ["ml", "system:masters"], "namespaces": ["a"]}

        result = examined(
            identity=IDENTITY | {"issuerUrl": "https://t.auth0.com"} | GROUPS,
            clusters=[
                {"name": "west"},
                {
                    "id": ID,
                    "endpoint": "abc-east.k8s.z.coreweave.com",
                    "bindings": [binding, binding | {"groups": ["ml"], "clusterRole": "*"}],
                },
            ],
        )

        assert [line.partition(":")[0] for line in lines(result, Level.ERROR)] == [
            "identity.issuerUrl",
            "clusters[1].endpoint",
            "clusters[1].bindings[0].groups[1]",
            "clusters[1].bindings[1].clusterRole",
        ]

    @pytest.mark.parametrize(
        ("broken", "untold"),
        [
            ({"identity": ENTRA | {"usernameClaim": 7}}, {"OIDC-22"}),
            ({"identity": ENTRA | {"groupsClaim": 7}}, {"OIDC-10", "OIDC-14", "OIDC-22"}),
            ({"identity": ENTRA | {"groupsPrefix": 7}}, {"OIDC-19", "RBAC-01"}),
            ({"identity": "entra"}, {"OIDC-19", "OIDC-22"}),
            ({"webhooks": {"authentication": 7}}, {"OIDC-22"}),
            ({"clusters": 7}, {"NET-01", "ROLE-08", "EXPECT-01", "WAIVER-04"}),
            ({"bindings": 7}, {"WAIVER-04"}),
            (
                {
                    "automation": [
                        {
                            "name": "a",
                            "namespace": "b",
                            "clusterRole": "view",
                            "createNamespace": "maybe",
                            "deleteNamespace": True,
                        }
                    ]
                },
                {"PIPE-05"},
            ),
        ],
    )
    def test_nothing_is_concluded_from_the_default_of_what_cannot_be_read(
        self, broken: dict[str, Any], untold: set[str]
    ) -> None:
        whole: dict[str, Any] = {
            "identity": ENTRA,
            "bindings": [{"groups": ["0b1c2d3e-4f50-4162-8394-a5b6c7d8e9f0"], "clusterRole": "a"}],
            "waivers": [{"rule": "RBAC-05", "reason": "x"}],
        }

        result = examined(**(whole | broken))
        found = {finding.rule for finding in result.findings}

        assert not found & untold
        assert untold - {"WAIVER-04"} <= set(result.unapplied)
        assert "WAIVER-04" in {f.rule for f in examined(**whole).findings}

    def test_the_effective_names_are_shown_for_every_binding(self) -> None:
        result = examined(
            identity=IDENTITY | GROUPS,
            bindings=[
                {"groups": ["admins"], "clusterRole": "cluster-admin"},
                {
                    "users": ["alice@example.com"],
                    "groups": ["ml"],
                    "clusterRole": "edit",
                    "namespaces": ["training"],
                },
            ],
        )

        assert [str(finding) for finding in result.findings] == [
            'bindings[0]: Group "okta:admins" will get cluster-admin cluster wide [OIDC-19]',
            'bindings[1]: User "alice@example.com", Group "okta:ml" will get edit in training '
            "[OIDC-19]",
        ]

    def test_of_an_entry_that_has_ended_only_its_end_is_judged(self) -> None:
        over = {"clusterRole": "cluster-admin", "until": "2020-01-01"}
        of_cluster = {"id": ID, "bindings": [{"users": ["*"]} | over]}
        result = examined(
            environment="production",
            identity=IDENTITY | GROUPS,
            clusters=[of_cluster],
            bindings=[{"groups": ["system:masters"]} | over],
            automation=[{"name": "default", "namespace": "kube-system"} | over],
        )

        assert [(f.rule, f.path) for f in result.findings] == [
            ("RBAC-12", "bindings"),  # as nobody is bound any more
            ("END-01", "bindings[0].until"),
            ("END-01", "automation[0].until"),
            ("END-01", "clusters[0].bindings[0].until"),
        ]

    def test_a_pipeline_that_has_ended_leaves_its_name_to_another(self) -> None:
        over = {"name": "cd", "namespace": "ci", "clusterRole": "view", "until": "2020-01-01"}
        new = {**over, "until": "2999-01-01"}

        assert not [f for f in examined(automation=[over, new]).findings if f.refuses]
        assert [f.path for f in examined(automation=[new, new]).findings if f.refuses]

    @pytest.mark.parametrize("until", ["tomorrow", 7])
    def test_an_entry_whose_end_cannot_be_read_is_judged_as_one_in_force(
        self, until: object
    ) -> None:
        entry = {"groups": ["system:masters"], "clusterRole": "view", "until": until}

        result = examined(identity=IDENTITY | GROUPS, bindings=[entry])

        assert {f.rule for f in result.findings if f.refuses} == {"", "RBAC-01"}

    def test_production_refuses_what_development_warns_of(self) -> None:
        values: dict[str, Any] = {
            "identity": IDENTITY | {"groupsClaim": "groups", "adminGroupBinding": "admins"},
            "bindings": [
                {"users": ["alice@example.com"], "clusterRole": "cluster-admin"},
                {"users": ["bob@example.com"], "groups": ["ml"], "clusterRole": "edit"},
            ],
        }

        development = examined(**values)
        staging = examined(environment="staging", **values)
        production = examined(environment="production", **values)

        everything = {"OIDC-08", "RBAC-03", "RBAC-04", "RBAC-05", "RBAC-07"}
        assert {f.rule for f in production.findings if f.refuses} == everything
        assert {f.rule for f in staging.findings if f.level is Level.WARNING} == everything
        assert {f.rule for f in development.findings if f.level is Level.WARNING} == {
            "OIDC-08",
            "RBAC-05",
            "RBAC-07",
        }
        assert all(
            f"waive {finding.rule} with a reason" in finding.text
            for finding in production.findings
            if finding.refuses
        )

    def test_names_of_a_stack_that_leaves_the_block_alone_are_taken_as_they_are(self) -> None:
        result = examine(
            {
                "clusters": [{"name": "east"}],
                "bindings": [{"users": ["okta:alice"], "clusterRole": "view"}],
            }
        )

        assert lines(result, Level.INFORMATION) == [
            'bindings[0]: User "okta:alice" will get view cluster wide [OIDC-19]'
        ]

    def test_names_of_an_authentication_webhook_need_no_claim_where_it_is_asked(self) -> None:
        hook = {"authentication": {"server": "https://hook.example.com"}}
        bindings = [{"groups": ["hook:on-call"], "clusterRole": "view"}]
        east = {"id": ID, "webhooks": hook, "bindings": bindings}
        west = {"name": "west", "bindings": bindings}

        def unknown(**values: Any) -> list[str]:
            found = examined(**values).findings
            return [finding.path for finding in found if finding.rule == "OIDC-22"]

        assert unknown(bindings=bindings) == ["bindings[0].groups"]
        assert unknown(bindings=bindings, webhooks=hook) == []
        assert unknown(bindings=bindings, clusters=[east, west]) == [
            "bindings[0].groups",
            "clusters[1].bindings[0].groups",
        ]
        assert unknown(bindings=bindings, clusters=[east]) == []

    def test_two_identities_are_refused_with_a_way_out(self) -> None:
        result = examined(identity=[IDENTITY, ENTRA])

        assert any(
            line.startswith("identity[1]: a cluster trusts one issuer; use a broker")
            for line in lines(result, Level.ERROR)
        )

    def test_what_has_the_wrong_shape_holds_back_no_other_finding(self) -> None:
        result = examined(
            environment="produktion",
            identity=IDENTITY
            | GROUPS
            | {"provider": "oktta", "clientId": 7, "requiredClaim": "hd"},
            clusters=[{"id": 7, "bindings": [{"groups": ["a*"], "rolle": "view"}]}],
            bindings=[{"groups": "ml", "clusterRole": "*"}],
            waivers=[{"rule": "OIDC-99", "reason": "x", "until": "2027"}, {"reason": "x"}],
        )

        assert [line.partition(":")[0] for line in lines(result, Level.ERROR)] == [
            "identity.clientId",
            "identity.provider",
            "clusters[0].id",
            "clusters[0].bindings[0].rolle",
            "environment",
            "bindings[0].groups",
            "waivers[0].until",
            "waivers[1].rule",
            "identity.requiredClaim",
            "bindings[0].clusterRole",
            "clusters[0].bindings[0].groups[0]",
            "waivers[0].rule",
        ]

    @given(
        st.dictionaries(
            st.sampled_from(["environment", "identity", "clusters", "bindings", "waivers", "x"]),
            st.recursive(
                st.none() | st.booleans() | st.integers() | st.text(max_size=4),
                lambda inner: (
                    st.lists(inner, max_size=2)
                    | st.dictionaries(
                        st.sampled_from(["issuerUrl", "clientId", "groups", "rule", "id"]), inner
                    )
                ),
                max_leaves=6,
            ),
        )
    )
    def test_no_file_is_so_wrong_that_it_is_not_examined(self, values: dict[str, Any]) -> None:
        result = examine(values)

        assert result.settings is not None or any(f.refuses for f in result.findings)


class TestWaivers:
    def test_a_waived_finding_informs_and_names_the_reason(self) -> None:
        plain = examined(identity=ENTRA)
        waived = examined(
            identity=ENTRA, waivers=[{"rule": "OIDC-10", "reason": "fewer than 200, 2026-11"}]
        )

        assert lines(plain, Level.WARNING) == [f"{OVERAGE}]"]
        assert f"{OVERAGE}, waived: fewer than 200, 2026-11]" in lines(waived, Level.INFORMATION)
        assert lines(waived, Level.WARNING) == []

    def test_a_waived_error_refuses_no_more_and_the_resource_is_told(self) -> None:
        result = examined(
            environment="production",
            identity=IDENTITY | {"provider": "okta", "adminGroupBinding": "breakglass"},
            waivers=[
                {"rule": "RBAC-07", "reason": "the emergency account, reviewed monthly"},
                {"rule": "OIDC-07", "reason": "all are verified"},
            ],
        )

        settings = result.accepted()

        assert context_of(settings) == Context(
            environment="production",
            provider="okta",
            waivers={
                "RBAC-07": "the emergency account, reviewed monthly",
                "OIDC-07": "all are verified",
            },
        )
        assert not [
            f
            for f in rules.block_findings(oidc(adminGroupBinding="x"), context_of(settings))
            if f.refuses
        ]

    def test_names_of_kubernetes_own_are_never_waived(self) -> None:
        result = examined(
            identity=IDENTITY | {"groupsClaim": "groups", "groupsPrefix": "system:"},
            bindings=[{"groups": ["masters"], "clusterRole": "view"}],
            waivers=[
                {"rule": "OIDC-08", "reason": "please"},
                {"rule": "RBAC-01", "reason": "please"},
            ],
        )

        assert [f.rule for f in result.findings if f.refuses] == [
            "OIDC-08",
            "RBAC-01",
            "WAIVER-02",
        ]
        assert lines(result, Level.WARNING) == [
            "waivers[0]: nothing in this stack needs this waiver of OIDC-08; remove it [WAIVER-04]"
        ]

    def test_a_waiver_without_a_reason_waives_nothing(self) -> None:
        result = examined(identity=ENTRA, waivers=[{"rule": "OIDC-10"}])

        assert [(f.rule, f.level) for f in result.findings] == [
            ("OIDC-10", Level.WARNING),
            ("RBAC-12", Level.INFORMATION),
            ("WAIVER-03", Level.ERROR),
        ]

    def test_a_waiver_that_only_a_network_can_judge_is_let_be(self) -> None:
        result = examined(waivers=[{"rule": "OIDC-16", "reason": "its discovery is private"}])

        assert [finding.rule for finding in result.findings] == ["RBAC-12"]

    def test_an_information_needs_no_waiver(self) -> None:
        result = examined(
            identity=IDENTITY | GROUPS,
            bindings=[{"groups": ["ml"], "clusterRole": "view"}],
            waivers=[{"rule": "OIDC-19", "reason": "too long"}],
        )

        assert [(f.rule, f.waiver) for f in result.findings] == [("OIDC-19", ""), ("WAIVER-04", "")]


class TestALiveIssuer:
    def judged(
        self, published: Published, *, is_strict: bool = False, **waivers: str
    ) -> list[Finding]:
        return rules.discovery_findings(
            published,
            oidc(),
            Context(waivers={key.replace("_", "-"): reason for key, reason in waivers.items()}),
            is_strict=is_strict,
            has_secret=False,
        )

    def test_a_good_one_has_no_findings(self) -> None:
        assert self.judged(PUBLISHED, is_strict=True) == []

    @pytest.mark.parametrize(
        ("is_strict", "level"),
        [(False, Level.WARNING), (True, Level.ERROR)],
        ids=["warn", "strict"],
    )
    def test_what_stops_a_login_warns_or_refuses_as_the_stack_says(
        self, is_strict: bool, level: Level
    ) -> None:
        (finding,) = self.judged(replace(PUBLISHED, issuer=f"{ISSUER}/"), is_strict=is_strict)

        assert finding.level is level
        assert str(finding) == (
            f'identity.issuerUrl: the discovery document says "{ISSUER}/", but the stack file says '
            f'"{ISSUER}"; copy the one from the discovery document [OIDC-16]'
        )

    def test_pkce_that_is_not_announced_never_refuses(self) -> None:
        (finding,) = self.judged(replace(PUBLISHED, pkce_methods=()), is_strict=True)

        assert finding.level is Level.WARNING

    def test_it_can_be_waived(self) -> None:
        (finding,) = self.judged(Published(problem="closed"), is_strict=True, OIDC_16="private")

        assert (finding.level, finding.waiver) == (Level.INFORMATION, "private")


def test_a_finding_about_a_whole_block_begins_with_its_text() -> None:
    hook = AuthenticationWebhook.model_validate({"server": "https://hook.example.com"})

    (finding,) = rules.webhook_findings(hook, Context())

    assert str(finding).startswith("receives every token")
