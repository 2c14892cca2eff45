"""`make demo`: the main job from beginning to end on a lab cluster, told step by step.

The program, the stack file, Pulumi, kubelogin and kubectl are the real ones; only the cluster's
vendor and the browser are played. KEEP=1 leaves everything running.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from lab import __main__ as verbs
from lab import browser, environment
from lab.api import fleet
from lab.api.control import Control
from lab.state import CHECKOUT, State

_PERSON = "alice@example.com"
_PATIENCE_SECONDS = 40.0
_NOISE = ("warning", "@ ", "View ")


class StepError(Exception):
    """A step did not end as it must; the text says which and what came back."""


class Demo:
    """One run, in a copy of the project inside the lab's folder."""

    def __init__(self, state: State) -> None:
        self.folder = state.folder / "demo"
        self.stack_file = self.folder / "stacks" / "Pulumi.local.yaml"
        self._variables = os.environ | environment.variables(state)
        self._host = fleet.endpoint("local-east")
        self._step = 0
        bold = sys.stdout.isatty()
        self._bold, self._plain = ("\033[1m", "\033[0m") if bold else ("", "")

    def prepare(self) -> None:
        """Copy the program and its stack file: the engine writes its salt into the latter."""
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.rmtree(self.folder.parent / "pulumi", ignore_errors=True)
        (self.folder.parent / "pulumi").mkdir()
        (self.folder / "stacks").mkdir(parents=True)
        for name in ("Pulumi.yaml", "__main__.py", "stacks/Pulumi.local.yaml"):
            shutil.copy(CHECKOUT / name, self.folder / name)
        for name in ("cks_components", ".venv"):
            (self.folder / name).symlink_to(CHECKOUT / name)
        browser.install(self.folder / "bin", _PERSON)
        self._run("pulumi", "stack", "init", "local", "--non-interactive")

    def tell(self, text: str) -> None:
        """Head a step."""
        self._step += 1
        print(f"\n{self._bold}{self._step}. {text}{self._plain}", flush=True)

    def pulumi(
        self, *arguments: str, expect: str = "", show: tuple[str, ...] = (), fails: bool = False
    ) -> None:
        """Run the engine; show the lines of its answer that match one of `show`.

        Args:
            arguments: of the command line.
            expect: what its answer must hold.
            show: patterns of the lines to print.
            fails: whether it is to end with a failure, which then has to say `expect`.
        """
        print(f"   $ pulumi {' '.join(arguments)}", flush=True)
        given = ("pulumi", *arguments, "--non-interactive", "--color", "never")
        told = self._run(*given, may_fail=fails)
        if expect not in told:
            message = f'"{expect}" is missing in what pulumi {arguments[0]} printed:\n{told}'
            raise StepError(message)
        lines = dict.fromkeys(line.strip() for line in told.splitlines())
        for line in lines:
            if any(re.search(mark, line) for mark in show) and not line.startswith(_NOISE):
                print(textwrap.fill(line, 110, initial_indent="     ", subsequent_indent="       "))

    def access(self, *arguments: str, codes: tuple[int, ...] = (0,)) -> str:
        """Run our own command line, and show what it prints."""
        print(f"   $ cks-access {' '.join(arguments)}", flush=True)
        command = [sys.executable, "-m", "cks_components.cli.command", *arguments]
        done = self._done(*command)
        if done.returncode not in codes:
            message = f"cks-access {arguments[0]} failed:\n{done.stdout}{done.stderr}"
            raise StepError(message)
        print(textwrap.indent(done.stdout.strip(), "     "))
        return done.stdout

    def write_kubeconfig(self) -> None:
        """Store what the stack hands out, as a person would."""
        text = self._run("pulumi", "stack", "output", "kubeconfig", "--non-interactive")
        (self.folder / "kubeconfig.yaml").write_text(text)

    def mint(self, pipeline: str) -> None:
        """Store a kubeconfig with a token that was minted for one job."""
        command = ("cks-access", "token", f"local/local-east/{pipeline}", "--lifetime", "10m")
        print(f"   $ {' '.join(command)} --kubeconfig > pipeline.yaml", flush=True)
        (self.folder / "pipeline.yaml").write_text(self._run(*command, "--kubeconfig"))

    def kubectl(self, *arguments: str, expect: str, config: str = "kubeconfig.yaml") -> None:
        """Run kubectl with a kubeconfig until its answer holds `expect`, and show the answer."""
        print(f"   $ kubectl {' '.join(arguments)}", flush=True)
        variables = {
            "KUBECONFIG": str(self.folder / config),
            "HOME": str(self.folder),  # kubelogin's cache stays in the lab
            "PATH": f"{self.folder / 'bin'}{os.pathsep}{self._variables['PATH']}",
        }
        told = self._until(expect, ["kubectl", *arguments], variables)
        print(textwrap.indent(told.strip(), "     "))

    def endpoint(self, host: str, token: str, expect: int) -> None:
        """Ask an endpoint with a token that does not belong there."""
        credential = "header = " + f'"Authorization: Bearer {token}"'
        url = f"https://{host}/api/v1/namespaces"
        told = self._run(
            "curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "-K", "-", url, given=credential
        )
        if told != str(expect):
            message = f"{host} answered {told} and not {expect}"
            raise StepError(message)
        print(f"     {host} answers {told}")

    def refusals(self) -> None:
        """Show that each endpoint refuses the credential of the other."""
        self.endpoint(f"api.{self._host}", self._variables["COREWEAVE_API_TOKEN"], 401)
        cache = (self.folder / ".kube" / "cache" / "oidc-login").glob("*")
        kept = [json.loads(path.read_text()) for path in cache if path.stat().st_size]
        token = next(entry["id_token"] for entry in kept if "id_token" in entry)
        self.endpoint(self._host, token, 401)

    def identity(self, **values: object) -> None:
        """Change values of the stack file's identity, as a person would in an editor."""
        self.edit(lambda config: config["cks-access:identity"].update(values))

    def edit(self, change: Callable[[dict[str, Any]], object]) -> None:
        """Change the stack file's `config:`."""
        content = yaml.safe_load(self.stack_file.read_text())
        change(content["config"])
        self.stack_file.write_text(yaml.safe_dump(content, sort_keys=False))

    def _until(self, expect: str, command: list[str], variables: dict[str, str]) -> str:
        end = time.monotonic() + _PATIENCE_SECONDS
        while expect not in (told := self._run(*command, may_fail=True, **variables)):
            if time.monotonic() > end:
                message = f'{" ".join(command)} never said "{expect}", but:\n{told}'
                raise StepError(message)
            time.sleep(1)
        return told

    def _done(
        self, *command: str, given: str | None = None, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self._variables | variables,
            input=given or "",
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )

    def _run(
        self, *command: str, may_fail: bool = False, given: str | None = None, **variables: str
    ) -> str:
        done = self._done(*command, given=given, **variables)
        if done.returncode and not may_fail:
            message = f"{' '.join(command[:3])} failed:\n{done.stdout}{done.stderr}"
            raise StepError(message)
        return done.stdout + (done.stderr if may_fail else "")


