"""The first files of a project."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from cks_components.identity.preset import Provider
from cks_components.project import scaffold
from cks_components.project.scaffold import Choices
from cks_components.rules import examine

ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = ROOT / "examples/providers"


def choices(provider: Provider, **more: Any) -> Choices:
    """Those that the worked example of a provider has, with its first name as administrator."""
    config = yaml.safe_load((EXAMPLES / f"Pulumi.{provider}.yaml").read_text())["config"]
    identity, binding = config["cks-access:identity"], config["cks-access:bindings"][0]
    return Choices(
        **{
            "stack": "dev",
            "environment": "development",
            "provider": provider,
            "issuer_url": identity["issuerUrl"],
            "client_id": identity["clientId"],
            "groups_claim": identity.get("groupsClaim", "groups"),
            "clusters": [{"name": "train-east"}],
            "groups": binding.get("groups", [])[:1],
            "users": binding.get("users", [])[:1],
        }
        | more
    )


@pytest.mark.parametrize("provider", get_args(Provider))
def test_the_stack_file_of_every_provider_passes_every_rule_and_has_the_examples_names(
    provider: Provider,
) -> None:
    text = scaffold.stack_file(choices(provider))
    values = {k.partition(":")[2]: v for k, v in yaml.safe_load(text)["config"].items()}
    examined = examine(values)

    assert [str(finding) for finding in examined.findings if finding.refuses] == []
    example = yaml.safe_load((EXAMPLES / f"Pulumi.{provider}.yaml").read_text())["config"]
    written, wanted = values["identity"], example["cks-access:identity"]
    for key in ("usernameClaim", "groupsClaim"):
        assert written.get(key) == wanted.get(key), key
    assert ("usernamePrefix" in written) == ("usernamePrefix" in wanted)


def test_a_stack_file_explains_itself_in_lines_that_fit() -> None:
    text = scaffold.stack_file(choices("google"))

    assert '"cks-access check dev" checks' in text
    assert "# At Google" in text
    assert "pulumi config set --secret --path cks-access:identity.clientSecret" in text
    assert 'requiredClaim: "hd=example.com"' in text
    assert max(map(len, text.splitlines())) <= 100


def test_what_a_person_has_to_add_is_a_comment() -> None:
    assert "    # requiredClaim: repository_owner_id=…" in scaffold.stack_file(choices("github"))


def test_a_cluster_that_shares_its_name_is_named_by_id() -> None:
    text = scaffold.stack_file(choices("okta", clusters=[{"id": "1b52", "alias": "east"}]))

    assert '    - id: "1b52"\n      alias: east\n' in text


def test_the_program_is_that_of_this_repository() -> None:
    files = scaffold.program("cks-access==1.0")

    assert list(files) == ["Pulumi.yaml", "__main__.py", "requirements.txt"]
    assert yaml.safe_load(files["Pulumi.yaml"])["name"] == "cks-access"
    assert files["requirements.txt"] == "cks-access==1.0\n"
    assert files["__main__.py"] == (ROOT / "__main__.py").read_text()
