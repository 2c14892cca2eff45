"""The first stack file, from flags or from a dialogue; nothing is ever overwritten."""

from __future__ import annotations

import base64
import io
import json
import os
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pexpect
import pytest
import yaml

from cks_components.api import environment
from lab.api import fleet
from lab.api.emulator import Emulator
from lab.api.server import serve
from tests.issuer import Issuer, running_issuer

if TYPE_CHECKING:
    from tests.unit.conftest import Folder

TOKEN = "CW-SECRET-" + "init"
GOOGLE = "https://accounts.google.com"


class Terminal(io.StringIO):
    """Somebody who has typed the answers already."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def nothing_but_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")


@pytest.fixture
def issuer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Issuer]:
    with running_issuer(tmp_path / "issuer") as running:
        path = tmp_path / "ca.pem"
        path.write_bytes(base64.b64decode(running.ca))
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield running


@pytest.fixture
def own(folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """A folder of its own, without a project."""
    folder.path = tmp_path / "own"
    folder.path.mkdir()
    (tmp_path / "Pulumi.yaml").unlink()
    monkeypatch.chdir(folder.path)
    return folder


def flags(issuer: str, **more: str) -> list[str]:
    given = {
        "provider": "generic",
        "issuer": issuer,
        "client-id": "kubernetes",
        "cluster": "local-east",
        "admin-group": "platform-admins",
    }
    return [f"--{name}={value}" for name, value in (given | more).items() if value]


def identity(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text())["config"]["cks-access:identity"]
    return found


def test_a_stack_file_is_written_where_the_project_has_them_and_passes_check(
    folder: Folder, issuer: Issuer
) -> None:
    printed = folder.run("init", "dev", *flags(issuer.url))

    assert printed.code == 0, printed.err
    assert printed.out == (
        "written: stacks/Pulumi.dev.yaml\nnext:\n  cks-access check dev\n  pulumi stack init dev\n"
        "  pulumi preview --diff\n"
    )
    assert printed.err == f"the discovery document of {issuer.url} was read\n"
    assert folder.run("check", "dev").code == 0
    assert "Group oidc:platform-admins" in folder.run("access", "dev").out


def test_a_folder_of_ones_own_gets_a_program_too(own: Folder, issuer: Issuer) -> None:
    printed = own.run("init", *flags(issuer.url), "--json")

    files = ["Pulumi.yaml", "__main__.py", "requirements.txt", "Pulumi.development.yaml"]
    assert json.loads(printed.out)["written"] == files
    assert sorted(path.name for path in own.path.iterdir()) == sorted(files)
    assert own.run("check", "development").code == 0


def test_the_issuer_is_written_as_the_discovery_document_has_it(
    folder: Folder, issuer: Issuer
) -> None:
    printed = folder.run("init", "dev", *flags(f"{issuer.url}/"))

    assert f'names the issuer "{issuer.url}", which is written' in printed.err
    assert identity(folder.path / "stacks/Pulumi.dev.yaml")["issuerUrl"] == issuer.url


def test_another_issuer_in_the_document_is_refused(folder: Folder, issuer: Issuer) -> None:
    found, issuer.url = issuer.url, "https://another.example.com"

    printed = folder.run("init", "dev", *flags(found))

    assert printed.code == 1
    assert 'names the issuer "https://another.example.com"; give that one' in printed.err


def test_without_network_and_token_what_was_given_is_written_with_notes(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(environment.TOKEN)

    printed = folder.run("init", "dev", *flags("https://idp.example.com"))

    assert printed.code == 0
    assert (
        "note: the discovery document of https://idp.example.com could not be read" in printed.err
    )
    assert "note: the clusters were not looked up: COREWEAVE_API_TOKEN is not set" in printed.err


def test_a_cluster_has_to_be_visible_and_gets_its_id_if_its_name_is_another_ones_too(
    folder: Folder, issuer: Issuer
) -> None:
    west = next(c for c in fleet.clusters() if c["name"] == "twin")["id"]

    unknown = folder.run("init", "dev", *flags(issuer.url, cluster="nowhere"))
    folder.run("init", "dev", *flags(issuer.url, cluster=west))

    assert 'cannot write a stack file: no cluster "nowhere" is visible' in unknown.err
    assert f'- id: "{west}"' in (folder.path / "stacks/Pulumi.dev.yaml").read_text()


@pytest.mark.parametrize(
    "name", ["bad name", ".", "..", "../x", "a/b/c/d", "a//b", "zoë", "n" * 101, "n" * 300]
)
def test_a_stack_has_a_name_that_pulumi_takes(own: Folder, name: str) -> None:
    printed = own.run("init", name, *flags("https://idp.example.com"))

    assert printed.code == 1
    assert f'cannot write a stack file: "{name}" is not a name that Pulumi takes' in printed.err
    assert list(own.path.iterdir()) == []


def test_a_stack_without_a_name_is_not_written(own: Folder) -> None:
    printed = own.run("init", "", *flags("https://idp.example.com"))

    assert printed.code == 1
    assert "the stack's name is empty" in printed.err
    assert list(own.path.iterdir()) == []


@pytest.mark.parametrize("name", ["a.b-c_1", "acme/cks-access/dev", "n" * 100])
def test_every_name_that_pulumi_takes_will_do(folder: Folder, issuer: Issuer, name: str) -> None:
    assert folder.run("init", name, *flags(issuer.url)).code == 0
    assert folder.run("check", name).code == 0


def test_an_id_is_an_id_without_a_token_too(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(environment.TOKEN)
    id_ = fleet.CONTROL_PLANE

    folder.run("init", "dev", *flags("https://idp.example.com", cluster=id_.upper()))

    written = yaml.safe_load((folder.path / "stacks/Pulumi.dev.yaml").read_text())["config"]
    assert written["cks-access:clusters"] == [{"id": id_}]


def test_a_cluster_without_a_name_is_refused(folder: Folder, issuer: Issuer) -> None:
    printed = folder.run("init", "dev", *flags(issuer.url), "--cluster=")

    assert printed.code == 1
    assert "the name is empty" in printed.err


def test_a_block_that_a_cluster_has_already_is_told(folder: Folder, issuer: Issuer) -> None:
    printed = folder.run("init", "dev", *flags(issuer.url, cluster="foreign"))

    written = (folder.path / "stacks/Pulumi.dev.yaml").read_text()
    told = "cluster foreign has an OIDC block already"
    assert printed.code == 0
    assert f'note: {told}, which "pulumi up" replaces only with "adopt: true"' in printed.err
    assert told in written
    assert "\n    # adopt: true\n" in written
    assert "generic" not in printed.err
    assert "Any other" not in written


def test_the_issuer_of_a_provider_that_has_one_need_not_be_given(folder: Folder) -> None:
    user = {"provider": "google", "admin-group": "", "admin-user": "ann@example.com"}

    printed = folder.run("init", "dev", *flags("", **user))

    assert printed.code == 0, printed.err
    assert identity(folder.path / "stacks/Pulumi.dev.yaml")["issuerUrl"] == GOOGLE


def test_a_question_is_asked_again_until_its_answer_will_do(
    folder: Folder, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_twin = next(c for c in fleet.clusters() if c["name"] == "twin")["id"]
    answers = ["nobody", "generic", "not a url", issuer.url, "kubernetes", "abc", "twin", one_twin]
    answers += ["system:masters", "admins"]
    monkeypatch.setattr(sys, "stdin", Terminal("\n".join(answers) + "\n"))

    printed = folder.run("init", "dev")

    assert printed.code == 0, printed.err
    assert printed.err.count("Error: ") == 5
    assert 'Error: cannot write a stack file: identity.issuerUrl: "not a url"' in printed.err
    assert 'Error: cannot write a stack file: no cluster "abc" is visible' in printed.err
    assert f'2 clusters are called "twin"; write the id of one: {one_twin}' in printed.err
    assert "system:masters" in printed.err
    written = yaml.safe_load((folder.path / "stacks/Pulumi.dev.yaml").read_text())["config"]
    assert written["cks-access:identity"]["issuerUrl"] == issuer.url
    assert written["cks-access:clusters"] == [{"id": one_twin}]
    assert written["cks-access:bindings"][0]["groups"] == ["admins"]


@pytest.mark.parametrize("name", ["Pulumi.dev.yaml", "__main__.py", "requirements.txt"])
def test_nothing_is_overwritten_and_then_nothing_is_written(
    own: Folder, issuer: Issuer, name: str
) -> None:
    (own.path / name).write_text("mine")

    printed = own.run("init", "dev", *flags(issuer.url))

    assert printed.code == 1
    assert f"{name} is there already, and nothing is overwritten" in printed.err
    assert [path.name for path in own.path.iterdir()] == [name]
    assert (own.path / name).read_text() == "mine"
    is_of_a_program = name != "Pulumi.dev.yaml"
    assert ("name another stack" in printed.err) is not is_of_a_program
    assert ("where a Pulumi.yaml is in the folder" in printed.err) is is_of_a_program


def test_a_link_that_leads_nowhere_is_there_already(own: Folder, issuer: Issuer) -> None:
    link = own.path / "Pulumi.dev.yaml"
    link.symlink_to("nowhere")

    printed = own.run("init", "dev", *flags(issuer.url))

    assert "Pulumi.dev.yaml is there already" in printed.err
    assert list(own.path.iterdir()) == [link]


def test_no_half_is_left_where_a_file_cannot_be_written(
    own: Folder, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Path.open

    def full(path: Path, mode: str = "r", **more: Any) -> Any:
        if mode == "x" and path.name == "requirements.txt":
            raise OSError(28, "No space left on device")
        return write(path, mode, **more)

    monkeypatch.setattr(Path, "open", full)

    printed = own.run("init", "dev", *flags(issuer.url))

    assert "cannot write requirements.txt: No space left on device" in printed.err
    assert list(own.path.iterdir()) == []


def test_a_rule_that_refuses_what_was_given_stops_it_before_anything_is_written(
    own: Folder,
) -> None:
    printed = own.run("init", "dev", *flags("http://idp.example.com"))

    assert printed.code == 1
    assert (
        'cannot write a stack file: identity.issuerUrl: "http://idp.example.com" is' in printed.err
    )
    assert list(own.path.iterdir()) == []


def test_what_is_missing_is_named_at_once_where_nobody_can_be_asked(folder: Folder) -> None:
    printed = folder.run("init", "dev", "--provider", "okta")

    assert printed.code == 1
    assert (
        "there is no terminal to ask at; give --issuer, --client-id, --cluster, --admin-group or "
        "--admin-user"
    ) in printed.err


def test_a_provider_without_groups_wants_a_user(folder: Folder) -> None:
    refused = folder.run("init", "dev", *flags(GOOGLE, provider="google"))
    user = {"admin-group": "", "admin-user": "ann@example.com"}
    written = folder.run("init", "dev", *flags(GOOGLE, provider="google", **user))

    assert "Google sends no groups of people; give --admin-user" in refused.err
    assert written.code == 0, written.err
    assert identity(folder.path / "stacks/Pulumi.dev.yaml")["requiredClaim"] == "hd=example.com"


def test_a_folder_that_cannot_be_written_is_one_sentence(folder: Folder, issuer: Issuer) -> None:
    (folder.path / "stacks").rmdir()
    (folder.path / "stacks").write_text("a file")

    printed = folder.run("init", "dev", *flags(issuer.url))

    assert printed.code == 1
    assert "cannot write stacks/Pulumi.dev.yaml: " in printed.err


@pytest.mark.parametrize(
    ("origin", "requirement"),
    [
        (None, "cks-access=={version}"),
        ({"url": "file:///x", "dir_info": {"editable": True}}, "--editable file:///x"),
        ({"url": "file:///x.whl", "archive_info": {}}, "cks-access @ file:///x.whl"),
        (
            {"url": "https://g.example/c", "vcs_info": {"vcs": "git", "commit_id": "5efb2fe"}},
            "cks-access @ git+https://g.example/c@5efb2fe",
        ),
    ],
    ids=["index", "editable", "wheel", "git"],
)
def test_the_program_requires_the_package_as_it_was_installed(
    own: Folder,
    issuer: Issuer,
    monkeypatch: pytest.MonkeyPatch,
    origin: dict[str, Any] | None,
    requirement: str,
) -> None:
    text = None if origin is None else json.dumps(origin)
    monkeypatch.setattr(metadata.Distribution, "read_text", lambda *_: text)
    monkeypatch.setattr(metadata.PathDistribution, "read_text", lambda *_: text)
    monkeypatch.setattr(metadata.Distribution, "version", "1.0")

    own.run("init", "dev", *flags(issuer.url))

    written = (own.path / "requirements.txt").read_text()
    assert written == requirement.format(version="1.0") + "\n"


@pytest.mark.parametrize(
    ("answers", "who"),
    [
        (["google", "", "1.apps.googleusercontent.com", "local-east", "ann@example.com"], "users"),
        (["", "https://idp.example.com", "kubernetes", "local-east,", "admins"], "groups"),
        (["jumpcloud", "", "kubernetes", "local-east", "admins"], "groups"),
    ],
    ids=["google", "generic", "jumpcloud"],
)
def test_the_questions_follow_from_the_provider(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, answers: list[str], who: str
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal("\n".join(answers) + "\n"))

    printed = folder.run("init", "dev")

    assert printed.code == 0, printed.err
    written = yaml.safe_load((folder.path / "stacks/Pulumi.dev.yaml").read_text())["config"]
    assert written["cks-access:bindings"][0][who] == [answers[-1]]
    assert written["cks-access:clusters"] == [{"name": "local-east"}]


def test_without_a_token_the_clusters_are_asked_for_as_well(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(environment.TOKEN)
    monkeypatch.setattr(sys, "stdin", Terminal("train-east\n"))

    printed = folder.run("init", "dev", *flags("https://idp.example.com", cluster=""))

    assert printed.code == 0, printed.err
    assert "- name: train-east" in (folder.path / "stacks/Pulumi.dev.yaml").read_text()


def dialogue(cwd: Path, url: str, ca: Path, provider: str, *answers: tuple[str, str]) -> str:
    """Answer questions at a terminal; returns everything that it showed."""
    variables = {
        "COREWEAVE_API_ENDPOINT": url,
        "COREWEAVE_API_TOKEN": TOKEN,
        "SSL_CERT_FILE": str(ca),
        "NO_PROXY": "127.0.0.1",
        "COLUMNS": "200",
    }
    program = [sys.executable, "-m", "cks_components.cli.command"][1:]
    child = pexpect.spawn(
        sys.executable,
        [*program, "init", "dev"],
        cwd=str(cwd),
        env=os.environ | variables,
        encoding="utf-8",
        timeout=60,
        dimensions=(40, 200),
    )
    shown = ""
    for question, answer in (("Identity provider", provider), *answers):
        child.expect(question)
        shown += str(child.before) + question
        child.sendline(answer)
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0, shown + str(child.before)
    return shown + str(child.before)


def test_a_dialogue_at_a_terminal_asks_for_everything(tmp_path: Path, issuer: Issuer) -> None:
    ca = tmp_path / "ca.pem"
    own = tmp_path / "own"
    own.mkdir()
    with serve(Emulator(fleet.clusters(), token=TOKEN, clock=lambda: 0.0)) as url:
        shown = dialogue(
            own,
            url,
            ca,
            "generic",
            ("Issuer", f"{issuer.url}/"),
            ("Client id", "kubernetes"),
            ("Clusters", "local-east, private"),
            ("First group with access", "platform-admins"),
        )

    twins = [f"{c['id']} (twin, {c['zone']})" for c in fleet.clusters() if c["name"] == "twin"]
    assert f"visible: local-east, {', '.join(twins)}, foreign, private, newborn" in "".join(
        shown.splitlines()
    )
    assert "as the provider names it" in shown
    assert "pulumi preview --diff" in shown
    written = yaml.safe_load((own / "Pulumi.dev.yaml").read_text())["config"]
    assert written["cks-access:identity"]["issuerUrl"] == issuer.url
    assert written["cks-access:clusters"] == [{"name": "local-east"}, {"name": "private"}]
    assert written["cks-access:bindings"][0]["groups"] == ["platform-admins"]
