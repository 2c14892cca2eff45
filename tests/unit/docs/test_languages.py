"""The program in YAML that the page shows has arguments that there are."""

from __future__ import annotations

import yaml

from cks_components.component_provider import schema, values
from docs.site import ROOT
from tests.documentation import blocks

PAGE = ROOT / "docs" / "languages.md"


def test_the_program_of_the_page_is_one_that_the_provider_takes() -> None:
    programs = [
        parsed for text in blocks(PAGE, "yaml") if "resources" in (parsed := yaml.safe_load(text))
    ]
    (program,) = programs
    train = program["resources"]["train"]

    args = values.component_args(train["properties"])

    assert train["type"] == "cks:ClusterAccess"
    assert args.bindings[0].groups == ["ml-engineers"]
    (output,) = program["outputs"].values()
    outputs = schema.package()["resources"]["cks:index:ClusterAccess"]["properties"]
    assert output.removeprefix("${train.").rstrip("}") in outputs
