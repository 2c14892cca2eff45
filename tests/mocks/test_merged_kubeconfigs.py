"""All kubeconfigs of an organisation in one: the real kubectl merges them and loses nothing."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pulumi
import pytest
import yaml

from cks_components import ClusterAccess, ClusterAccessArgs
from cks_components.api import errors
from cks_components.kubernetes.kubeconfig import Naming
from cks_components.rules import examine
from cks_components.stack import deploy

if TYPE_CHECKING:
    from tests.mocks.conftest import RecordingEngine

ROOT = Path(__file__).resolve().parents[2]
STACKS = ("development", "staging", "production")
ENTRIES = ("clusters", "users", "contexts")
PIPELINE = {
    "name": "operators",  # also the name of a kind
    "namespace": "ci",
    "clusterRole": "view",
    "namespaces": ["ci"],
    "token": {"lifetime": "30d", "renewBefore": "7d"},
}
ID = "1b5274f2-8012-4b68-9010-cc4c51613302"
HOST = "abc123-33de361c.k8s.us-east-04a.coreweave.com"


def kubectl(*arguments: str, **variables: str) -> str:
    program = ROOT / ".tools" / "bin" / "kubectl"
    if not program.exists():
        pytest.fail('kubectl is missing: run "make setup"')
    run = subprocess.run(
        [program, *arguments],
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout


def config(stack: str, alias: str | None = None, **more: Any) -> dict[str, str]:
    """The example's values, with a pipeline, and perhaps its first cluster under another name."""
    text = (ROOT / "stacks" / f"Pulumi.{stack}.yaml").read_text()
    values = yaml.safe_load(text)["config"] | {"cks-access:automation": [PIPELINE]}
    if alias is not None:
        values["cks-access:clusters"][0]["alias"] = alias
    values |= {f"cks-access:{key}": value for key, value in more.items()}
    return {k: v if isinstance(v, str) else json.dumps(v) for k, v in values.items()}


def texts(exported: Any) -> Iterator[str]:
    for value in exported.values():
        if isinstance(value, str):
            yield value
        else:
            yield from texts(value)


@pytest.fixture
def handed_out(engine: RecordingEngine, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a stack file and give every kubeconfig that it hands out."""
    engine.outputs["ServiceAccountToken"] = {
        "token": "eyJ." + "stored" + ".x",
        "expires_at": "2026-12-25T12:00:00Z",
    }

    def run(stack: str, values: dict[str, str]) -> list[str]:
        exported: dict[str, Any] = {}
        outputs: dict[str, Any] = {}
        monkeypatch.setattr(pulumi, "export", exported.__setitem__)
        engine.stack = stack

        def program() -> None:
            deploy(values)
            pulumi.Output.all(**exported).apply(outputs.update)

        engine.deploy(program)
        kinds = ("kubeconfigs", "adminKubeconfigs", "automationKubeconfigs")
        return [text for kind in kinds for text in texts(outputs[kind])]

    return run


def merged(given: list[str], folder: Path) -> dict[str, Any]:
    paths = [folder / f"{index}.yaml" for index in range(len(given))]
    for path, text in zip(paths, given, strict=True):
        path.write_text(text)
    named = os.pathsep.join(map(str, paths))
    text = kubectl("config", "view", "--flatten", "--raw", KUBECONFIG=named)
    together: dict[str, Any] = yaml.safe_load(text)
    return together


@pytest.mark.parametrize("pattern", [None, "{environment}-{cluster}-{kind}"])
def test_a_merge_of_all_stacks_loses_nothing(
    handed_out: Any, tmp_path: Path, pattern: str | None
) -> None:
    """Although a cluster of two stacks has one name, and a pipeline that of a kind."""
    more = {"kubeconfig": {"context": pattern}} if pattern else {}
    given = [text for s in STACKS for text in handed_out(s, config(s, "east", **more))]
    assert len(given) == 3 * 4  # of three kinds, for one, one and two clusters

    all_in_one = merged(given, tmp_path)
    single = [merged([text], tmp_path) for text in given]  # kubectl adds defaults

    for entries in ENTRIES:
        alone = {e["name"]: e for config in single for e in config[entries]}
        assert len(alone) == len(given)
        assert {e["name"]: e for e in all_in_one[entries]} == alone


def test_people_type_the_stack_the_cluster_and_the_kind(handed_out: Any) -> None:
    people, operators, pipeline = handed_out("staging", config("staging"))

    contexts = [yaml.safe_load(t)["current-context"] for t in (people, operators, pipeline)]
    assert contexts == [
        "staging/staging-east/people",
        "staging/staging-east/operators",
        "staging/staging-east/pipeline-operators",
    ]


def test_a_pattern_names_the_contexts_alone(handed_out: Any) -> None:
    pattern = {"context": "{kind}@{cluster}"}

    (people, *_) = handed_out("staging", config("staging", kubeconfig=pattern))

    parsed = yaml.safe_load(people)
    assert parsed["current-context"] == parsed["contexts"][0]["name"] == "people@staging-east"
    assert parsed["contexts"][0]["context"]["cluster"] == "staging/staging-east/people"


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("{cluser}-{kind}", 'kubeconfig.context: "{cluser}-{kind}" has an unknown placeholder'),
        ("{cluster!r}-{kind}", "has an unknown placeholder; the placeholders are {cluster}, "),
        ("{cluster:>9}-{kind}", "has an unknown placeholder"),
        ("{cluster-{kind}", "has an unmatched brace"),
        ("{}-{kind}", "has an unknown placeholder"),
        ("{kind}-{cluster", "has an unmatched brace; the placeholders are {cluster}, "),
        (
            "{cluster}",
            "kubeconfig.context: gives the same context to the kubeconfigs of train-east for "
            "people and of train-east for operators, so one",
        ),
        ("{kind}", "of train-east for people and of infer-west for people, so"),
        ("", "kubeconfig.context: is empty; write a text"),
    ],
)
def test_a_pattern_that_would_lose_an_entry_is_a_finding(
    engine: RecordingEngine, pattern: str, message: str
) -> None:
    values = config("production", kubeconfig={"context": pattern})

    with pytest.raises(errors.SettingsError) as caught:
        engine.deploy(lambda: deploy(values))

    assert message in str(caught.value)
    assert engine.registered == {}


def test_one_kubeconfig_needs_no_placeholder() -> None:
    """Without people or pipelines there is one for each cluster."""
    binding = {"groups": ["a"], "clusterRole": "view"}
    values = {"clusters": [{"name": "a"}], "bindings": [binding], "kubeconfig": {"context": "it"}}

    assert examine(values).accepted().naming("s").entry("a", "operators").context == "it"


def test_a_program_of_ones_own_is_named_by_project_and_stack(engine: RecordingEngine) -> None:
    made: list[str] = []
    args = ClusterAccessArgs(cluster_id=ID, endpoint=HOST)

    def program() -> None:
        ClusterAccess("train", args).admin_kubeconfig.apply(made.append)

    engine.deploy(program)

    parsed = yaml.safe_load(made[0])
    assert parsed["current-context"] == "cks-access/test/train/operators"


def test_a_wrong_pattern_in_a_program_is_refused() -> None:
    with pytest.raises(errors.SettingsError, match="context: "):
        Naming(stack="s", context="{x}")
