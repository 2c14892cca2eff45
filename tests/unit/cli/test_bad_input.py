"""Whatever a file holds, people get findings or one line: no traceback, no word of the machinery."""

from __future__ import annotations

import io
import json
import re
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cks_components.api.errors import SettingsError
from cks_components.cli.command import main
from cks_components.rules import examine
from cks_components.stack_file.base_model import StackFileModel
from cks_components.stack_file.reading import decoded
from cks_components.stack_file.settings import StackSettings

if TYPE_CHECKING:
    from tests.unit.conftest import Folder

EXAMPLES = Path(__file__).resolve().parents[3] / "examples" / "providers"
COMMANDS = (
    ("check", "test"),
    ("access", "test", "--diff", "stacks/Pulumi.other.yaml"),
    ("import-file", "test"),
    ("token", "test/none/such"),
)
MACHINERY = re.compile(
    r"Traceback|[Pp]ydantic|[Vv]alidation|NoneType|\bdict|instance|\bobject at|Errno|\w+Error\b"
    r"|unhashable|unicode string|\bNone\b|<class|StackSettings|\bloc\b|input_value"
)
SENSIBLE: dict[str, list[Any]] = {
    "issuerUrl": [
        "https://idp.example.com",
        "http://[",
        "https://accounts.google.com",
        "https://a b",
    ],
    "clientId": ["cks", "api://cks"],
    "provider": ["okta", "entra", "google", "oktta"],
    "usernameClaim": ["email", "sub", "a.b"],
    "groupsPrefix": ["idp:", "-", "system:"],
    "requiredClaim": ["hd=example.com", "groups=a", "="],
    "environment": ["production", "staging"],
    "name": ["local-east", "ci", "A B"],
    "id": ["1b5274f2-8012-4b68-9010-cc4c51613302"],
    "endpoint": ["abc-33de361c.k8s.us-east-04a.coreweave.com", "https://x", "a b"],
    "server": ["https://hook.example.com", "http://[::1", "https://"],
    "managed": ["https://a.example.com", "http://[", "https://[::1]:99999"],
    "proxyUrl": ["http://proxy.example.com", "http://[", "http://a:99999"],
    "ca": ["-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"],
    "clusterRole": ["view", "edti", "cluster-admin"],
    "namespaces": [["training"], []],
    "groups": [["ml", "system:masters"], ["*"]],
    "lifetime": ["30d", "9m", "1e9d"],
    "context": ["{stack}", "{", "{0}", "{stack.x}"],
    "rule": ["OIDC-10", "RBAC-01"],
}
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**25), 10**25)
    | st.floats(allow_nan=True)
    | st.text("ab:{}[]\"'-/ \n\t\x00\x1b\u202eé*&", max_size=8)
    | st.sampled_from(["yes", "2024-01-01", "1_0", "=", "<<", "https://", "{stack}"])
    | st.dates()
)
SECRET = st.fixed_dictionaries({"secure": st.sampled_from(["v1:AAAA", "v1:BBBB"])})
JUNK = st.recursive(
    SCALARS | SECRET,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "issuerUrl", "groups", "server", "x"]), inner)
    ),
    max_leaves=5,
)


def parts(model: type[StackFileModel]) -> st.SearchStrategy[Any]:
    """Parts of a stack file: mostly the right keys, with the right values or others."""
    keys = {key: values(model, key) for key in model.fields_by_key()}
    odd = {f"{key}s": JUNK for key in list(keys)[:2]}
    return st.fixed_dictionaries({}, optional=keys | odd)


def values(model: type[StackFileModel], key: str) -> st.SearchStrategy[Any]:
    inner = model.part_at((key,))
    known = [st.sampled_from(SENSIBLE[key])] if key in SENSIBLE else []
    if inner is not None:
        part = st.deferred(lambda: parts(inner))
        known += [part, st.lists(part, max_size=2)]
    return st.one_of(*known, *known, JUNK)


FILES = st.fixed_dictionaries(
    {"config": parts(StackSettings)}, optional={"environment": JUNK, "encryptionsalt": JUNK}
)


