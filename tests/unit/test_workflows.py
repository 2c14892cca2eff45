"""Workflows ask for little, and run what was reviewed."""

from __future__ import annotations

import json
import os
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import workflow_step
from tests.command_line import parsed
from tests.workflow_step import evaluated

FOLDER = Path(__file__).resolve().parents[2] / ".github" / "workflows"
PINNED = re.compile(r"uses: [\w./-]+@[0-9a-f]{40} # v\d")
FILES = sorted(FOLDER.iterdir())
READ, JOB_TOKEN = {"contents": "read"}, {"id-token": "write"}


@pytest.fixture(params=FILES, ids=[path.name for path in FILES])
def text(request: pytest.FixtureRequest) -> str:
    path: Path = request.param
    return path.read_text()


def jobs(text: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load(text)["jobs"].values())


def steps(text: str) -> list[dict[str, Any]]:
    return [step for job in jobs(text) for step in job.get("steps", [])]


def test_actions_are_pinned_by_commit(text: str) -> None:
    used = [line for line in text.splitlines() if "uses:" in line and "uses: ./" not in line]

    assert used or "uses: ./" in text
    assert [line for line in used if not PINNED.search(line)] == []


def test_an_action_is_the_same_one_everywhere() -> None:
    examples = (FOLDER.parents[1] / "examples").glob("*/*.yml")
    texts = [path.read_text() for path in (*FILES, *examples, FOLDER.parents[1] / "action.yml")]
    used = {found for text in texts for found in re.findall(r"uses: (\S+)@(\S+ # \S+)", text)}

    assert len(used) == len({name for name, _ in used})


def test_every_job_reads_only_unless_it_is_named_here() -> None:
    may_do_more = {}
    for file in FILES:
        workflow = yaml.safe_load(file.read_text())
        assert workflow["permissions"] == {"contents": "read"}
        for name, job in workflow["jobs"].items():
            if "permissions" in job:
                may_do_more[f"{file.stem}/{name}"] = job["permissions"]

    assert may_do_more == {
        "drift/drift": READ | JOB_TOKEN | {"issues": "write"},
        "preview/preview": READ | JOB_TOKEN | {"pull-requests": "write"},
        "release/publish": JOB_TOKEN | {"attestations": "write"},
        "rotate/rotate": READ | JOB_TOKEN,
        "up-stack/plan": READ | JOB_TOKEN,
        "up-stack/update": READ | JOB_TOKEN,
        "up/stack": READ | JOB_TOKEN,
    }


def test_every_job_has_a_limit_and_no_credentials_in_its_checkout(text: str) -> None:
    for job in jobs(text):
        assert "uses" in job or job["timeout-minutes"] <= 60
    for step in steps(text):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


def test_a_workflow_calls_what_people_call(text: str) -> None:
    """Targets of the Makefile that there are, and with variables that it has."""
    makefile = (FOLDER.parents[1] / "Makefile").read_text()
    targets = set(re.findall(r"^([\w-]+):", makefile, re.MULTILINE))
    variables = set(re.findall(r"^(\w+) \?=", makefile, re.MULTILINE))

    for script in (step["run"] for step in steps(text) if "run" in step):
        for line in (line.strip() for line in script.splitlines()):
            if line.startswith("make "):
                words = line.split()[1:]
                given = {word.partition("=")[0] for word in words if "=" in word}
                assert {word for word in words if "=" not in word} <= targets
                assert given <= variables


def test_what_is_published_was_built_and_tried_by_another_job_without_a_cache() -> None:
    """The job that may publish runs no code of the repository, and nobody fills a cache for it."""
    text = (FOLDER / "release.yml").read_text()
    publish = yaml.safe_load(text)["jobs"]["publish"]
    used = [step["uses"].partition("@")[0] for step in publish["steps"]]

    assert yaml.safe_load(text)[True] == {"push": {"tags": ["v*"]}}  # YAML reads `on` as true
    assert publish["needs"] == "build"
    assert publish["environment"] == "pypi"
    assert used == [
        "actions/download-artifact",
        "actions/attest-build-provenance",
        "pypa/gh-action-pypi-publish",
    ]
    assert not re.search(r"^\s+(?:cache:|.*actions/cache@)", text, re.MULTILINE)


