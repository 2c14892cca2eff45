"""Workflows ask for little, and run what was reviewed."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.tools.node_packages import NODE
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
    ours = [step for step in steps(path.read_text()) if "cks-access " in step.get("run", "")]
    given = [step["env"] for step in ours]

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
    """The program `gh`, with the open issues of a repository; run in a project's folder."""

    def __init__(self, folder: Path, project: str = ".") -> None:
        self.folder = folder
        self.project = project
        (folder / project).mkdir(parents=True, exist_ok=True)
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
        (self.folder / self.project / "issues.json").write_text(json.dumps(issues))
        done = self.folder / self.project / "done"
        done.write_text("")
        found = workflow_step.step("drift", "drift", "Tell")
        given = {
            "matrix.stack": "production",
            "inputs.folder": self.project,
            "steps.look.outputs.code": code,
            **context,
        }
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
    look = workflow_step.step("drift", "drift", "Look")
    ended = workflow_step.run(look, folder, {"PATH": "/usr/bin:/bin"}, {"matrix.stack": "dev"})

    assert (ended.code, ended.outputs) == (127, {"artifact": "dev", "code": "127"})
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
    assert (plain["stack"], plain["html"].name, plain["known"]) == (
        "production",
        "audit.html",
        None,
    )
    assert accepting == plain | {"known": Path("audit.yaml")}


def test_drift_in_a_folder_has_an_issue_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "checkout").mkdir()
    github = GitHub(tmp_path / "checkout", "infra/access")
    title = "Drift of stack production in infra/access"
    own = {"number": 9, "title": title}

    created = f"issue create --title {title} --body-file drift.md"
    assert github.told("2", OPEN) == (0, created)
    assert github.told("2", [*OPEN, own]) == (0, "issue edit 9 --body-file drift.md")


HOST = """
const [script, comments] = JSON.parse(process.argv[1]);
const done = [];
const rest = {issues: {
  createComment: (given) => done.push(["create", given.body]),
  updateComment: (given) => done.push(["update", given.comment_id, given.body]),
}};
const github = {rest, paginate: async () => comments};
const context = {repo: {owner: "acme", repo: "infra"}, issue: {number: 5}};
const AsyncFunction = (async () => {}).constructor;
new AsyncFunction("require", "github", "context", script)(require, github, context)
  .then(() => console.log(JSON.stringify(done)));
"""
"""What `actions/github-script` gives to a script; it prints what was done to the comments."""
FIRST = "<!-- cks-access preview: production -->"
IN_FOLDER = "<!-- cks-access preview: production in infra/access -->"
STRANGER = {"id": 1, "user": {"type": "User"}, "body": f"{FIRST}\nby hand"}
BOT = {"type": "Bot"}


def commented(checkout: Path, folder: str, comments: list[dict[str, Any]]) -> list[list[Any]]:
    """What the step does to the comments of a pull request."""
    found = workflow_step.step("preview", "preview", "Comment")
    environment = {k: evaluated(v, {"inputs.folder": folder}) for k, v in found["env"].items()}
    given = json.dumps([found["with"]["script"], comments])
    done = subprocess.run(
        [NODE, "--eval", HOST, given],
        cwd=checkout,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    made: list[list[Any]] = json.loads(done.stdout)
    return made


def test_each_stack_of_each_folder_has_one_comment_that_is_updated(tmp_path: Path) -> None:
    (tmp_path / "infra" / "access").mkdir(parents=True)
    for folder in (tmp_path, tmp_path / "infra" / "access"):
        (folder / "comment.md").write_text(f"{FIRST}\n\n## $& <!-- x -->")
    of_root = {"id": 7, "user": BOT, "body": f"{FIRST}\nold"}
    of_folder = {"id": 8, "user": BOT, "body": f"{IN_FOLDER}\nold"}
    text = "\n\n## $& <!-- x -->"

    assert commented(tmp_path, "", [STRANGER]) == [["create", FIRST + text]]
    assert commented(tmp_path, ".", [of_folder, of_root]) == [["update", 7, FIRST + text]]
    assert commented(tmp_path, "infra/access", [of_root]) == [["create", IN_FOLDER + text]]
    assert commented(tmp_path, "infra/access", [of_root, of_folder]) == [
        ["update", 8, IN_FOLDER + text]
    ]


def test_without_a_comment_nothing_is_said(tmp_path: Path) -> None:
    assert commented(tmp_path, "", []) == []


@pytest.mark.parametrize(
    ("folder", "stack", "name"),
    [
        (".", "production", "production"),
        ("infra/access", "production", "infra--access--production"),
        ("infra-access", "production", "infra-access--production"),
        ("./infra", "organization/access/production", "infra--organization--access--production"),
    ],
)
@pytest.mark.parametrize(
    ("file", "job", "step"),
    [("preview", "preview", "Examine"), ("up-stack", "plan", "Plan"), ("drift", "drift", "Look")],
)
def test_what_is_kept_has_a_name_of_its_own_by_folder_and_stack(
    tmp_path: Path, file: str, job: str, step: str, folder: str, stack: str, name: str
) -> None:
    """A run keeps one artefact by a name, which must not have a slash."""
    (tmp_path / "checkout" / folder).mkdir(parents=True)
    found = workflow_step.step(file, job, step)
    context = {"inputs.folder": folder, "matrix.stack": stack, "inputs.stack": stack}

    ended = workflow_step.run(found, tmp_path / "checkout", {"PATH": "/usr/bin:/bin"}, context)

    assert ended.outputs["artifact"] == name


@pytest.mark.parametrize("path", CALLED, ids=[path.stem for path in CALLED])
def test_what_runs_for_one_folder_never_cancels_that_of_another(path: Path) -> None:
    groups = [job["concurrency"]["group"] for job in jobs(path.read_text()) if "concurrency" in job]

    for group in groups:
        names = {evaluated(group, {"inputs.folder": folder}) for folder in ("", "a", "b")}
        assert len(names) == 3


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
