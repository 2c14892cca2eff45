"""A pull request's comment, from the stack file, git and the engine to the exit code."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest

from cks_components.api import environment
from tests.unit.cli.test_access import bound

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Engine, History
    from tests.unit.conftest import Folder, Printed

OTHER = "https://other.example.com"


class Change:
    """A change of the stack `test` against the revision `main`."""

    def __init__(self, folder: Folder, history: History) -> None:
        self.folder = folder
        self.history = history
        self.path = folder.path / "stacks" / "Pulumi.test.yaml"

    def base(self, text: bytes | None = None, **settings: Any) -> None:
        """What the file was at the base."""
        self.folder.write(**settings)
        self.history[self.path.name] = text or self.path.read_bytes()

    def preview(self, *arguments: str) -> Printed:
        return self.folder.run("ci", "preview", "test", "--base", "main", *arguments)


@pytest.fixture
def change(folder: Folder, history: History) -> Change:
    made = Change(folder, history)
    made.base(**bound("view", "ml"))
    return made


def headline(printed: Printed) -> str:
    return printed.out.splitlines()[2].removeprefix("## ")


def points(printed: Printed) -> list[str]:
    return [line for line in printed.out.splitlines() if line.startswith(("- 🛑", "- ⚠️"))]


def test_a_change_without_an_effect_is_said_in_one_line(change: Change, engine: Engine) -> None:
    engine.plans(same=3)

    printed = change.preview()

    assert (printed.code, points(printed)) == (0, [])
    assert headline(printed) == (
        "Stack `test`: compared with `main`, nobody gains or loses rights; no rule is broken; there "
        "is nothing to update"
    )
    assert printed.err.strip() == headline(printed)
    assert "<summary>Preview: 3 unchanged</summary>" in printed.out


def test_a_change_that_widens_access_begins_with_what_to_look_at(
    change: Change, folder: Folder, engine: Engine
) -> None:
    engine.plans(update=1)
    folder.write(**bound("cluster-admin", "ml"))

    printed = change.preview()

    assert printed.code == 0
    assert headline(printed).startswith("⚠️ Stack `test`: 1 subject gains rights on 1 cluster; 1 ")
    assert points(printed) == [
        "- ⚠️ `east`: Group `idp:ml` (`ml`) gets `cluster-admin` cluster wide"
    ]
    access, _, rest = printed.out.partition("<details>")
    assert "**Gains**" in access
    assert "<summary>Preview: 1 to update</summary>" in rest


def test_less_strict_rules_and_a_default_of_the_project_are_looked_at(
    change: Change, folder: Folder, history: History, engine: Engine
) -> None:
    engine.plans(same=3)
    change.base(**bound("view", "ml") | {"environment": "production"})
    project = folder.path / "Pulumi.yaml"
    history["Pulumi.yaml"] = project.read_bytes()
    adopted = "config: {cks-access:identity.adopt: {value: true}}"
    project.write_text(f"{project.read_text()}{adopted}\n")
    folder.write(**bound("view", "ml") | {"environment": "development"})

    printed = change.preview()

    assert printed.code == 0
    assert headline(printed) == "⚠️ Stack `test`: the rules are applied less strictly now"
    less_strict, adoption = points(printed)
    assert less_strict.endswith("`environment`: `production` → `development`")
    assert adoption.startswith("- ⚠️ `identity.adopt`: `false` → `true`: ")


def test_a_changed_program_is_looked_at_because_no_table_shows_its_effect(
    change: Change, history: History, engine: Engine
) -> None:
    engine.plans(update=1)
    history.changed = ["__main__.py", "stacks/Pulumi.test.yaml", "README.md", "requirements.txt"]

    printed = change.preview()

    assert printed.code == 0
    assert headline(printed) == "⚠️ Stack `test`: the program changes"
    (point,) = points(printed)
    assert point.startswith("- ⚠️ the program changes (`__main__.py`): the tables of access show ")
    assert "The packages of the program change (`requirements.txt`)." in printed.out
    assert "nobody gains or loses rights" in printed.out


def test_a_changed_program_is_named_beside_a_file_that_cannot_be_read(
    change: Change, history: History, engine: Engine
) -> None:
    assert engine.commands == []
    history.changed = ["__main__.py"]
    change.path.write_text("config: [\n")

    printed = change.preview()

    assert printed.code == 1
    assert [p for p in points(printed) if "the program changes (`__main__.py`)" in p]


def test_an_empty_name_and_an_empty_base_are_called_empty(change: Change, engine: Engine) -> None:
    engine.plans(same=3)
    nameless = change.folder.run("ci", "preview", "", "--base", "main")
    baseless = change.folder.run("ci", "preview", "test", "--base", " ")

    assert (nameless.code, baseless.code) == (1, 1)
    assert "the stack's name is empty" in points(nameless)[0]
    assert "the revision to compare with is empty" in points(baseless)[0]


def test_a_new_stack_on_the_clusters_of_another_is_a_warning(
    folder: Folder, history: History, engine: Engine
) -> None:
    assert history == {}
    engine.plans(create=3)
    folder.write(**bound("view", "ml"))
    folder.write("original", **bound("edit", "ml"))
    elsewhere = [{"name": "west"}]
    folder.write("elsewhere", **bound("edit", "ml") | {"clusters": elsewhere})
    (folder.path / "stacks" / "Pulumi.broken.yaml").write_text("{")
    (folder.path / "stacks" / "Pulumi.shapeless.yaml").write_text(
        "config: {cks-access:clusters: 1}"
    )

    copied = folder.run("ci", "preview", "test", "--base", "main")
    alone = folder.run("ci", "preview", "elsewhere", "--base", "main")

    assert copied.code == 0
    (point,) = [line for line in points(copied) if "of this folder has the same" in line]
    assert point.startswith("- ⚠️ `east`: the stack `original` of this folder has the same; two ")
    assert "of this folder has the same" not in alone.out


def test_the_engine_is_asked_quietly_and_for_its_events(change: Change, engine: Engine) -> None:
    change.preview()

    (command,) = engine.commands
    assert command[:3] == ["pulumi", "preview", "--stack=test"]
    assert {"--diff", "--non-interactive", "--suppress-outputs"} <= set(command)
    assert engine.variables["PULUMI_DEBUG_COMMANDS"] == "true"
    assert engine.variables["COREWEAVE_API_TOKEN"]


def test_a_stack_is_named_to_the_engine_as_it_was_named_here(
    change: Change, folder: Folder, engine: Engine
) -> None:
    folder.run("ci", "preview", "acme/cks-access/test", "--base", "main")
    folder.run("ci", "preview", str(change.path), "--base", "main")

    assert [command[2] for command in engine.commands] == [
        "--stack=acme/cks-access/test",
        "--stack=test",
    ]


def test_a_rule_that_is_broken_refuses_and_the_engine_is_not_asked(
    change: Change, folder: Folder, engine: Engine
) -> None:
    folder.write(**bound("view", "ml") | {"webhooks": {"authentication": {"server": "http://x"}}})

    printed = change.preview()

    assert printed.code == 1
    assert headline(printed).startswith("🛑 Stack `test`: refused by the rules (")
    assert points(printed)[0].startswith("- 🛑 stacks/Pulumi.test.yaml:1:")
    assert "**Preview**: left out, because of what failed above." in printed.out
    assert engine.commands == []


def test_a_file_of_the_wrong_shape_is_named_once(
    change: Change, folder: Folder, engine: Engine
) -> None:
    folder.write(**bound("view", "ml") | {"clusters": 7})

    printed = change.preview()

    assert printed.code == 1
    assert printed.out.count("clusters: must be") == 1
    assert "**Access**: left out, because of what failed above." in printed.out
    assert engine.commands == []


@pytest.mark.parametrize("text", [b"config: [", b"\xff"], ids=["no YAML", "no text"])
def test_a_file_that_cannot_be_read_is_named_once(
    change: Change, engine: Engine, text: bytes
) -> None:
    change.path.write_bytes(text)

    printed = change.preview()

    assert printed.code == 1
    assert headline(printed) == "🛑 Stack `test`: its file cannot be read"
    assert len(points(printed)) == 1
    assert engine.commands == []


def test_a_change_that_repairs_a_broken_base_is_not_refused(
    change: Change, folder: Folder, engine: Engine
) -> None:
    engine.plans(same=1)
    change.base(b"config: [")
    folder.write(**bound("view", "ml"))

    printed = change.preview()

    assert printed.code == 0
    assert "the file at `main` could not be read" in points(printed)[0]


def test_a_base_that_is_not_there_is_a_failure_and_the_rest_is_still_done(
    change: Change, engine: Engine
) -> None:
    engine.plans(same=1)

    printed = change.preview("--base", "mian")

    assert printed.code == 1
    assert headline(printed) == "🛑 Stack `test`: its access could not be compared with `mian`"
    assert points(printed)[0].startswith('- 🛑 cannot compare with "mian": git does not know')
    assert "Preview: 1 unchanged" in printed.out
    assert len(engine.commands) == 1


def test_a_deleted_file_shows_who_still_has_access_and_what_a_destroy_would_delete(
    change: Change, engine: Engine
) -> None:
    engine.plans(delete=4)
    change.path.unlink()

    printed = change.preview()

    assert printed.code == 0
    assert headline(printed) == (
        "⚠️ Stack `test`: its file is deleted; 1 subject has access by it to 1 cluster"
    )
    assert "merging this changes nothing on the clusters" in points(printed)[0]
    assert "`pulumi destroy --stack test`" in points(printed)[1]
    assert "| `east` | Group `idp:ml` (`ml`) | `view` |" in printed.out
    assert "would do: 4 to delete" in printed.out
    assert engine.commands[0][:3] == ["pulumi", "destroy", "--preview-only"]


def test_a_deleted_file_of_a_destroyed_stack_is_safe_to_merge(
    change: Change, engine: Engine
) -> None:
    engine.code, engine.err = 6, "error: no stack named 'test' found"
    change.path.unlink()

    printed = change.preview()

    assert (printed.code, points(printed)) == (0, [])
    assert "nothing of it is left on the clusters" in headline(printed)


def test_a_deleted_file_without_a_token_is_shown_all_the_same(
    change: Change, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(environment.TOKEN)
    change.path.unlink()

    printed = change.preview()

    assert printed.code == 0
    assert "its file is deleted" in headline(printed)
    assert "COREWEAVE\\_API\\_TOKEN is not set" in printed.out
    assert engine.commands == []


def test_a_renamed_file_is_compared_under_both_names(
    change: Change, folder: Folder, history: History, engine: Engine
) -> None:
    history.renamed[change.path.name] = "Pulumi.prod.yaml"
    change.path.rename(change.path.with_name("Pulumi.prod.yaml"))
    engine.code, engine.err = 6, "error: no stack named 'prod' found"

    before = change.preview()
    after = folder.run("ci", "preview", "prod", "--base", "main")

    assert (before.code, after.code) == (0, 0)
    assert (
        headline(before) == "⚠️ Stack `test`: its file is renamed, so the stack `prod` replaces it"
    )
    assert "`pulumi stack rename prod --stack test`" in points(before)[0]
    assert headline(after) == "⚠️ Stack `prod`: it replaces the stack `test`, whose file is renamed"
    assert points(after)[0] == points(before)[0]

    engine.code, engine.err = 0, ""
    engine.plans(same=3)  # after the state was renamed
    known = folder.run("ci", "preview", "prod", "--base", "main")

    assert points(known) == []
    assert "where the file is `stacks/Pulumi.test.yaml`" in after.out
    assert "nobody gains or loses rights" in after.out
    assert "is not in the backend of the state yet" in after.out


def test_a_stack_that_is_named_in_full_is_no_renamed_one(
    change: Change, folder: Folder, history: History, engine: Engine
) -> None:
    engine.code, engine.err = 6, "error: no stack named 'test' found"
    named = ("ci", "preview", "acme/cks-access/test", "--base", "main")
    unchanged = folder.run(*named)
    history.renamed[change.path.name] = "sub/Pulumi.test.yaml"
    change.path.unlink()
    moved = folder.run(*named)

    assert "replaces" not in unchanged.out + moved.out
    assert "its file is deleted" in headline(moved)


def test_a_client_secret_in_plain_text_is_looked_at_and_not_shown(
    change: Change, folder: Folder, engine: Engine
) -> None:
    engine.plans(same=3)
    secret = "in-plain-" + "text"
    settings = bound("view", "ml")
    folder.write(**settings | {"identity": settings["identity"] | {"clientSecret": secret}})

    printed = change.preview()

    (point,) = [line for line in points(printed) if "identity.clientSecret" in line]
    assert "is plain text, which everybody reads who can read the file" in point
    assert secret not in printed.out + printed.err


def test_a_file_that_only_moved_to_another_folder_is_no_renamed_stack(
    change: Change, history: History, engine: Engine
) -> None:
    history.renamed[change.path.name] = "sub/Pulumi.test.yaml"
    engine.plans(delete=1)
    change.path.unlink()

    assert "its file is deleted" in headline(change.preview())


def test_a_stack_that_never_had_a_file_is_a_failure(folder: Folder, engine: Engine) -> None:
    printed = folder.run("ci", "preview", "nope", "--base", "main")

    assert printed.code == 1
    assert headline(printed) == "🛑 Stack `nope`: it has no file"
    assert engine.commands == []


def test_a_project_that_cannot_be_read_is_a_comment_too(
    change: Change, folder: Folder, engine: Engine
) -> None:
    (folder.path / "Pulumi.yaml").write_text("config: [")

    printed = change.preview()

    assert printed.code == 1
    assert headline(printed) == "🛑 Stack `test`: its file cannot be read"
    assert "Pulumi.yaml:1:10: is not valid YAML" in printed.out
    assert engine.commands == []


def from_github(folder: Path, monkeypatch: pytest.MonkeyPatch, head: str) -> None:
    ends = {"head": {"repo": {"full_name": head}}, "base": {"repo": {"full_name": "acme/access"}}}
    event = folder / "event.json"
    event.write_text(json.dumps({"pull_request": ends}))
    monkeypatch.setenv("GITHUB_EVENT_PATH", str(event))
    monkeypatch.setenv("GITHUB_ACTOR", "somebody")


def test_the_code_of_a_fork_never_runs_with_a_secret(
    change: Change, tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    from_github(tmp_path, monkeypatch, "somebody/access")

    printed = change.preview()

    assert printed.code == 0
    assert "**Preview**: left out, because it comes from a fork" in printed.out
    assert engine.commands == []


def test_a_branch_of_the_repository_without_a_token_is_a_failure(
    change: Change, tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    from_github(tmp_path, monkeypatch, "acme/access")
    monkeypatch.delenv(environment.TOKEN)

    printed = change.preview()

    assert printed.code == 1
    assert headline(printed) == "🛑 Stack `test`: it could not be previewed"
    assert "no preview was made: COREWEAVE\\_API\\_TOKEN is not set" in points(printed)[0]
    assert engine.commands == []


def test_a_job_of_an_unknown_kind_without_a_token_is_no_failure(
    change: Change, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(environment.TOKEN)

    printed = change.preview()

    assert printed.code == 0
    assert "**Preview**: left out, because COREWEAVE\\_API\\_TOKEN is not set" in printed.out
    assert engine.commands == []


def test_a_preview_that_fails_refuses_with_its_own_words(change: Change, engine: Engine) -> None:
    engine.code = 1
    engine.said("error", "cannot list the clusters: the API answered 401\n")

    printed = change.preview()

    assert printed.code == 1
    assert headline(printed) == "🛑 Stack `test`: the preview failed"
    assert points(printed) == [
        "- 🛑 the preview failed: cannot list the clusters: the API answered 401"
    ]


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (FileNotFoundError(2, "No such file or directory"), "pulumi is not installed; install it"),
        (PermissionError(13, "Permission denied"), "cannot run pulumi: Permission denied"),
        (
            subprocess.TimeoutExpired("pulumi", 900),
            "pulumi did not end within 15 minutes, and was stopped",
        ),
    ],
    ids=["missing", "forbidden", "endless"],
)
def test_an_engine_that_cannot_be_run_is_a_failure(
    change: Change, engine: Engine, failure: Exception, told: str
) -> None:
    engine.failure = failure

    printed = change.preview()

    assert printed.code == 1
    assert points(printed) == [f"- 🛑 the preview failed: {told}"]


def test_what_the_rules_say_is_not_said_again_by_the_preview(
    change: Change, folder: Folder, engine: Engine
) -> None:
    folder.write(**bound("edti", "ml"))
    (finding,) = (
        line.partition("Pulumi.test.yaml:")[2].split(": ", 1)[1]
        for line in folder.run("check", "test").out.splitlines()
        if "RBAC-11" in line
    )
    engine.said("warning", finding)
    engine.said("warning", "another")

    printed = change.preview()

    assert printed.out.count("looks like a misspelling") == 1
    assert "- ⚠️ another" in printed.out


def test_no_secret_of_the_job_is_in_the_comment(
    change: Change, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "not-a-real-" + "passphrase"
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", secret)
    monkeypatch.setenv("SHORT_TOKEN", "test")
    engine.said("info", f"it is {secret}")

    printed = change.preview()

    assert secret not in printed.out
    assert "- it is \\[secret\\]" in printed.out.replace("[secret]", "\\[secret\\]")
    assert "Stack `test`" in printed.out


@pytest.mark.parametrize("password", ["pw", "hunter2-%3F", "long_enough_*_here"])
def test_a_password_in_the_address_of_the_state_is_not_in_the_comment(
    change: Change, engine: Engine, monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    """The variable has no secret's name, since most addresses have no password."""
    backend = f"postgres://user:{password}@db.example.com/state"
    monkeypatch.setenv("PULUMI_BACKEND_URL", backend)
    engine.code = 255
    engine.err = f'error: unable to open "{backend}": password {unquote(password)} is wrong'

    printed = change.preview()

    assert printed.code == 1
    assert f"user:{password}" not in printed.out
    assert len(password) < 8 or unquote(password) not in printed.out.replace("\\", "")
    assert "db.example.com/state" in printed.out