def test_a_fork_never_runs_with_secrets(text: str) -> None:
    """Its code is checked out, so it must come by the event that has none."""
    assert "pull_request_target" not in text


def test_no_value_of_a_pull_request_reaches_a_shell_as_code(text: str) -> None:
    assert [step["run"] for step in steps(text) if "${{" in step.get("run", "")] == []


@pytest.mark.parametrize("name", ["preview", "up", "drift", "rotate"])
def test_every_environment_has_every_job(name: str) -> None:
    matrix = jobs((FOLDER / f"{name}.yml").read_text())[0]["strategy"]["matrix"]["stack"]
    lab = {"local", "keycloak"}

    stacks = {path.name.split(".")[1] for path in (FOLDER.parents[1] / "stacks").iterdir()}
    assert set(json.loads(matrix.split("'")[1])) == stacks - lab


CALLED = [path for path in FILES if "workflow_call" in path.read_text()]


@pytest.mark.parametrize("path", CALLED, ids=[path.stem for path in CALLED])
def test_the_jobs_own_identity_comes_before_a_stored_token(path: Path) -> None:
    """The secret is not even given to a step if a service account is named."""
    given = [step["env"] for step in steps(path.read_text()) if "STACK" in step.get("env", {})]

    for variables in given:
        name = re.fullmatch(r"\$\{\{ (vars\.\w+) \}\}", variables["COREWEAVE_SERVICE_ACCOUNT_UID"])
        assert name
        context = {
            name[1]: "a-uid",
            "secrets.COREWEAVE_API_TOKEN": "a",
            "secrets.COREWEAVE_VIEWER_TOKEN": "b",
        }
        assert evaluated(variables["COREWEAVE_API_TOKEN"], context) == ""
        assert evaluated(variables["COREWEAVE_API_TOKEN"], context | {name[1]: ""}) in ("a", "b")


@pytest.mark.parametrize("path", CALLED, ids=[path.stem for path in CALLED])
def test_a_called_workflow_declares_the_secrets_that_it_uses(path: Path) -> None:
    text = path.read_text()
    declared = yaml.safe_load(text)[True]["workflow_call"]["secrets"]
    used = set(re.findall(r"secrets\.(\w+)", text))

    assert used == (set() if "secrets: inherit" in text else declared.keys())


def test_only_a_job_of_an_environment_has_the_token_that_may_change_something() -> None:
    for path in FILES:
        for job in jobs(path.read_text()):
            if "secrets.COREWEAVE_API_TOKEN" in str(job):
                assert job["environment"]


