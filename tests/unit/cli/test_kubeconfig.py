"""Kubeconfigs of a stack, or of clusters as they are, in a file."""

from __future__ import annotations

import io
import json
import stat
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from cks_components.kubernetes.kubeconfig import (
    Login,
    admin_credential,
    build_kubeconfig,
    person_credential,
)
from lab.api import fleet

if TYPE_CHECKING:
    from tests.conftest import World
    from tests.unit.conftest import Folder

TOKEN = "eyJhbGciOi." + "eyJzdWIi.c2ln"
FOREIGN = "4e85a7c5-b345-4e9b-8343-ff7f84946635"
HIDDEN = "[secret]"
OIDC = {"issuerUrl": "https://idp.example.com", "clientId": "cks", "usernameClaim": "email"}


def of(cluster: str, kind: str, credential: dict[str, Any] | None = None) -> str:
    login = Login(issuer_url="https://idp.example.com", client_id="cks")
    return build_kubeconfig(
        f"test/{cluster}/{kind}",
        server=f"https://api.{cluster}.example.com",
        user=f"test/{cluster}/{kind}",
        credential=credential or person_credential(login),
    )


OUTPUTS = {
    "kubeconfigs": {"east": of("east", "people"), "west": of("west", "people")},
    "adminKubeconfigs": {"east": of("east", "operators", admin_credential())},
    "automationKubeconfigs": {
        "east": {
            "deployer": of("east", "pipeline-deployer", {"token": TOKEN}),
            "linter": of("east", "pipeline-linter", {"token": TOKEN}),
        }
    },
    "clusters": {"east": {}, "west": {}},
}
REDACTED = OUTPUTS | {"automationKubeconfigs": HIDDEN}


