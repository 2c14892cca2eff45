"""Findings as GitHub, GitLab and code scanning take them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import ValidationError
from pydantic_sarif.model import (  # type: ignore[import-untyped] # it has no types
    StaticAnalysisResultsFormatSarifVersion210JsonSchema as Sarif,
)

from cks_components.project.positions import LocatedFinding, Position
from cks_components.review import ci_reports
from cks_components.rules import RULES, Finding, Level

FILE = Path("infra, 100%/stacks/Pulumi.production.yaml")
ERROR = LocatedFinding(
    Finding(
        level=Level.ERROR, path="identity.issuerUrl", text="is not\n::https 5%", rule="OIDC-01"
    ),
    FILE,
    Position(7, 5),
)
SHAPE = LocatedFinding(
    Finding(level=Level.WARNING, path="clusters", text="is odd"), FILE, Position(9, 3)
)
WAIVED = LocatedFinding(
    Finding(
        level=Level.INFORMATION, path="bindings[0]", text="x", rule="RBAC-05", waiver="it is a lab"
    ),
    FILE,
    Position(12, 7),
)
FOUND = [ERROR, SHAPE, WAIVED]


def test_github_gets_one_command_a_finding_that_no_text_breaks_out_of() -> None:
    path = "infra%2C 100%25/stacks/Pulumi.production.yaml"

    assert ci_reports.github(FOUND).split("\n") == [
        f"::error file={path},line=7,col=5,title=cks-access OIDC-01"
        "::identity.issuerUrl: is not\\n::https 5%25 [OIDC-01]",
        f"::warning file={path},line=9,col=3,title=cks-access stack-file::clusters: is odd",
        f"::notice file={path},line=12,col=7,title=cks-access RBAC-05"
        "::bindings[0]: x [RBAC-05, waived: it is a lab]",
    ]


def test_gitlab_gets_a_code_quality_report() -> None:
    issues = json.loads(ci_reports.gitlab(FOUND))

    assert [issue.pop("fingerprint") for issue in issues] == [*map(fingerprint, FOUND)]
    assert issues[0] == {
        "description": "identity.issuerUrl: is not\\n::https 5% [OIDC-01]",
        "check_name": "OIDC-01",
        "severity": "blocker",
        "location": {"path": str(FILE), "positions": {"begin": {"line": 7, "column": 5}}},
    }
    assert [issue["severity"] for issue in issues] == ["blocker", "minor", "info"]
    assert issues[1]["check_name"] == "stack-file"


def test_sarif_is_one_run_with_the_rules_that_were_broken() -> None:
    log = json.loads(ci_reports.sarif(FOUND))

    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "cks-access"
    assert [rule["id"] for rule in driver["rules"]] == ["OIDC-01", "RBAC-05", "stack-file"]
    title = next(rule.title for rule in RULES if rule.id == "OIDC-01")
    assert driver["rules"][0]["shortDescription"] == {"text": title}
    assert run["columnKind"] == "unicodeCodePoints"
    assert [result["level"] for result in run["results"]] == ["error", "warning", "note"]
    assert run["results"][0]["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {
                    "uri": "infra%2C%20100%25/stacks/Pulumi.production.yaml",
                    "uriBaseId": "%SRCROOT%",
                },
                "region": {"startLine": 7, "startColumn": 5},
            }
        }
    ]
    assert "suppressions" not in run["results"][0]
    assert run["results"][2]["suppressions"] == [
        {"kind": "inSource", "justification": "it is a lab"}
    ]


@pytest.mark.parametrize("found", [FOUND, []], ids=["findings", "none"])
def test_sarif_follows_its_published_schema(found: list[LocatedFinding]) -> None:
    log = json.loads(ci_reports.sarif(found))

    Sarif.model_validate(log)

    log["runs"][0]["columnKind"] = "bytes"
    with pytest.raises(ValidationError, match="columnKind"):
        Sarif.model_validate(log)


def test_every_rule_can_be_described() -> None:
    found = [replace(ERROR, finding=replace(ERROR.finding, rule=rule.id)) for rule in RULES]

    (run,) = json.loads(ci_reports.sarif(found))["runs"]

    described = {
        rule["id"]: rule["fullDescription"]["text"] for rule in run["tool"]["driver"]["rules"]
    }
    assert all(rule.title in described[rule.id] for rule in RULES)


def test_a_finding_is_known_again_when_lines_are_added_above_it() -> None:
    moved = replace(ERROR, position=Position(70, 5))
    other = replace(ERROR, finding=replace(ERROR.finding, path="identity.ca"))

    assert fingerprint(moved) == fingerprint(ERROR)
    assert len({fingerprint(located) for located in (*FOUND, other)}) == 4


def test_no_finding_is_an_empty_report() -> None:
    assert ci_reports.github([]) == ""
    assert json.loads(ci_reports.gitlab([])) == []
    assert json.loads(ci_reports.sarif([]))["runs"][0]["results"] == []


def fingerprint(located: LocatedFinding) -> str:
    (issue,) = json.loads(ci_reports.gitlab([located]))
    (run,) = json.loads(ci_reports.sarif([located]))["runs"]
    assert run["results"][0]["partialFingerprints"] == {"finding/v1": issue["fingerprint"]}
    return str(issue["fingerprint"])