def run(demo: Demo) -> None:
    """The steps, in order.

    Raises:
        StepError: one of them did not end as it must.
    """
    demo.prepare()
    demo.tell("What would change? A cluster learns whom to trust, two groups get their roles.")
    demo.pulumi("preview", show=(" create ", " to create"))
    demo.tell("Do it: one read, one PATCH, a wait for equal values, then the bindings.")
    demo.pulumi("up", "--yes", "--skip-preview", expect="12 created", show=(" created",))
    demo.write_kubeconfig()
    demo.tell("Alice logs in with kubelogin; the kubeconfig is the stack's output as it is.")
    demo.kubectl("auth", "whoami", expect="lab:ml-engineers")
    demo.tell("She sees what her group may see, and is refused what it may not.")
    demo.kubectl("get", "configmaps", "-n", "default", expect="kube-root-ca.crt")
    demo.kubectl("get", "nodes", expect="nodes is forbidden")
    demo.tell("The CoreWeave token is refused at the unmanaged endpoint, hers at the managed one.")
    demo.refusals()
    demo.tell("A pipeline mints a token for ten minutes; nothing is stored, and it may only view.")
    demo.mint("deployer")
    whoami = "system:serviceaccount:default:deployer"
    demo.kubectl("auth", "whoami", expect=whoami, config="pipeline.yaml")
    demo.kubectl("get", "secrets", expect="secrets is forbidden", config="pipeline.yaml")
    demo.tell("A second up changes nothing.")
    quiet = ("up", "--yes", "--skip-preview", "--expect-no-changes")
    demo.pulumi(*quiet, show=("unchanged",))
    demo.tell(
        "A right for three hours: a command writes it down, and the preview says when it ends."
    )
    demo.access("grant", "local", "--group", "oncall", "--role", "view", "--for", "3h")
    demo.pulumi("preview", expect="ends in 2 hours", show=("ends in", "to create"))
    demo.edit(lambda config: config["cks-access:bindings"].pop())
    review(demo)
    demo.tell("An audit: who got in beside the stack file? Here nobody.")
    demo.access("audit", "local", "--html", "audit.html")
    demo.tell("The cluster gets another name in the stack file: only names in outputs change.")
    demo.edit(lambda config: config["cks-access:clusters"][0].update(alias="training"))
    renamed = 'is renamed from "local-east" to "training"'
    demo.pulumi(*quiet, expect=renamed, show=("renamed", "unchanged"))
    hand_over(demo)


