"""Checks of a cluster as the CKS API shows it."""

from __future__ import annotations

import pytest

from cks_components.api.models import AuthenticationWebhook, Cluster, OidcConfig, Principal
from cks_components.diagnosis import cluster
from cks_components.diagnosis.result import State, of_findings
from cks_components.rules import Finding, Level

BLOCK = OidcConfig(issuer_url="https://idp.example.com", client_id="cks")
HALF = OidcConfig(issuer_url="https://idp.example.com")
NO_HOST = OidcConfig(issuer_url="https:///", client_id="cks")
HOOK = AuthenticationWebhook(server="https://hook.example.com")
SLASH = OidcConfig(issuer_url="https://idp.example.com/", client_id="cks")


@pytest.mark.parametrize(
    ("principal", "endpoint", "state", "text"),
    [
        (Principal(org_uid="cw1"), "cw1-a.example.com", State.FINE, "its organisation is cw1"),
        (Principal(org_uid="cw1"), "", State.FINE, "its organisation is cw1"),
        (Principal(org_uid="cw1"), "cw2-a.example.com", State.WARNING, "east (1) has the endpoint"),
        (Principal(), "cw1-a.example.com", State.WARNING, "does not say whose it is"),
        (None, "cw1-a.example.com", State.WARNING, "does not say whose it is"),
    ],
)
def test_a_token_of_another_organisation_is_noticed(
    principal: Principal | None, endpoint: str, state: State, text: str
) -> None:
    place = Cluster(id="1", name="east", api_server_endpoint=endpoint)

    found = cluster.token(principal, [place], "the token in A_VARIABLE")

    assert found.state is state
    assert found.text.startswith("the token in A_VARIABLE is ")
    assert text in found.text


@pytest.mark.parametrize(
    ("status", "state", "text"),
    [
        ("RUNNING", State.FINE, "RUNNING"),
        ("UPDATING", State.WARNING, 'wait for it with "cks-access status 1"'),
        ("FAILED", State.WRONG, "waiting does not change that"),
    ],
)
def test_a_status_is_judged(status: str, state: State, text: str) -> None:
    found = cluster.status("east", Cluster(id="1", status=status))

    assert (found.subject, found.state) == ("cluster east: status", state)
    assert text in found.text


@pytest.mark.parametrize(
    ("live", "wanted", "state", "text"),
    [
        (BLOCK, BLOCK, State.FINE, "has the block of the stack file"),
        (SLASH, BLOCK, State.WRONG, "only the slash at the end differs"),
        (
            OidcConfig(),
            BLOCK,
            State.WRONG,
            'the cluster has none, and the stack file sets one; run "pulumi up"',
        ),
        (BLOCK, OidcConfig(), State.FINE, "which this stack does not set"),
        (OidcConfig(), OidcConfig(), State.WARNING, "trusts no identity provider"),
        (HALF, HALF, State.WRONG, "kube-apiserver does not start with the cluster's block"),
        (NO_HOST, NO_HOST, State.WRONG, "has no discovery document"),
    ],
)
def test_a_block_is_compared_with_the_stack_file(
    live: OidcConfig, wanted: OidcConfig, state: State, text: str
) -> None:
    found = cluster.block("east", Cluster(id="1", oidc=live), wanted)

    assert found.state is state
    assert text in found.text


def test_a_pinned_endpoint_is_compared_with_the_clusters() -> None:
    live = Cluster(id="1", name="east", api_server_endpoint="cw1-a.example.com")

    assert list(cluster.endpoint("east", live, "")) == []
    assert list(cluster.endpoint("east", live, "https://api.cw1-a.example.com")) == []
    (found,) = cluster.endpoint("east", live, "cw1-b.example.com")
    assert found.state is State.WRONG
    assert '"cw1-b.example.com" is not the endpoint of cluster east (1)' in found.text


@pytest.mark.parametrize("advice", ["adopt: true", "pulumi refresh", "cks-access import-file"])
def test_a_difference_says_what_to_do_whoever_had_set_the_block(advice: str) -> None:
    live = OidcConfig(issuer_url="https://theirs.example.com", client_id="cks")

    assert f'"{advice}"' in cluster.block("east", Cluster(id="1", oidc=live), BLOCK).text


def test_a_webhook_is_compared_with_the_stack_file() -> None:
    assert list(cluster.webhooks("east", Cluster(id="1", authn_webhook=HOOK), [HOOK])) == []
    (found,) = cluster.webhooks("east", Cluster(id="1"), [HOOK])
    assert (found.subject, found.state) == ("cluster east: authentication webhook", State.WRONG)
    assert "the cluster has none, and the stack file sets one" in found.text


def test_findings_of_rules_are_results_and_informations_are_left_out() -> None:
    levels = (Level.ERROR, Level.WARNING, Level.INFORMATION)
    findings = [Finding(level=level, path="p", text="t", rule="R-1") for level in levels]

    found = of_findings("issuer", findings, well="all is well")
    none = of_findings("issuer", [], well="all is well")

    assert [str(result) for result in found] == [
        "wrong    issuer: p: t [R-1]",
        "warning  issuer: p: t [R-1]",
    ]
    assert [str(result) for result in none] == ["fine     issuer: all is well"]