def test_a_comment_is_written_to_a_file_with_a_shortest_line_for_the_log(
    change: Change, engine: Engine
) -> None:
    engine.plans(same=1)

    printed = change.preview("--output", "comment.md")

    assert printed.out == ""
    assert Path("comment.md").read_text().startswith("<!-- cks-access preview: test -->\n")
    assert printed.err.startswith(
        "Stack `test`: compared with `main`, nobody gains or loses rights"
    )


def test_the_page_of_a_change_is_an_artefact(change: Change, engine: Engine) -> None:
    engine.plans(same=1)

    change.preview("--html", "access.html")

    assert "<h1>Access by test, compared with main</h1>" in Path("access.html").read_text()


def test_a_page_that_cannot_be_written_costs_no_comment(change: Change, engine: Engine) -> None:
    engine.plans(same=1)

    printed = change.preview("--output", "comment.md", "--html", "no/such/folder/a.html")

    assert (printed.code, printed.out) == (1, "")
    assert Path("comment.md").read_text().startswith("<!-- cks-access preview: test -->\n")
    assert "Stack `test`: compared with `main`" in printed.err
    assert "cannot write no/such/folder/a.html: No such file or directory" in printed.err


def test_without_two_versions_there_is_no_page(change: Change, engine: Engine) -> None:
    engine.plans(same=1)

    change.preview("--base", "mian", "--html", "access.html")

    assert not Path("access.html").exists()