def hand_over(demo: Demo) -> None:
    """Show that a new prefix takes no right from anybody, and how long the old names stay.

    Raises:
        StepError: one of the steps did not end as it must.
    """
    up = ("up", "--yes", "--skip-preview")
    demo.tell("A new groupsPrefix, and both names for a day: the preview says who is renamed.")
    demo.identity(groupsPrefix="team:", handover="24h")
    demo.pulumi("preview", "--diff", expect='"lab:" => "team:"', show=(" => ", "the new names"))
    demo.tell("Applied: the bindings have the new names before the block does.")
    demo.pulumi(*up, expect="3 updated", show=(" updated",))
    demo.kubectl("auth", "whoami", expect="team:ml-engineers")
    demo.kubectl("get", "configmaps", "-n", "default", expect="kube-root-ca.crt")
    kept = "stay bound for another 23 hours"
    demo.pulumi("preview", "--expect-no-changes", expect=kept, show=(kept, "unchanged"))
    demo.tell("Without the handover the old names go.")
    demo.edit(lambda config: config["cks-access:identity"].pop("handover"))
    demo.pulumi(*up, expect="2 updated", show=(" updated",))


def review(demo: Demo) -> None:
    """Show what a change of access is reviewed by: roles in words, promises, and a lock-out.

    Raises:
        StepError: one of them did not end as it must.
    """
    written = demo.stack_file.read_text()
    demo.tell("A role of one's own, in words, and a promise of what it does not give.")
    demo.edit(lambda config: config.update(_REVIEWED))
    demo.access("access", "local")
    demo.access("test", "local")
    demo.tell("An update that leaves no administrator says so; in production it is refused.")
    demo.edit(lambda config: config["cks-access:bindings"].pop(0))
    locked = "nobody of this stack can change roles and bindings"
    demo.pulumi("preview", expect=locked, show=(locked,))
    seen = {"risk": "no-administrator", "reason": "the platform's stack binds them"}
    demo.edit(lambda config: config.update({"cks-access:acknowledge": [seen]}))
    demo.pulumi("preview", expect=f"waived: {seen['reason']}", show=(locked,))
    demo.stack_file.write_text(written)


_REVIEWED: dict[str, Any] = {
    "cks-access:roles": [
        {
            "name": "job-reader",
            "rules": [{"apiGroups": ["batch"], "resources": ["jobs"], "verbs": ["get", "list"]}],
        }
    ],
    "cks-access:bindings": [
        {"groups": ["platform-admins"], "clusterRole": "cluster-admin"},
        {"groups": ["ml-engineers"], "clusterRole": "job-reader"},
    ],
    "cks-access:expect": [
        {"groups": ["ml-engineers"], "can": ["list jobs"], "cannot": ["get secrets", "list nodes"]}
    ],
}