class GitHub:
    """The program `gh`, with the open issues of a repository."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        program = folder / "gh"
        program.write_text(
            "#!/usr/bin/env python3\n"
            "import json, os, subprocess, sys\n"
            "from pathlib import Path\n"
            "if sys.argv[2] == 'list':\n"
            "    issues = Path('issues.json').read_text()\n"
            "    assert sys.argv[sys.argv.index('--app') + 1] == 'github-actions'\n"
            "    query = sys.argv[sys.argv.index('--jq') + 1]\n"
            "    assert 'env.TITLE' in query and 'first | .number' in query\n"
            "    print(*[i['number'] for i in json.loads(issues) if i['title'] == os.environ['TITLE']][:1])\n"
            "else:\n"
            "    Path('done').write_text(' '.join(sys.argv[1:]))\n"
        )
        program.chmod(0o755)

    def told(self, code: str, issues: list[dict[str, Any]], **context: str) -> tuple[int, str]:
        """Run the step with the result of the watch; gives its exit code and what was done."""
        (self.folder / "issues.json").write_text(json.dumps(issues))
        done = self.folder / "done"
        done.write_text("")
        found = workflow_step.step("drift", "drift", "Tell")
        given = {"matrix.stack": "production", "steps.look.outputs.code": code, **context}
        path = {"PATH": f"{self.folder}:{os.environ['PATH']}"}
        ended = workflow_step.run(found, self.folder, path, given)
        return ended.code, done.read_text()


OPEN = [{"number": 7, "title": "Drift of stack production"}]
OTHER = [{"number": 8, "title": "Drift of stack staging"}]


@pytest.mark.parametrize(
    ("code", "issues", "done"),
    [
        ("0", OTHER, ""),
        ("0", [*OTHER, *OPEN], "issue close 7 --comment There is no drift any more."),
        ("2", OTHER, "issue create --title Drift of stack production --body-file drift.md"),
        ("2", OPEN, "issue edit 7 --body-file drift.md"),
    ],
)
def test_drift_has_one_issue_for_each_stack(
    tmp_path: Path, code: str, issues: list[dict[str, Any]], done: str
) -> None:
    folder = tmp_path / "checkout"
    folder.mkdir()

    assert GitHub(folder).told(code, issues) == (0, done)


@pytest.mark.parametrize(("code", "expected"), [("0", 0), ("2", 1)])
def test_drift_fails_the_job_instead_where_that_is_wanted(
    tmp_path: Path, code: str, expected: int
) -> None:
    folder = tmp_path / "checkout"
    folder.mkdir()

    assert GitHub(folder).told(code, OPEN, **{"inputs.fails": "true"}) == (expected, "")


def test_a_watch_that_could_not_be_run_is_no_news_of_the_drift(tmp_path: Path) -> None:
    folder = tmp_path / "checkout"
    folder.mkdir()
    ended = workflow_step.run(
        workflow_step.step("drift", "drift", "Look"), folder, {"PATH": "/usr/bin:/bin"}, {}
    )

    assert (ended.code, ended.outputs) == (127, {"code": "127"})
    assert GitHub(folder).told("127", OPEN) == (0, "")


AUDITS = {
    "GitHub": workflow_step.step("drift", "drift", "Audit"),
    "GitLab": workflow_step.component_step(
        "drift", "cks-access audit production", stack="production", setup="cd ."
    ),
}


@pytest.mark.parametrize("audit", AUDITS.values(), ids=AUDITS)
def test_an_audit_of_the_night_writes_its_page_and_fails_for_what_is_not_accepted(
    tmp_path: Path, audit: dict[str, Any]
) -> None:
    folder = tmp_path / "checkout"
    folder.mkdir()
    program = folder / "cks-access"
    program.write_text('#!/bin/sh\nshift\necho "$@"\nexit 2\n')
    program.chmod(0o755)

    def asked() -> tuple[int, dict[str, Any]]:
        path = {"PATH": f"{folder}:{os.environ['PATH']}"}
        ended = workflow_step.run(audit, folder, path, {"matrix.stack": "production"})
        return ended.code, parsed(["audit", *shlex.split(ended.log)])

    code, plain = asked()
    (folder / "audit.yaml").write_text("")
    _, accepting = asked()

    assert code == 2
    assert (plain["stack"], plain["html"], plain["known"]) == (
        "production",
        Path("audit.html"),
        None,
    )
    assert accepting == plain | {"known": Path("audit.yaml")}


@pytest.mark.parametrize("file", ["preview", "up-stack", "drift", "rotate"])
def test_the_commands_of_a_set_up_are_the_callers(tmp_path: Path, file: str) -> None:
    folder = tmp_path / "checkout"
    folder.mkdir()
    (job, *_) = yaml.safe_load((FOLDER / f"{file}.yml").read_text())["jobs"]
    found = workflow_step.step(file, job, "Set up")
    paths = {"GITHUB_PATH": str(tmp_path / "paths"), "PATH": os.environ["PATH"]}

    given = {"inputs.setup": "false; touch reached"}
    failed = workflow_step.run(found, folder, paths, given)
    made = workflow_step.run(found, folder, paths, {"inputs.setup": "mkdir .venv\ntouch reached"})

    assert (failed.code, made.code) == (1, 0)
    assert (folder / "reached").exists()
    assert (tmp_path / "paths").read_text() == f"{folder}/.venv/bin\n{folder}/.tools/bin\n"


def test_dependabot_looks_at_every_go_module() -> None:
    root = FOLDER.parents[1]
    entries = yaml.safe_load((root / ".github" / "dependabot.yml").read_text())["updates"]
    watched = {
        folder
        for entry in entries
        if entry["package-ecosystem"] == "gomod"
        for pattern in entry["directories"]
        for folder in root.glob(pattern.lstrip("/"))
        if (folder / "go.mod").exists()
    }
    ours = ("ci", "lab")

    assert watched == {path.parent for name in ours for path in (root / name).rglob("go.mod")}