def test_github_shows_each_finding_on_its_line(
    change: Change, folder: Folder, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    folder.write(**bound("edti", "ml"))

    printed = change.preview("--output", "comment.md")

    assert printed.code == 0
    assert "::warning file=stacks/Pulumi.test.yaml,line=1," in printed.out
    assert "RBAC-11" in printed.out
    assert engine.commands


def test_a_fleet_of_fifty_clusters_fits_into_a_comment_with_its_important_part_first(
    change: Change, folder: Folder, engine: Engine
) -> None:
    def fleet(role: str) -> dict[str, Any]:
        own = [
            {
                "name": f"cluster-{index}",
                "bindings": [
                    {"clusterRole": role, "groups": [f"team-{index}-{n}" for n in range(20)]}
                ],
            }
            for index in range(50)
        ]
        return bound("view", "ml") | {"clusters": own}

    change.base(**fleet("view"))
    folder.write(**fleet("edit"))
    engine.out = "".join(f"    ~ thing-{index}\n" for index in range(20_000))
    engine.plans(update=1000)

    printed = change.preview()

    assert printed.code == 0
    assert 60_000 < len(printed.out) <= 65_536
    assert "1000 subjects gain rights on 50 clusters" in headline(printed)
    assert "more lines are left out**" in printed.out
    assert "**Gains**" in printed.out
    assert "Preview: 1000 to update" in printed.out
    assert "`cks-access access test --diff main`" in printed.out


def test_a_program_gets_the_same_without_the_tables(
    change: Change, folder: Folder, engine: Engine, tmp_path: Path
) -> None:
    engine.plans(update=1)
    folder.write(**bound("cluster-admin", "ml"))
    file = tmp_path / "review.json"

    printed = change.preview("--json", "--output", str(file))

    found = json.loads(file.read_text(encoding="utf-8"))
    assert (printed.code, printed.out) == (0, "")
    assert found["headline"] == printed.err.strip()
    assert (found["stack"], found["refused"], found["attention"]) == ("test", False, "review")
    assert found["points"] == [
        {
            "attention": "review",
            "text": "`east`: Group `idp:ml` (`ml`) gets `cluster-admin` cluster wide",
        }
    ]
    assert [part["verdict"] for part in found["parts"]][-1] == "there is something to update"
    assert {finding["rule"] for finding in found["findings"]} >= {"OIDC-19"}


def test_a_secret_with_a_quotation_mark_is_in_no_json(
    change: Change, folder: Folder, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.plans(update=1)
    monkeypatch.setenv("SIGNING_KEY", 'quoted "secret" text')
    folder.write(**bound("cluster-admin", 'quoted "secret" text'))

    printed = change.preview("--json")

    assert "[secret]" in printed.out
    assert "secret\\" not in printed.out


def test_a_comment_that_cannot_be_written_is_one_sentence(
    change: Change, engine: Engine, tmp_path: Path
) -> None:
    engine.plans(same=1)

    printed = change.preview("--output", str(tmp_path / "missing" / "comment.md"))

    assert printed.code == 1
    assert "cannot write" in printed.err
    assert "No such file or directory" in printed.err
