"""A process loads what it uses, and no more: each command of Pulumi starts several."""

from __future__ import annotations

import pytest

from tests.loaded_modules import loaded_after

PROVIDERS = (
    "cluster_connection",
    "cluster_oidc",
    "cluster_webhooks",
    "namespace_guard",
    "service_account_token",
)
KUBERNETES = "pulumi_kubernetes"
OF_REQUESTS = {"httpx", "cryptography"}
OF_STACK_FILES = {
    f"cks_components.{name}"
    for name in ("cli", "cluster_access", "rules.rule_set", "stack", "stack_file.settings")
}


@pytest.mark.parametrize("module", PROVIDERS)
def test_the_process_of_a_provider_loads_nothing_of_stack_files_or_requests(module: str) -> None:
    loaded = loaded_after(f"import cks_components.{module}")

    assert not loaded & {KUBERNETES, *OF_REQUESTS, *OF_STACK_FILES}


@pytest.mark.parametrize("module", ["cluster_oidc", "cluster_webhooks"])
def test_a_provider_loads_no_client_and_no_lifecycle_before_it_changes_or_reads_a_cluster(
    module: str,
) -> None:
    """A preview without a change compares two property bags."""
    loaded = loaded_after(f"import cks_components.{module}")

    assert not loaded & {"cks_components.api.client", "cks_components.lifecycle.block"}


def test_a_provider_builds_no_model_before_it_needs_one() -> None:
    """Building one takes as long as the import of the package, and a diff needs few of them."""
    names = "api.models.OidcConfig", "api.models.Cluster", "engine.policy.Policy"
    built = "; ".join(
        f"assert not sys.modules['cks_components.{name.rpartition('.')[0]}']"
        f".{name.rpartition('.')[2]}.__pydantic_complete__"
        for name in names
    )

    assert loaded_after(f"import sys, cks_components.cluster_oidc; {built}")


def test_the_program_loads_no_kind_of_kubernetes_that_it_does_not_declare() -> None:
    loaded = loaded_after("import cks_components.stack.deployment")
    versions = {name for name in loaded if name.startswith(KUBERNETES) and name.endswith(".v1")}

    assert versions == {f"{KUBERNETES}.meta.v1", f"{KUBERNETES}.rbac.v1"}
    assert not loaded & {"cryptography", "cks_components.cli", "click", "rich", "httpx"}


def test_the_program_starts_with_little_more_than_pulumi() -> None:
    """The engine starts the provider's process while the program imports the rest."""
    beyond = loaded_after("import cks_components.stack") - loaded_after("import pulumi")

    assert not {name.partition(".")[0] for name in beyond} - {"cks_components", "lazy_loader"}