class Pulumi:
    """The installed Pulumi, which knows one stack; `shown` and `hidden` are what it prints."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.shown: Any = OUTPUTS
        self.hidden: Any = REDACTED
        self.commands: list[list[str]] = []
        self.failure: Exception | None = None
        self.refusal = ""
        monkeypatch.setattr(subprocess, "run", self._run)

    def _run(self, command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        self.commands.append(command)
        if self.failure:
            raise self.failure
        found = self.shown if "--show-secrets" in command else self.hidden
        code = 255 if self.refusal else 0
        return subprocess.CompletedProcess(command, code, json.dumps(found), self.refusal)


@pytest.fixture
def pulumi(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> Pulumi:
    monkeypatch.setenv("KUBECONFIG", str(folder.path / "config"))
    return Pulumi(monkeypatch)


def contexts(path: Path) -> list[str]:
    return [entry["name"] for entry in yaml.safe_load(path.read_text())["contexts"]]


def test_people_get_every_cluster_of_the_stack_into_the_file_that_kubectl_uses(
    folder: Folder, pulumi: Pulumi
) -> None:
    printed = folder.run("kubeconfig", "test")

    path = folder.path / "config"
    assert printed.code == 0
    assert contexts(path) == ["test/east/people", "test/west/people"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert f"{path} has the contexts test/east/people, test/west/people now" in printed.out
    assert "--show-secrets" not in pulumi.commands[0]
    assert pulumi.commands[0][-2:] == ["--stack", "test"]


def test_a_second_time_nothing_is_written(folder: Folder, pulumi: Pulumi) -> None:
    folder.run("kubeconfig", "test")

    printed = folder.run("kubeconfig", "test")

    assert "already; nothing was written" in printed.out
    assert [p.name for p in folder.path.glob("config*")] == ["config"]
    assert len(pulumi.commands) == 2


@pytest.mark.usefixtures("pulumi")
def test_a_changed_file_is_backed_up_and_the_current_context_stays(folder: Folder) -> None:
    folder.run("kubeconfig", "test", "--cluster", "west")

    printed = folder.run("kubeconfig", "test", "--for", "operators", "--json")

    data = json.loads(printed.out)
    assert data["contexts"] == ["test/east/operators"]
    assert (data["currentContext"], data["changed"]) == ("test/west/people", True)
    assert contexts(Path(data["backup"])) == ["test/west/people"]


@pytest.mark.usefixtures("pulumi")
def test_how_to_use_a_context_that_is_not_the_current_one_is_said(folder: Folder) -> None:
    folder.run("kubeconfig", "test", "--cluster", "west")
    path = folder.path / "config"

    printed = folder.run("kubeconfig", "test", "--cluster", "east")
    used = folder.run("kubeconfig", "test", "--cluster", "east", "--use")

    assert f"kubectl --kubeconfig {path} --context test/east/people get pods" in printed.out
    assert "the file as it was before is" in printed.out
    assert "--context" not in used.out


def test_pipelines_get_their_stored_tokens_which_are_never_shown(
    folder: Folder, pulumi: Pulumi
) -> None:
    printed = folder.run("kubeconfig", "test", "--for", "pipelines", "--pipeline", "deployer")

    path = folder.path / "config"
    assert contexts(path) == ["test/east/pipeline-deployer"]
    assert TOKEN in path.read_text()
    assert TOKEN not in printed.out + printed.err
    assert len(pulumi.commands) == 1


def test_a_client_secret_is_asked_for_where_the_kubeconfig_of_people_holds_one(
    folder: Folder, pulumi: Pulumi
) -> None:
    pulumi.hidden = OUTPUTS | {"kubeconfigs": {"east": HIDDEN, "west": HIDDEN}}

    printed = folder.run("kubeconfig", "test")

    assert printed.code == 0
    assert ["--show-secrets" in command for command in pulumi.commands] == [False, True]


def test_another_file_may_be_named(folder: Folder, pulumi: Pulumi) -> None:
    printed = folder.run("kubeconfig", "test", "--output", "people.yaml", "--cluster", "east")

    assert printed.code == 0
    assert contexts(folder.path / "people.yaml") == ["test/east/people"]
    assert not (folder.path / "config").exists()
    assert len(pulumi.commands) == 1


@pytest.mark.usefixtures("pulumi")
def test_it_can_be_printed_instead(folder: Folder) -> None:
    printed = folder.run("kubeconfig", "test", "--stdout")
    data = folder.run("kubeconfig", "test", "--stdout", "--json", "--for", "pipelines").out

    assert yaml.safe_load(printed.out)["current-context"] == "test/east/people"
    assert json.loads(data)["users"][0]["user"]["token"] == TOKEN
    assert not (folder.path / "config").exists()


@pytest.mark.usefixtures("pulumi")
def test_a_secret_is_not_printed_to_a_terminal(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)

    refused = folder.run("kubeconfig", "test", "--stdout", "--for", "pipelines")
    shown = folder.run("kubeconfig", "test", "--stdout")

    assert refused.code == 1
    assert "the kubeconfig holds a secret, so it is not printed to a terminal" in refused.err
    assert shown.code == 0
    assert TOKEN not in terminal.getvalue()
    assert "test/east/people" in terminal.getvalue()


@pytest.mark.usefixtures("pulumi")
def test_of_several_kubeconfigs_those_are_changed_that_kubectl_changes(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing, first, second = (folder.path / name for name in ("missing", "first", "second"))
    first.write_text("# mine\n")
    folder.run("kubeconfig", "test", "--cluster", "west", "--output", str(second))
    monkeypatch.setenv("KUBECONFIG", f"{missing}:{first}:{second}:{first}")

    east = folder.run("kubeconfig", "test", "--cluster", "east")
    both = folder.run("kubeconfig", "test", "--for", "operators", "--json")
    again = folder.run("kubeconfig", "test")

    assert not missing.exists()
    assert f"{first} has the contexts test/east/people now" in east.out
    assert "kubectl --context test/east/people get pods" in east.out
    data = json.loads(both.out)
    assert [written["file"] for written in data["written"]] == [data["file"]] == [str(first)]
    assert data["currentContext"] == "test/west/people"
    assert f"{first}, {second} have the contexts test/east/people, test/west/people" in again.out


@pytest.mark.usefixtures("pulumi")
def test_a_change_of_two_kubeconfigs_names_the_backup_of_each(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = folder.path / "first", folder.path / "second"
    first.write_text(of("east", "people", {"token": "theirs"}))
    second.write_text(of("west", "people", {"token": "theirs"}))
    monkeypatch.setenv("KUBECONFIG", f"{first}:{second}")

    printed = folder.run("kubeconfig", "test", "--overwrite")

    assert f"{first} as it was before is {first}." in printed.out
    assert f"{second} as it was before is {second}." in printed.out


@pytest.mark.usefixtures("pulumi")
def test_entries_of_others_are_kept_and_replaced_on_demand_only(folder: Folder) -> None:
    path = folder.path / "config"
    path.write_text(of("east", "people", {"token": "theirs"}))

    refused = folder.run("kubeconfig", "test")
    kept = path.read_text()
    replaced = folder.run("kubeconfig", "test", "--overwrite")

    assert refused.code == 1
    assert 'the user "test/east/people" (token, exec differs)' in refused.err
    assert kept == of("east", "people", {"token": "theirs"})
    assert 'replaced: the user "test/east/people"' in replaced.out


@pytest.mark.parametrize("source", ["saved.json", "-"])
def test_saved_outputs_need_no_pulumi(
    folder: Folder, pulumi: Pulumi, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder.path / "saved.json").write_text(json.dumps(OUTPUTS))
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(OUTPUTS)))

    printed = folder.run("kubeconfig", "--outputs", source, "--cluster", "east")

    assert printed.code == 0
    assert contexts(folder.path / "config") == ["test/east/people"]
    assert pulumi.commands == []


@pytest.mark.parametrize(
    ("saved", "message"),
    [
        (None, "cannot read saved.json: No such file or directory; check the path"),
        ("not json", 'saved.json: this is not what "pulumi stack output --json" prints'),
        ("5", "cannot read the outputs of a stack from saved.json: this is"),
        ("[]", 'saved.json: this is not what "pulumi stack output --json" prints'),
        ("{}", 'there are none; run "pulumi up" first, or make the kubeconfig of a cluster'),
        (
            json.dumps({"automationKubeconfigs": {"a": 5}}),
            'the output "automationKubeconfigs.a" in saved.json is not a kubeconfig; this is not what '
            '"pulumi stack output --json" prints',
        ),
        (json.dumps(REDACTED), '"automationKubeconfigs" in saved.json is hidden; make the file'),
    ],
    ids=[
        "no file",
        "no json",
        "a number",
        "a list",
        "no outputs",
        "no pipelines",
        "hidden secrets",
    ],
)
def test_saved_outputs_that_are_none_are_said(
    folder: Folder, saved: str | None, message: str
) -> None:
    if saved is not None:
        (folder.path / "saved.json").write_text(saved)

    printed = folder.run("kubeconfig", "--outputs", "saved.json", "--for", "pipelines")

    assert printed.code == 1
    assert message in printed.err


def test_saved_outputs_of_other_content_are_named_all_at_once_and_never_shown(
    folder: Folder,
) -> None:
    broken = {"kubeconfigs": {"a": f"token: {TOKEN}: x", "b": 5}}
    (folder.path / "saved.json").write_text(json.dumps(broken))

    printed = folder.run("kubeconfig", "--outputs", "saved.json", "--output", "config")

    assert (printed.code, printed.out) == (1, "")
    for place in ("kubeconfigs.a", "kubeconfigs.b"):
        assert f'the output "{place}" in saved.json is not a kubeconfig; this is not' in printed.err
    assert TOKEN not in printed.err
    assert not (folder.path / "config").exists()


def test_outputs_of_a_stack_with_other_content_are_named(folder: Folder, pulumi: Pulumi) -> None:
    pulumi.hidden = {"kubeconfigs": {"a": "x"}}

    printed = folder.run("kubeconfig", "test")

    assert printed.code == 1
    assert 'the output "kubeconfigs.a" of the stack is not a kubeconfig; run "pulumi' in printed.err


@pytest.mark.usefixtures("pulumi")
@pytest.mark.parametrize("kind", [(), ("--for", "operators")])
def test_pipelines_are_chosen_among_those_of_pipelines_only(
    folder: Folder, kind: tuple[str, ...]
) -> None:
    printed = folder.run("kubeconfig", "test", *kind, "--pipeline", "deployer")

    assert printed.code == 1
    assert "--pipeline needs --for pipelines" in printed.err
    assert not (folder.path / "config").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--cluster", "eats"), 'no cluster "eats" (the nearest is "east"); they have east, west'),
        (
            ("--for", "pipelines", "--pipeline", "deploy"),
            'no pipeline with a stored token "deploy" (the nearest is "deployer")',
        ),
    ],
)
@pytest.mark.usefixtures("pulumi")
def test_a_name_that_is_not_there_is_said(
    folder: Folder, arguments: tuple[str, ...], message: str
) -> None:
    printed = folder.run("kubeconfig", "test", *arguments)

    assert printed.code == 1
    assert message in printed.err


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("people", "no kubeconfig for people: its identity provider is none that people log in"),
        ("operators", 'no kubeconfig for operators: run "pulumi up"'),
        ("pipelines", "no pipeline of the stack file stores a token; mint one with"),
    ],
)
def test_a_stack_without_such_a_kubeconfig_says_why(
    folder: Folder, pulumi: Pulumi, kind: str, message: str
) -> None:
    pulumi.shown = pulumi.hidden = {"kubeconfigs": {}, "clusters": {}}

    printed = folder.run("kubeconfig", "test", "--for", kind)

    assert printed.code == 1
    assert message in printed.err


@pytest.mark.parametrize(
    ("failure", "refusal", "message"),
    [
        (FileNotFoundError(), "", "pulumi is not installed; install it, or name a file with"),
        (
            subprocess.TimeoutExpired("pulumi", 1),
            "",
            "pulumi did not answer within 120 s; try again",
        ),
        (None, "error: no stack named 'test' found", "\"test\": no stack named 'test' found"),
        (None, " ", '"test": exit code 255'),
    ],
    ids=["not installed", "too slow", "no such stack", "no words"],
)
def test_a_pulumi_that_fails_is_one_sentence(
    folder: Folder, pulumi: Pulumi, failure: Exception | None, refusal: str, message: str
) -> None:
    pulumi.failure, pulumi.refusal = failure, refusal

    printed = folder.run("kubeconfig", "test")

    assert printed.code == 1
    assert printed.err.startswith('cks-access: cannot read the outputs of stack "test": ')
    assert message in printed.err


def test_a_stack_that_pulumi_does_not_know_gets_the_nearest_that_has_a_file(
    folder: Folder, pulumi: Pulumi
) -> None:
    (folder.path / "stacks" / "Pulumi.production.yaml").touch()
    pulumi.refusal = "error: no stack named 'produktion' found"

    printed = folder.run("kubeconfig", "produktion")

    assert printed.code == 1
    assert (
        "no stack named 'produktion' found; check the stack's name (the nearest is" in printed.err
    )
    assert "production" in printed.err


def test_a_cluster_as_it_is_gives_people_its_own_block(
    folder: Folder, pulumi: Pulumi, world: World
) -> None:
    world.emulator.change(fleet.CONTROL_PLANE, oidc=OIDC | {"issuerUrl": "https://a.okta.com"})

    folder.run("kubeconfig", "--cluster", "local-east", "--scope", "groups", "--scope", "x")

    found = yaml.safe_load((folder.path / "config").read_text())
    host = fleet.endpoint("local-east")
    assert found["current-context"] == "local-east/people"
    assert found["clusters"][0]["cluster"]["server"] == f"https://api.{host}"
    arguments = found["users"][0]["user"]["exec"]["args"]
    assert "--oidc-issuer-url=https://a.okta.com" in arguments
    assert [a.partition("scope=")[2] for a in arguments if "scope" in a][-2:] == [
        "offline_access",
        "x",
    ]
    assert pulumi.commands == []


def test_operators_need_no_block(folder: Folder, pulumi: Pulumi) -> None:
    folder.run("kubeconfig", "--cluster", fleet.CONTROL_PLANE, "--for", "operators")

    found = yaml.safe_load((folder.path / "config").read_text())
    assert found["current-context"] == f"{fleet.CONTROL_PLANE}/operators"
    assert found["clusters"][0]["cluster"]["server"] == f"https://{fleet.endpoint('local-east')}"
    assert pulumi.commands == []


@pytest.mark.parametrize(
    ("arguments", "oidc", "message"),
    [
        (("newborn",), None, "(60a7c9e7-d567-40bd-a565-1191a6b68857) has no apiServerEndpoint yet"),
        (
            ("local-east",),
            None,
            "trusts no identity provider, so people cannot log in; set identity",
        ),
        (
            ("local-east",),
            {"issuerUrl": "https://token.actions.githubusercontent.com"},
            "trusts GitHub Actions, where people cannot log in; ask with --for operators",
        ),
        (
            ("local-east",),
            {"issuerUrl": "https://accounts.google.com"},
            "log-in needs a client secret, which is not on the cluster; name the stack that has it",
        ),
        (
            ("local-east", "--for", "pipelines"),
            None,
            "the tokens of pipelines are stored in a stack",
        ),
        (("twin",), None, '2 clusters are called "twin"; write the id of one'),
    ],
    ids=["no endpoint", "no block", "jobs", "a client secret", "pipelines", "two of a name"],
)
def test_a_cluster_that_gives_no_kubeconfig_says_why(
    folder: Folder,
    pulumi: Pulumi,
    world: World,
    arguments: tuple[str, ...],
    oidc: dict[str, str] | None,
    message: str,
) -> None:
    world.emulator.change(fleet.CONTROL_PLANE, oidc=oidc and OIDC | oidc)

    printed = folder.run("kubeconfig", "--cluster", *arguments)

    assert (printed.code, printed.out) == (1, "")
    assert message in printed.err
    assert pulumi.commands == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("test", "--outputs", "-"),
        ("test", "--stdout", "--output", "f"),
        ("test", "--stdout", "--use"),
        ("test", "--stdout", "--overwrite"),
        ("test", "--scope", "groups"),
        ("--outputs", "-", "--scope", "groups"),
    ],
)
def test_sources_and_places_exclude_each_other(folder: Folder, arguments: tuple[str, ...]) -> None:
    printed = folder.run("kubeconfig", *arguments)

    assert printed.code == 1
    assert "exclude each other" in printed.err