def files_of_examples() -> list[str]:
    return [path.read_text(encoding="utf-8") for path in sorted(EXAMPLES.glob("*.yaml"))]


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A real stack file in which a part was cut out, doubled or overwritten."""
    text = draw(st.sampled_from(files_of_examples()))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 20)))
        middle = draw(
            st.sampled_from(
                ["", text[start:end] * 2, "\n", ": ", "- ", "{", "'", "&a ", "*a", "!!"]
            )
        )
        text = text[:start] + middle + text[end:]
    return text


RAW = st.text("config:-{}[]&*!|>'\"%@`,?#\n\t 0.9ayé\x07\ufeff\u2028", max_size=40).map(
    lambda text: text if text[:1] == "c" else f"config:\n  cks-access:clusters: {text}"
)


@pytest.fixture
def base(folder: Folder) -> Folder:
    """A folder with another stack file to compare with."""
    folder.write("other", clusters=[{"name": "east"}], bindings=[])
    return folder


def check(folder: Folder, text: str, project: str = "") -> None:
    """Every command ends with one of its exit codes, and says nothing of the machinery."""
    (folder.path / "stacks" / "Pulumi.test.yaml").write_text(text, encoding="utf-8")
    manifest = f"name: cks-access\nstackConfigDir: stacks\n{project}"
    (folder.path / "Pulumi.yaml").write_text(manifest, encoding="utf-8")
    for command in COMMANDS:
        said = io.StringIO()
        with redirect_stdout(said), redirect_stderr(said):
            code = main(command)
        assert code in (0, 1, 2), command
        found = MACHINERY.search(said.getvalue())
        assert found is None, (command, said.getvalue())
        assert said.getvalue().isprintable() or "\n" in said.getvalue()


fuzzed = settings(
    max_examples=8,
    suppress_health_check=[  # each example writes its files anew
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)


@fuzzed
@given(content=FILES)
def test_files_of_the_right_form_with_wrong_values(base: Folder, content: dict[str, Any]) -> None:
    config = {f"cks-access:{key}": value for key, value in content["config"].items()}
    check(base, yaml.safe_dump(content | {"config": config}, allow_unicode=True))


@fuzzed
@given(content=parts(StackSettings))
def test_project_files_with_wrong_values(base: Folder, content: dict[str, Any]) -> None:
    project = yaml.safe_dump({"config": {key: {"value": value} for key, value in content.items()}})
    check(base, "config: {}\n", project)


@fuzzed
@given(
    config=st.dictionaries(
        st.sampled_from(
            [
                "clusters",
                "identity.provider",
                "a:b",
                "a[0]",
                "identity[x",
                "a:b:c",
                "clusters[0].name",
            ]
        ),
        JUNK,
    )
)
def test_project_files_of_a_wrong_form(base: Folder, config: dict[str, Any]) -> None:
    stack = json.dumps({"config": {"cks-access:identity": {"clientId": "cks"}}})
    check(base, stack, yaml.safe_dump({"config": config}))


@fuzzed
@given(project=RAW)
def test_project_files_that_are_no_configuration(base: Folder, project: str) -> None:
    check(base, "config: {}\n", project)


@fuzzed
@given(text=mutated())
def test_real_files_that_are_damaged(base: Folder, text: str) -> None:
    check(base, text)


@fuzzed
@given(text=RAW)
@example(text="config: &a [*a]")
@example(text="config: !!python/object:os.system x")
@example(text="config:\n  cks-access:clusters: \x07")
def test_text_that_is_no_stack_file(base: Folder, text: str) -> None:
    check(base, text)


@fuzzed
@given(content=parts(StackSettings))
def test_a_program_refuses_its_settings_with_findings(content: dict[str, Any]) -> None:
    """The engine passes texts; objects as JSON."""
    config = {f"cks-access:{key}": passed(value) for key, value in content.items()}

    said = ""
    try:
        examine(decoded(config)).accepted()
    except SettingsError as error:
        said = str(error)

    assert MACHINERY.search(said) is None


def passed(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)
