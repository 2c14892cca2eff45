"""Every rule on a stack file, for pull requests from forks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from cks_components.api import environment

if TYPE_CHECKING:
    from tests.conftest import World
    from tests.unit.conftest import Folder

IDENTITY: dict[str, Any] = {
    "provider": "okta",
    "issuerUrl": "https://acme.okta.com",
    "clientId": "cks",
    "usernameClaim": "email",
    "clientSecret": {"secure": "AAAB"},
}
ROLE = {
    "name": "pod-reader",
    "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}],
}
CLEAN = {"issuerUrl": "https://idp.example.com", "clientId": "cks", "usernameClaim": "email"}
CLUSTERS = [{"name": "train-east"}]
FILE = """\
config:
  cks-access:clusters:
    - name: train-east
      bindings:
        # nobody says which role
        - groups: [ml]
          namespaces: [training]
"""
WRONG = IDENTITY | {"issuerUrl": "http://acme.okta.com", "colour": "<b>|`red`"}


def test_a_file_without_a_refusal_is_fine_and_needs_no_token(
    folder: Folder, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(environment.TOKEN)
    folder.write(identity=IDENTITY, clusters=CLUSTERS)

    printed = folder.run("check", "test")

    assert printed.code == 0
    assert printed.out.startswith(
        "warning: stacks/Pulumi.test.yaml:1:114: identity.usernameClaim: Okta"
    )
    assert "nothing was compared with a cluster" in printed.err
    assert world.emulator.requests == []


def test_a_file_that_is_refused_ends_with_2_and_names_everything(folder: Folder) -> None:
    folder.write(identity=WRONG, clusters=[])

    printed = folder.run("check", "test")

    assert printed.code == 2
    refused = {line.split(": ")[2] for line in printed.out.splitlines() if line.startswith("error")}
    assert refused == {"identity.colour", "clusters", "identity.issuerUrl"}


def test_a_misspelt_role_is_a_warning_that_says_what_was_meant(folder: Folder) -> None:
    people = {"groups": ["ml"], "clusterRole": "edti", "namespaces": ["training"]}
    pipeline = {"name": "ci", "namespace": "ci", "clusterRole": "veiw"}
    folder.write(clusters=CLUSTERS, bindings=[people], automation=[pipeline])

    printed = folder.run("check", "test")

    assert printed.code == 0
    warned = [line for line in printed.out.splitlines() if line.endswith("[RBAC-11]")]
    assert [line.partition(". ")[0].split(": ", 2)[2] for line in warned] == [
        'automation[0].clusterRole: "veiw" looks like a misspelling of "view", a role that every '
        "cluster has",
        'bindings[0].clusterRole: "edti" looks like a misspelling of "edit", a role that every '
        "cluster has",
    ]


def test_what_is_wrong_on_many_clusters_is_one_line_for_people_and_each_for_programs(
    folder: Folder,
) -> None:
    clusters = [{"name": f"c{index}", "proxyUrl": "ftp://proxy"} for index in range(50)]
    folder.write(identity=CLEAN, clusters=clusters)

    (line,) = [x for x in folder.run("check", "test").out.splitlines() if "NET-02" in x]
    markdown = folder.run("check", "test", "--markdown").out
    data = json.loads(folder.run("check", "test", "--json").out)

    assert "clusters[0].proxyUrl: " in line
    assert "(the same for clusters[1] to clusters[49]: 50 clusters in all) [NET-02]" in line
    assert markdown.count("NET-02") == 1
    assert len([found for found in data if found["rule"] == "NET-02"]) == 50


def test_findings_are_objects_for_programs(folder: Folder) -> None:
    folder.write(identity=WRONG, clusters=CLUSTERS)

    found = json.loads(folder.run("check", "test", "--json").out)

    rules = {finding["rule"]: finding for finding in found}
    assert rules["OIDC-01"]["path"] == "identity.issuerUrl"
    assert rules["OIDC-01"]["level"] == "error"


def test_a_finding_names_file_line_and_column_in_every_format(folder: Folder) -> None:
    path = folder.path / "stacks" / "Pulumi.test.yaml"
    path.write_text(FILE)
    missing = "clusters[0].bindings[0].clusterRole: is missing; write a clusterRole, or a role and its namespaces"
    place = f"stacks/Pulumi.test.yaml:6:11: {missing}"

    text, told = folder.run("check", "test"), folder.run("check", "test", "--markdown")
    found = json.loads(folder.run("check", "test", "--json").out)
    settings = folder.run("import-file", "test")

    assert text.out.splitlines()[0] == f"error: {place}"
    assert place.replace("[", "\\[").replace("]", "\\]") in told.out
    places = {tuple(finding[key] for key in ("file", "line", "column")) for finding in found}
    assert ("stacks/Pulumi.test.yaml", 6, 11) in places
    assert place in settings.err
    assert settings.code == 1


@pytest.mark.parametrize("form", ["json", "markdown"])
def test_a_form_has_two_spellings(folder: Folder, form: str) -> None:
    folder.write(identity=WRONG, clusters=CLUSTERS)

    short = folder.run("check", "test", f"--{form}")

    assert short == folder.run("check", "test", "--format", form)
    assert short.code == 2
    assert short.err == ""
    assert folder.run("check", "test", "--json", "--format", "sarif").code == 1


@pytest.mark.parametrize("is_repository", [True, False])
def test_an_annotation_names_the_file_as_the_repository_does(
    folder: Folder, is_repository: bool
) -> None:
    folder.write(identity=WRONG, clusters=CLUSTERS)
    inside = "stacks/Pulumi.test.yaml"
    if is_repository:
        (folder.path.parent / ".git").write_text("gitdir: elsewhere")
        inside = f"{folder.path.name}/{inside}"

    issues = json.loads(folder.run("check", "test", "--format", "gitlab").out)
    command = folder.run("check", "test", "--format", "github").out.splitlines()[0]
    log = json.loads(folder.run("check", "test", "--format", "sarif").out)

    assert {issue["location"]["path"] for issue in issues} == {inside}
    assert command.startswith(f"::error file={inside},line=1,col=")
    (location,) = log["runs"][0]["results"][0]["locations"]
    assert location["physicalLocation"]["artifactLocation"]["uri"] == inside
    (folder.path.parent / ".git").unlink(missing_ok=True)


@pytest.mark.parametrize("form", ["github", "gitlab", "sarif"])
def test_a_file_that_cannot_be_read_is_an_annotation_and_an_error(
    folder: Folder, form: str
) -> None:
    (folder.path / "stacks" / "Pulumi.test.yaml").write_text("config:\n  a: [\n")

    printed = folder.run("check", "test", "--format", form)

    assert printed.code == 1
    assert "stacks/Pulumi.test.yaml:3:1: is not valid YAML" in printed.err
    assert "is not valid YAML" in printed.out
    assert "stack-file" in printed.out


def test_a_file_that_is_not_there_has_no_line(folder: Folder) -> None:
    printed = folder.run("check", "nothing", "--format", "github")

    assert (printed.code, printed.out) == (1, "")
    assert "cannot read" in printed.err


def test_a_clean_file_has_no_annotation(folder: Folder) -> None:
    folder.write(clusters=CLUSTERS, roles=[ROLE])

    assert folder.run("check", "test", "--format", "github").out == ""
    assert folder.run("check", "test", "--format", "gitlab").out == "[]\n"


def test_markdown_shows_names_as_they_stand(folder: Folder) -> None:
    folder.write(identity=IDENTITY, clusters=CLUSTERS, waivers=[{"rule": "<b>|`x`", "reason": "y"}])

    printed = folder.run("check", "test", "--markdown")

    assert "\\<b\\>\\|\\`x\\`" in printed.out
    assert printed.out.startswith("Every rule was applied: ")


def test_a_clean_file_has_no_finding(folder: Folder) -> None:
    folder.write(clusters=CLUSTERS, roles=[ROLE])

    printed = folder.run("check", "test")

    assert printed.out == ""
    assert "no finding" in printed.err


def test_a_value_that_the_engine_wrote_as_text_is_read_like_any_other(folder: Folder) -> None:
    folder.write(identity=json.dumps(WRONG), clusters=json.dumps(CLUSTERS))

    printed = folder.run("check", "test")

    assert printed.code == 2
    assert "identity.issuerUrl" in printed.out


def test_a_key_without_its_project_is_read_as_the_engine_reads_it(folder: Folder) -> None:
    path = folder.write(identity=WRONG, clusters=CLUSTERS)
    path.write_text(path.read_text().replace('"cks-access:identity"', '"identity"'))

    printed = folder.run("check", "test")

    assert printed.code == 2
    assert ": identity.issuerUrl: " in printed.out


def test_a_key_with_and_without_its_project_is_refused(folder: Folder) -> None:
    path = folder.write(identity=IDENTITY, clusters=CLUSTERS)
    path.write_text(path.read_text().replace('{"config": {', '{"config": {"clusters": [], '))

    printed = folder.run("check", "test")

    assert printed.code == 1
    assert '"cks-access:clusters" is written both with and without "cks-access:"' in printed.err


def test_a_file_is_checked_where_there_is_no_project(folder: Folder) -> None:
    path = folder.write(identity=IDENTITY, clusters=CLUSTERS)
    (folder.path / "Pulumi.yaml").unlink()

    assert folder.run("check", str(path)).code == 0


def test_what_is_encrypted_is_not_judged_by_its_placeholder(folder: Folder) -> None:
    secret = {"secure": "AAAB"}
    identity = CLEAN | {"issuerUrl": secret, "requiredClaim": secret, "adminGroupBinding": secret}
    folder.write(identity=identity, clusters=[{"id": secret, "alias": "east", "proxyUrl": secret}])

    printed = folder.run("check", "test", "--json")

    assert printed.code == 0
    found = json.loads(printed.out)
    assert {finding["level"] for finding in found} == {"information"}
    leaves = {f"identity.{leaf}" for leaf in ("issuerUrl", "requiredClaim", "adminGroupBinding")}
    named = leaves | {"clusters[0].proxyUrl"}
    assert {finding["path"] for finding in found} == named


def test_a_text_cannot_be_a_list_because_it_is_encrypted(folder: Folder) -> None:
    folder.write(identity=CLEAN, clusters=CLUSTERS, bindings=[{"groups": {"secure": "AAAB"}}])

    printed = folder.run("check", "test")

    assert "bindings[0].groups: must be a list, with each entry after a dash" in printed.out


def test_a_whole_key_that_is_encrypted_may_be_anything(folder: Folder) -> None:
    folder.write(
        environment={"secure": "AAAA"}, identity={"secure": "AAAB"}, clusters={"secure": "AAAC"}
    )

    printed = folder.run("check", "test")

    assert printed.code == 0
    assert (
        ": environment: is encrypted, so the rules were as strict as in development" in printed.out
    )


def test_what_is_written_beside_something_encrypted_is_judged(folder: Folder) -> None:
    identity = CLEAN | {"issuerUrl": "http://idp.example.com", "requiredClaim": {"secure": "AAAB"}}
    folder.write(identity=identity, clusters=CLUSTERS)

    printed = folder.run("check", "test", "--json")

    assert printed.code == 2
    assert [finding["rule"] for finding in json.loads(printed.out)] == ["OIDC-01", "RBAC-12", ""]


def test_no_text_of_a_file_is_a_line_or_an_escape_of_its_own(folder: Folder) -> None:
    odd = "x*\n::error::y\r\x1b[2J\u202e"
    folder.write(
        identity=CLEAN, clusters=CLUSTERS, bindings=[{"groups": [odd], "clusterRole": "a"}]
    )

    printed = folder.run("check", "test")

    assert r"x*\n::error::y\r\x1b[2J\u202e" in printed.out
    assert all(line.startswith(("error: ", "information: ")) for line in printed.out.splitlines())
    assert printed.out.replace("\n", "").isprintable()
