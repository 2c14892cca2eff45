"""The program in examples/library runs, and gives what its comments promise."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pulumi
import pytest
import yaml

from tests.mocks.outputs import Looker

if TYPE_CHECKING:
    from tests.mocks.conftest import RecordingEngine

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "library"
SECRET = "client-secret-" + "of-a-test"


@pytest.mark.parametrize("secret", ["", SECRET])
def test_the_example_of_library_use_runs(engine: RecordingEngine, secret: str) -> None:
    given: dict[str, Any] = yaml.safe_load((FOLDER / "Pulumi.production.yaml").read_text())
    values = {key: json.dumps(value) for key, value in given["config"].items()}
    own = {"platform:clientSecret": secret} if secret else {}
    look = Looker()

    def program() -> None:
        pulumi.runtime.set_all_config(values | own, list(own))
        runpy.run_path(str(FOLDER / "__main__.py"), run_name="__main__")
        stack = pulumi.runtime.get_root_resource()
        outputs: dict[str, Any] = stack.outputs  # type: ignore[union-attr] # the SDK's stack
        look.at(**{name: pulumi.Output.from_input(value) for name, value in outputs.items()})

    engine.outputs["ServiceAccountToken"] = {"token": "eyJ." + "x.y", "expires_at": "2027"}
    engine.deploy(program, project="platform")

    for name in ("kubeconfig", "inferKubeconfig"):
        assert look[name].is_secret == bool(secret)
        assert (SECRET in look[name].value) == bool(secret)
    assert set(look["automationKubeconfigs"].value) == {"deployer"}
    assert len(look["access"].value) == 3
    assert len(engine.typed(":ClusterOidc")) == 2
    (wide,) = (b for b in engine.typed(":ClusterRoleBinding") if b.name.startswith("infer"))
    assert wide.inputs["subjects"][0]["name"] == "okta:ml-engineers"
    assert SECRET not in str([r.inputs for r in engine.registered.values()])