def second_half(demo: Demo, control: Control) -> None:
    """What follows after the steps that KEEP=1 ends with.

    Raises:
        StepError: a step did not end as it must.
    """
    foreign = next(c["oidc"] for c in control.clusters() if c["name"] == "foreign")
    guard(demo, control)
    end(demo, control, foreign)


def guard(demo: Demo, control: Control) -> None:
    """Show that nothing which somebody else made is lost: drift, guard, adopt.

    Raises:
        StepError: one of them did not end as it must.
    """
    demo.tell("Drift: somebody changes the user-name claim by hand. A nightly check names it.")
    block = control.cluster(fleet.CONTROL_PLANE)["oidc"]
    control.change(fleet.CONTROL_PLANE, oidc=block | {"usernameClaim": "sub"})
    check = ("refresh", "--preview-only", "--diff", "--expect-no-changes")
    demo.pulumi(*check, expect='"email" => "sub"', show=(" => ", "^error: no changes"), fails=True)
    demo.tell("Guard: a change of ours is refused as long as nobody has taken note of theirs.")
    demo.identity(groupsPrefix="crew:")
    up = ("up", "--yes", "--skip-preview")
    demo.pulumi(*up, expect="changed outside this stack", show=("^error: cannot",), fails=True)
    demo.pulumi("refresh", "--yes", "--skip-preview", expect="1 updated", show=(" updated",))
    demo.pulumi(*up, expect="3 updated", show=(" updated",))
    demo.tell("Adopt: a cluster that already trusts another provider is taken over only if asked.")
    demo.edit(_add_a_cluster)
    demo.pulumi(*up, expect="that another tool or user set", show=("^error: cannot",), fails=True)
    demo.identity(adopt=True)
    demo.pulumi(*up, expect="was there before", show=("was there before", " created"))


def _add_a_cluster(config: dict[str, Any]) -> None:
    """A second one, which has no control plane here: what is in the cluster stays with the first."""
    inside = {key: config.pop(f"cks-access:{key}") for key in ("bindings", "automation")}
    config["cks-access:clusters"] = [{"name": "local-east"} | inside, {"name": "foreign"}]


def end(demo: Demo, control: Control, foreign: object) -> None:
    """Destroy the stack and compare the clusters with what they were.

    Raises:
        StepError: a cluster is not as it was.
    """
    demo.tell("Destroy restores what was there: nothing on one cluster, their block on the other.")
    demo.pulumi("destroy", "--yes", "--skip-preview", expect="14 deleted", show=(" deleted",))
    after = {c["name"]: c.get("oidc") for c in control.clusters()}
    if after["local-east"] or after["foreign"] != foreign:
        message = f"the clusters are not as they were: {after}"
        raise StepError(message)
    print("     both clusters are as they were")


def main() -> int:
    """Run the demonstration; returns the exit code."""
    state = State(Path(os.environ.get("CKS_LAB") or CHECKOUT / ".lab"))
    keep = bool(os.environ.get("KEEP"))
    began = time.monotonic()
    state.clean()
    if verbs.up(state):
        return 1
    demo = Demo(state)
    try:
        run(demo)
        if keep:
            print(_KEPT.format(folder=demo.folder))
            return 0
        second_half(demo, environment.control(state))
    except StepError as error:
        print(f"\nthe demonstration stopped: {error}", file=sys.stderr)
        return 1
    finally:
        if not keep:
            state.clean()
    print(f"\nDone after {time.monotonic() - began:.0f} s; the lab is down.")
    return 0


_KEPT = """
The lab and the stack are left running. Try:

  eval "$(.venv/bin/python -m lab env)"
  cd {folder}
  pulumi preview --diff                      # edit stacks/Pulumi.local.yaml first
  PATH=$PWD/bin:$PATH HOME=$PWD KUBECONFIG=$PWD/kubeconfig.yaml kubectl get pods
  pulumi destroy
  cd - && .venv/bin/python -m lab down
"""

if __name__ == "__main__":
    sys.exit(main())
