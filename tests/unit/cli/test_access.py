"""Who gets what by a stack file, and what a change of it gives and takes."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.cli.conftest import History
    from tests.unit.conftest import Folder

ROOT = Path(__file__).resolve().parents[3]
STACK: dict[str, Any] = {
    "clusters": [{"name": "east"}],
    "identity": {
        "issuerUrl": "https://idp.example.com",
        "clientId": "cks",
        "usernameClaim": "email",
        "groupsClaim": "groups",
        "groupsPrefix": "idp:",
        "clientSecret": {"secure": "AAAB"},
    },
}


def bound(role: str, *groups: str) -> dict[str, Any]:
    return STACK | {"bindings": [{"clusterRole": role, "groups": list(groups)}]}


def test_a_table_needs_neither_token_nor_network(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COREWEAVE_API_TOKEN")
    folder.write(**bound("edit", "ml"))

    printed = folder.run("access", "test")

    assert (printed.code, printed.err) == (0, "")
    assert "east     Group idp:ml (ml)           edit  cluster wide  bindings[0]" in printed.out
    assert "edit: may change most things" in printed.out


def test_a_terminal_gets_lines_of_its_width(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    folder.write(**bound("edit", "ml"))
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("COLUMNS", "50")

    folder.run("access", "test")

    assert max(map(len, terminal.getvalue().splitlines())) <= 50


def test_a_program_reads_data_and_a_pull_request_a_comment(folder: Folder) -> None:
    folder.write(**bound("edit", "ml"))

    assert json.loads(folder.run("access", "test", "--json").out)["stack"] == "test"
    assert folder.run("access", "test", "--markdown").out.startswith("<!-- cks-access:test -->\n")
    assert folder.run("access", "test", "--markdown", "--json").code == 1


def test_a_page_is_written_beside_what_is_printed(folder: Folder) -> None:
    path = folder.write("old", **bound("edit", "ml"))
    folder.write(**bound("cluster-admin", "ml"))

    alone = folder.run("access", "test", "--html", "access.html")
    page = (folder.path / "access.html").read_text()
    folder.run("access", "test", "--diff", str(path), "--html", "access.html")

    assert alone.code == 0
    assert "cluster-admin" in alone.out
    assert "<h1>Access by test</h1>" in page
    assert 'data-state="same"' in page
    changed = (folder.path / "access.html").read_text()
    assert 'data-state="gained"' in changed
    assert 'data-state="lost"' in changed


def test_a_file_is_compared_with_another_one(folder: Folder) -> None:
    path = folder.write("old", **bound("edit", "ml"))
    folder.write(**bound("cluster-admin", "ml"))

    printed = folder.run("access", "test", "--diff", str(path), "--json")

    assert printed.code == 2
    found = json.loads(printed.out)
    assert (found["stack"], found["base"]) == ("test", str(path))
    assert [flag["flag"] for flag in found["flags"]] == ["cluster-admin-given"]


def test_another_secret_in_a_binding_is_a_change(folder: Folder) -> None:
    def hidden(text: str) -> dict[str, Any]:
        return STACK | {"bindings": [{"clusterRole": "view", "groups": [{"secure": text}]}]}

    other = folder.write("other", **hidden("AAAA"))
    folder.write(**hidden("BBBB"))

    difference = json.loads(folder.run("access", "test", "--diff", str(other), "--json").out)

    assert len(difference["gains"]) == len(difference["losses"]) == 1


def test_another_encrypted_issuer_wants_a_second_look(folder: Folder) -> None:
    def hidden(text: str) -> dict[str, Any]:
        return STACK | {"identity": STACK["identity"] | {"issuerUrl": {"secure": text}}}

    other = folder.write("other", **hidden("AAAA"))
    folder.write(**hidden("BBBB"))

    printed = folder.run("access", "test", "--diff", str(other))

    assert (printed.code, printed.err) == (2, "")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (
            {"webhooks": {"authentication": {"server": "https://a.example.com"}}},
            'webhooks.authentication.server: none → "https://a.example.com": whoever answers there '
            "says who somebody is",
        ),
        (
            {"webhooks": {"authorization": {"server": "https://a.example.com"}}},
            'webhooks.authorization.server: none → "https://a.example.com": whoever answers there '
            "allows and denies what people ask for",
        ),
        (
            {"clusters": [{"name": "east", "proxyUrl": "http://proxy.example.com"}]},
            'proxyUrl: none → "http://proxy.example.com": people and pipelines send their tokens '
            "there",
        ),
        (
            {"clusters": [{"name": "east", "certificateAuthority": "-----BEGIN CERTIFICATE-----"}]},
            "certificateAuthority: other certificates: people and pipelines send their tokens there",
        ),
    ],
)
def test_another_webhook_or_address_wants_a_second_look(
    folder: Folder, written: dict[str, Any], said: str
) -> None:
    other = folder.write("other", **bound("view", "ml"))
    folder.write(**bound("view", "ml") | written)

    printed = folder.run("access", "test", "--diff", str(other))

    assert printed.code == 2
    assert f'! "east": {said}' in printed.out


def test_what_wants_no_second_look_is_fine(folder: Folder) -> None:
    path = folder.write("old", **bound("edit", "ml"))
    folder.write(**bound("view", "ml", "ops"))

    printed = folder.run("access", "test", "--diff", str(path))

    assert printed.code == 0
    assert "1 subject gains rights and 1 subject loses rights on 1 cluster." in printed.out


def test_a_file_is_compared_with_a_revision_of_itself(folder: Folder, history: History) -> None:
    path = folder.write(**bound("edit", "ml"))
    history[path.name] = path.read_bytes()
    folder.write(**bound("view", "ml"))

    printed = folder.run("access", str(path), "--diff", "main", "--markdown")

    assert printed.code == 0
    assert "## Access by `test`, compared with `main`" in printed.out
    assert (
        "| `east` | Group `idp:ml` (`ml`) | `edit` | cluster wide | `view` there |" in printed.out
    )


def test_a_revision_has_its_own_project_file(folder: Folder, history: History) -> None:
    path = folder.write(**bound("view", "ml"))
    history[path.name] = path.read_bytes()
    manifest = folder.path / "Pulumi.yaml"
    before = f"{manifest.read_text()}config:\n  identity.usernamePrefix: {{default: 'old:'}}\n"
    history["Pulumi.yaml"] = before.encode()
    manifest.write_text(before.replace("old:", "new:"))

    printed = folder.run("access", "test", "--diff", "main", "--json")

    assert [change["before"] for change in json.loads(printed.out)["logIn"]] == ["old:"]
    assert [change["after"] for change in json.loads(printed.out)["logIn"]] == ["new:"]


def test_a_revision_without_the_file_is_no_access(folder: Folder, history: History) -> None:
    assert history == {}
    path = folder.write(**bound("view", "ml"))

    printed = folder.run("access", str(path), "--diff", "main")

    assert printed.code == 2
    assert 'compared with "main", where the file does not exist: 1 subject gains' in printed.out
    assert '! "east": new in this stack' in printed.out


def test_a_renamed_file_is_compared_with_what_it_was(folder: Folder, history: History) -> None:
    path = folder.write(**bound("view", "ml"))
    history["Pulumi.old.yaml"] = path.read_bytes()
    history.renamed["Pulumi.old.yaml"] = path.name

    printed = folder.run("access", "test", "--diff", "main")

    assert printed.code == 0
    assert printed.out == (
        'Access by "test", compared with "main", where the file is "stacks/Pulumi.old.yaml": '
        "nobody gains or loses rights.\n"
    )


def test_a_renamed_file_is_named_from_here(
    folder: Folder, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folder.write(**bound("view", "ml"))
    history["Pulumi.old.yaml"] = path.read_bytes()
    history.renamed["Pulumi.old.yaml"] = path.name
    (folder.path / "elsewhere").mkdir()
    monkeypatch.chdir(folder.path / "elsewhere")

    printed = folder.run("access", str(path), "--diff", "main")

    assert 'where the file is "../stacks/Pulumi.old.yaml"' in printed.out


def test_a_revision_that_does_not_exist_is_an_error(folder: Folder, history: History) -> None:
    assert history == {}
    path = folder.write(**bound("view", "ml"))

    printed = folder.run("access", str(path), "--diff", "mian")

    assert (printed.code, printed.out) == (1, "")
    assert 'cannot compare with "mian": git does not know this commit' in printed.err


def test_findings_name_the_version_that_is_wrong(folder: Folder, history: History) -> None:
    path = folder.write(clusters=[{}], identity=7)
    broken = path.read_bytes()

    now = folder.run("access", "test")
    history[path.name] = broken
    folder.write(**bound("view", "ml"))
    before = folder.run("access", str(path), "--diff", "main")

    assert (now.code, before.code) == (1, 2)
    assert "stacks/Pulumi.test.yaml:1:42: identity: must be" in now.err
    assert f"main:{path.name}:1:42: identity: must be" in before.out


@pytest.mark.parametrize(
    ("was", "reason"),
    [
        (b"a: [", "Pulumi.test.yaml:1:5: is not valid YAML"),
        (b"\xff", "is not text at this revision"),
    ],
    ids=["no YAML", "no text"],
)
def test_a_change_that_repairs_a_broken_file_is_shown_as_all_new(
    folder: Folder, history: History, was: bytes, reason: str
) -> None:
    path = folder.write(**bound("view", "ml"))
    history[path.name] = was

    told = folder.run("access", str(path), "--diff", "main")
    comment = folder.run("access", str(path), "--diff", "main", "--markdown")
    plain = folder.run("access", str(path), "--diff", "main", "--json")

    assert {told.code, comment.code, plain.code} == {2}
    assert 'compared with "main", where the file cannot be read: 1 subject gains' in told.out
    said = 'the file at "main" could not be read, so all access is shown as new'
    assert said in told.out
    assert reason in told.out
    assert said.replace('"', "`") in comment.out.partition("\n\n")[2]  # below title and summary
    assert "| `east` | Group `idp:ml` (`ml`) | `view` | cluster wide |" in comment.out
    assert json.loads(plain.out)["base"] == "main, where the file cannot be read"


def test_a_version_that_only_breaks_a_rule_is_compared_all_the_same(folder: Folder) -> None:
    base = folder.write("old", **bound("view", "ml"))
    folder.write(environment="production", **bound("edit", "ml"))

    printed = folder.run("access", "test", "--diff", str(base))

    assert printed.code == 2
    assert 'gets "edit" cluster wide' in printed.out
    assert printed.err.endswith(
        'Pulumi.test.yaml: breaks a rule and would be refused; run "cks-access check" to see which\n'
    )
    assert "old" not in printed.err


def test_half_a_provider_is_shown_as_it_is(folder: Folder) -> None:
    folder.write(
        clusters=STACK["clusters"],
        identity={"issuerUrl": "", "clientId": "", "usernameClaim": "email"},
    )

    assert "login with none as client none; users from" in folder.run("access", "test").out


def test_a_stack_that_does_not_exist_is_an_error(folder: Folder) -> None:
    folder.write(**bound("view", "ml"))

    assert "cannot read" in folder.run("access", "nope").err
    assert "cannot read nope.yaml" in folder.run("access", "test", "--diff", "nope.yaml").err


def test_help_names_the_exit_codes(folder: Folder) -> None:
    said = " ".join(folder.run("access", "--help").out.split())

    assert "With --diff the exit code is 2 when the change needs a second look" in said


PROMISED = {"groups": ["ml", "ops"], "cannot": ["get secrets"], "can": ["get pods -n a"]}


def dropped(folder: Folder, before: dict[str, Any], after: dict[str, Any]) -> tuple[int, list[Any]]:
    """The exit code, and what needs a second look by another `expect` and `verify`."""
    old = folder.write("old", **bound("view", "ml"), **before)
    folder.write(**bound("view", "ml"), **after)
    printed = folder.run("access", "test", "--diff", str(old), "--json")
    return printed.code, [(f["flag"], f["text"]) for f in json.loads(printed.out)["flags"]]


def test_promises_that_are_no_longer_made_need_a_second_look(folder: Folder) -> None:
    weaker = PROMISED | {"cannot": ["get secrets -n a"]}

    assert dropped(folder, {"expect": [PROMISED]}, {"expect": [weaker]}) == (
        2,
        [
            (
                "promise-dropped",
                'no longer promised in expect: "a member of ml, ops cannot get secrets"',
            )
        ],
    )
    code, flags = dropped(folder, {"expect": [PROMISED], "verify": True}, {"expect": [PROMISED]})
    assert (code, [kind for kind, _ in flags]) == (2, ["verification-dropped"])


def test_a_promise_that_is_only_written_otherwise_or_is_new_is_still_made(folder: Folder) -> None:
    other = {"groups": ["ops", "ml"], "can": ["get  pods -n a"]}
    moved = [other, {"groups": ["ops", "ml"], "cannot": ["list nodes", "get secrets"]}]

    assert dropped(folder, {"expect": [PROMISED]}, {"expect": moved, "verify": True}) == (0, [])


def test_tests_that_make_no_sense_do_not_hide_who_gains_what(folder: Folder) -> None:
    code, flags = dropped(folder, {"expect": [PROMISED], "verify": True}, {"verify": True})

    assert (code, [kind for kind, _ in flags]) == (2, ["promise-dropped"] * 2)
    assert "would be refused" in folder.run("access", "test").err
