"""Every symptom of docs/troubleshooting.md, made on a real cluster: doctor or explain names its cause."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cks_components.kubernetes import kubeconfig
from docs import screens
from lab import browser
from lab.authority import Authority
from lab.issuer import provider
from lab.state import CHECKOUT, PROGRAMS
from lab.webhook import hook
from lab.webhook.reviews import Mode

if TYPE_CHECKING:
    from tests.lab.conftest import Lab

ALICE, CAROL = "alice@example.com", "carol@example.com"
OIDC: dict[str, Any] = {
    "issuerUrl": provider.URL,
    "clientId": provider.CLIENT,
    "usernameClaim": "email",
    "groupsClaim": "groups",
    "groupsPrefix": "lab:",
}
BINDING = {"groups": ["ml-engineers"], "clusterRole": "view", "namespaces": ["default"]}
OLD_JOB = "repo:acme/infra:environment:production"
NEW_JOB = "repo:acme@65/infra@77:environment:production"
V1 = "client.authentication.k8s.io/v1"
DOCTOR = "cluster local-east"


@dataclass
class Desk:
    """Somebody's machine: a folder with a stack file and a kubeconfig, in front of the lab."""

    lab: Lab
    folder: Path
    identity: dict[str, Any] = field(default_factory=lambda: OIDC | {"extraScopes": ["groups"]})

    def run(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        return self.lab.run(*arguments, **{"HOME": str(self.folder)} | more)

    def stack(self, *, binding: dict[str, Any] | None = None, **identity: Any) -> str:
        """Write a stack file; returns its path."""
        config = {
            "cks-access:identity": self.identity | identity,
            "cks-access:clusters": [{"name": "local-east"}],
            "cks-access:bindings": [binding or BINDING],
        }
        path = self.folder / "Pulumi.lab.yaml"
        path.write_text(json.dumps({"config": config}))
        return str(path)

    def doctor(
        self,
        *arguments: str,
        binding: dict[str, Any] | None = None,
        more: Any = None,
        **identity: Any,
    ) -> tuple[dict[str, str], str]:
        """The lines that are not fine, by their subject, and what was said on stderr."""
        path = self.stack(binding=binding, **identity)
        ended = self.run("cks-access", "doctor", path, "--json", *arguments, **more or {})
        assert ended.returncode in (0, 2), ended.stderr
        found = [r for r in json.loads(ended.stdout) if r["state"] != "fine"]
        assert bool(found) == (ended.returncode == 2)
        return {result["subject"]: result["text"] for result in found}, ended.stderr

    def explain(self, token: str, *arguments: str) -> dict[str, Any]:
        """What explain makes of a token by the live block, with the cluster's own words."""
        live = ("--cluster", "local-east", "--live", "--json")
        ended = self.run("cks-access", "explain", *live, *arguments, "--", token)
        assert ended.returncode in (0, 1, 2), ended.stderr
        assert token not in ended.stdout + ended.stderr
        found: dict[str, Any] = json.loads(ended.stdout)
        return found

    def kubeconfig(self, **user: Any) -> Path:
        """Write a kubeconfig whose context has this user, or none."""
        server = f"https://api.{self.lab.host}"
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "c", "cluster": {"server": server}}],
            "users": [{"name": "u", "user": user}] if user else [],
            "contexts": [
                {"name": "me", "context": {"cluster": "c"} | ({"user": "u"} if user else {})}
            ],
            "current-context": "me",
        }
        path = self.folder / "kubeconfig"
        path.write_text(json.dumps(content))
        return path

    def of_kubectl(self, path: Path, **more: str) -> tuple[str, str]:
        """What kubectl says with a kubeconfig, and what explain says of it."""
        given = {"KUBECONFIG": str(path)} | more
        kubectl = self.run("kubectl", "get", "pods", **given)
        assert kubectl.returncode != 0
        explain = ("cks-access", "explain", "--cluster", "local-east", "--from-kubeconfig", "me")
        ended = self.run(*explain, **given)
        assert ended.returncode != 0
        return kubectl.stdout + kubectl.stderr, ended.stdout + ended.stderr


class Blocks:
    """The blocks of the cluster; kube-apiserver restarts only when a test needs others."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._present: dict[str, Any] = {}

    def become(self, **wanted: Any) -> None:
        """Configure these and no others, and wait until people get in if the issuer is the lab's."""
        if wanted == self._present:
            return
        absent = dict.fromkeys(self._present.keys() - wanted.keys())
        self._lab.configure(**absent | wanted)
        self._present = wanted
        if wanted.get("oidc", {}).get("issuerUrl") == provider.URL:
            token = self._lab.control.mint(ALICE)
            self._lab.eventually(lambda: self._lab.who(token).status_code == 201)


@pytest.fixture(scope="module")
def blocks(lab: Lab) -> Iterator[Blocks]:
    made = Blocks(lab)
    with lab.role("lab:ml-engineers", "view", kind="Group"):
        yield made
    made.become()


@pytest.fixture
def desk(lab: Lab, blocks: Blocks, tmp_path: Path) -> Desk:
    """The cluster has the block of the stack file."""
    blocks.become(oidc=OIDC)
    return Desk(lab, tmp_path)


@pytest.fixture
def other_desk(lab: Lab, tmp_path: Path) -> Desk:
    """The cluster has the blocks that the test gives it."""
    return Desk(lab, tmp_path)


def test_a_cluster_that_is_well_is_fine_in_every_line_and_with_a_login(desk: Desk) -> None:
    browser.install(desk.folder / "bin", ALICE)
    path = f"{desk.folder / 'bin'}{os.pathsep}{desk.lab.variables['PATH']}"

    found, _ = desk.doctor("--login", more={"PATH": path})

    assert found == {}


OVERAGE = {
    "_claim_names": {"groups": "src1"},
    "_claim_sources": {"src1": {"endpoint": f"{provider.URL}/overage"}},
}
REFUSED: dict[str, tuple[Callable[[Lab], str], str, str, str]] = {
    "another issuer": (
        lambda lab: lab.control.mint(ALICE, claims={"iss": f"{provider.URL}/"}),
        "issuer",
        "invalid bearer token",
        "they differ in the slash at the end",
    ),
    "a CoreWeave token": (
        lambda lab: lab.token,
        "malformed",
        "invalid bearer token",
        "opaque text",
    ),
    "an access token": (
        lambda lab: lab.control.mint(ALICE, claims={"aud": "account"}),
        "audience",
        'expected audience "cks-lab" got ["account"]',
        "an access token has another",
    ),
    "an unverified address": (
        lambda lab: lab.control.mint(ALICE, claims={"email_verified": False}),
        "email-unverified",
        "email not verified",
        "verified",
    ),
    "no address": (
        lambda lab: lab.control.mint(ALICE, without=["email"]),
        "username-missing",
        'parse username claims "email": claim not present',
        "ask for the scope",
    ),
    "too many groups": (
        lambda lab: lab.control.mint(ALICE, claims=OVERAGE, without=["groups"]),
        "distributed-claim",
        "could not expand distributed claims",
        "200 groups",
    ),
    "a key that is not published": (
        lambda lab: lab.control.mint(ALICE, header={"alg": "RS256", "kid": "next"}),
        "signature",
        "failed to verify id token signature",
        "publish",
    ),
    "expired": (
        lambda lab: lab.control.mint(ALICE, claims={"exp": 1}),
        "expired",
        "token is expired",
        "clock",
    ),
    "not valid yet": (
        lambda lab: lab.control.mint(ALICE, claims={"nbf": 4102444800}),
        "not-yet-valid",
        "before the nbf (not before) time",
        "clock",
    ),
}


@pytest.mark.parametrize("symptom", REFUSED)
def test_a_refused_token_is_explained_as_the_cluster_itself_sees_it(
    desk: Desk, symptom: str
) -> None:
    make, rule, server, text = REFUSED[symptom]

    found = desk.explain(make(desk.lab))

    assert (found["accepted"], found["rule"]) == (False, rule)
    assert server in found["server"]["reason"]
    assert text in found["reason"]


A_MINUTE = {"iat": 0, "exp": 60}
"""Times of a token, from now."""
ANOTHER_CASE = BINDING | {"groups": ["ML-engineers"]}


@pytest.mark.parametrize(
    ("email", "times", "binding", "text"),
    [
        (CAROL, {}, BINDING, "the token has no groups"),
        (ALICE, {}, ANOTHER_CASE, 'the nearest is "lab:ML-engineers"'),
        (ALICE, A_MINUTE, BINDING, "the token is valid for 60 seconds only"),
    ],
    ids=["no groups", "another case", "short"],
)
def test_a_login_that_works_and_does_not_help_is_explained(
    desk: Desk, email: str, times: dict[str, int], binding: dict[str, Any], text: str
) -> None:
    now = int(time.time())
    token = desk.lab.control.mint(email, claims={name: now + s for name, s in times.items()})

    ended = desk.run("cks-access", "explain", "--stack", desk.stack(binding=binding), "--", token)

    assert ended.returncode == 0
    assert text in ended.stdout


def test_a_revoked_token_of_a_pipeline_and_one_for_another_audience_have_the_clusters_reason(
    desk: Desk,
) -> None:
    lab, accounts = desk.lab, "/api/v1/namespaces/default/serviceaccounts"
    made = lab.post(lab.host, accounts, lab.token, {"metadata": {"name": "short"}}).json()
    minted = f"{accounts}/{made['metadata']['name']}/token"
    revoked = lab.post(lab.host, minted, lab.token, {}).json()["status"]["token"]
    foreign = lab.post(lab.host, minted, lab.token, {"spec": {"audiences": ["vault"]}})
    lab.http.delete(
        f"https://{lab.host}{accounts}/short", headers={"Authorization": f"Bearer {lab.token}"}
    )

    assert '"short" not found' in desk.explain(revoked)["server"]["reason"]
    assert "token audiences" in desk.explain(foreign.json()["status"]["token"])["server"]["reason"]


def test_a_context_without_credentials_is_named(desk: Desk) -> None:
    kubectl, explained = desk.of_kubectl(desk.kubeconfig())

    assert "Username" in kubectl or "system:anonymous" in kubectl
    assert "it names no user, so kubectl sends no token" in explained


PRINTS_OLD = json.dumps(
    {"apiVersion": f"{V1}beta1", "kind": "ExecCredential", "status": {"token": "a"}}
)
PLUGINS: dict[str, tuple[dict[str, Any], str, str]] = {
    "no interactiveMode": (
        {"apiVersion": V1, "command": "true"},
        "interactiveMode must be specified",
        'write "interactiveMode: Never"',
    ),
    "kubelogin before 1.31": (
        {"apiVersion": V1, "command": "printf", "args": [PRINTS_OLD], "interactiveMode": "Never"},
        f"plugin returned version {V1}beta1",
        f"answered in {V1}beta1 and was asked in {V1}",
    ),
    "kubelogin missing": (
        {
            "apiVersion": V1,
            "command": "kubectl-oidc_lagin",
            "installHint": "Install int128/kubelogin",
            "interactiveMode": "Never",
        },
        "executable kubectl-oidc_lagin not found",
        "cannot be started; Install int128/kubelogin",
    ),
}


@pytest.mark.parametrize("symptom", PLUGINS)
def test_an_exec_plugin_that_kubectl_cannot_use_is_named(desk: Desk, symptom: str) -> None:
    plugin, said, text = PLUGINS[symptom]

    kubectl, explained = desk.of_kubectl(desk.kubeconfig(exec=plugin))

    assert said in kubectl
    assert text in explained


def test_an_operators_kubeconfig_without_the_token_says_which_variable(desk: Desk) -> None:
    credential = kubeconfig.admin_credential()

    kubectl, explained = desk.of_kubectl(desk.kubeconfig(**credential), COREWEAVE_API_TOKEN="")
    found, _ = desk.doctor(more={"COREWEAVE_API_TOKEN": ""})

    assert "COREWEAVE_API_TOKEN" in kubectl
    assert "COREWEAVE_API_TOKEN" in explained
    assert "COREWEAVE_API_TOKEN is not set" in found["CKS API"]


def test_programs_that_are_missing_or_too_old_are_named(desk: Desk) -> None:
    folder = desk.folder / "bin"
    folder.mkdir()
    (folder / "kubectl-oidc_login").write_text("#!/bin/sh\necho kubelogin version v1.30.0\n")
    (folder / "kubectl-oidc_login").chmod(0o755)
    (folder / "cks-access").symlink_to(Path(sys.executable).parent / "cks-access")

    found, _ = desk.doctor(more={"PATH": str(folder)})

    assert "v1beta1" in found["kubectl-oidc_login"]
    assert "it is not on PATH" in found["kubectl"]


def test_a_clock_of_this_machine_that_is_wrong_is_named(desk: Desk) -> None:
    clock = "import time\nreal = time.time\ntime.time = lambda: real() + 300\n"
    (desk.folder / "sitecustomize.py").write_text(clock)
    path = f"{desk.folder}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"

    found, _ = desk.doctor(more={"PYTHONPATH": path})

    assert found.keys() == {"clocks"}
    assert "that of this machine is 300 seconds ahead of" in found["clocks"]


def test_names_that_are_bound_with_another_prefix_are_named(desk: Desk) -> None:
    with desk.lab.role("ml-engineers", "edit", kind="Group"):
        found, _ = desk.doctor(binding=BINDING | {"clusterRole": "edit"})

    text = found[f"{DOCTOR}: bindings"]
    assert (
        'Group "lab:ml-engineers" has no binding to ClusterRole edit in namespace default' in text
    )
    assert '"ml-engineers" has one, but names are compared byte for byte' in text


def test_the_screen_of_doctor_in_the_pages_is_what_it_prints(desk: Desk) -> None:
    page = CHECKOUT / "docs" / "troubleshooting.md"
    path = desk.stack(binding=BINDING | {"clusterRole": "edit"})
    programs = f"{PROGRAMS}{os.sep}"

    def doctor(_command: str, _stdin: str) -> str:
        ended = desk.run("cks-access", "doctor", path)
        return ended.stdout.replace(programs, "/usr/local/bin/")

    with desk.lab.role("ml-engineers", "edit", kind="Group"):
        fresh = screens.rendered(page.read_text(), doctor, lambda _command: True)

    (desk.folder / page.name).write_text(fresh)
    assert page.read_text() == fresh, f"the present screen is in {desk.folder / page.name}"


def test_an_authority_that_is_not_the_issuers_is_named(desk: Desk) -> None:
    foreign = Authority(desk.folder / "pki").certificate.read_text()

    found, _ = desk.doctor(ca=foreign)

    assert "CERTIFICATE_VERIFY_FAILED" in found["issuer"]
    assert "ca:" in found[f"{DOCTOR}: OIDC"]


def test_a_slash_that_kubelogin_stumbles_over_is_named(desk: Desk) -> None:
    found, said = desk.doctor("--login", issuerUrl=f"{provider.URL}/")

    assert "did not match the issuer URL returned by provider" in said
    assert f'the discovery document says "{provider.URL}"' in found["issuer"]
    assert "failed with exit code" in found["login"]


def test_ports_that_are_busy_stop_a_login_and_kubelogin_says_which(desk: Desk) -> None:
    with ExitStack() as stack:
        for port in (8000, 18000):
            busy = stack.enter_context(socket.socket())
            busy.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):  # somebody else has it already
                busy.bind(("127.0.0.1", port))
                busy.listen()
        found, said = desk.doctor("--login")

    assert "address already in use" in said
    assert "failed with exit code 1; what it says is above" in found["login"]


ASKS = """
import os, re, signal, sys, urllib.parse, urllib.request
class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_): return None
local = urllib.request.build_opener(urllib.request.ProxyHandler({}), Stay)
try:
    local.open(sys.argv[1])
except urllib.error.HTTPError as answer:
    provider = answer.headers["location"]
    asked = urllib.parse.parse_qs(urllib.parse.urlsplit(provider).query)
"""
DENIED = """
denied = urllib.parse.urlencode({"error": "access_denied", "state": asked["state"][0]})
try:
    local.open(f"{asked['redirect_uri'][0]}?{denied}")
except urllib.error.HTTPError:
    pass
"""
MISMATCHED = """
try:
    urllib.request.urlopen(provider.replace("localhost%3A", "unregistered.example%3A"))
except urllib.error.HTTPError as page:
    print(page.code, page.read().decode(), file=open(sys.argv[0] + ".page", "w"))
os.kill(os.getppid(), signal.SIGINT)  # as somebody who sees that page, or after three minutes
"""


def with_browser(desk: Desk, program: str) -> dict[str, str]:
    """The variables by which kubelogin opens this program in place of a browser."""
    folder = desk.folder / "bin"
    folder.mkdir()
    (folder / "browser.py").write_text(ASKS + program)
    (folder / "xdg-open").write_text(f'#!/bin/sh\nexec {sys.executable} {folder}/browser.py "$1"\n')
    (folder / "xdg-open").chmod(0o755)
    return {"PATH": f"{folder}{os.pathsep}{desk.lab.variables['PATH']}"}


def test_a_person_who_is_not_assigned_at_the_provider_reads_what_it_says(desk: Desk) -> None:
    found, said = desk.doctor("--login", more=with_browser(desk, DENIED))

    assert "access_denied" in said
    assert "failed with exit code 1; what it says is above" in found["login"]


def test_a_redirect_uri_that_is_not_registered_is_named_with_what_to_register(desk: Desk) -> None:
    found, _ = desk.doctor("--login", more=with_browser(desk, MISMATCHED))

    page = (desk.folder / "bin" / "browser.py.page").read_text()
    assert page.startswith("400 ")
    assert "loopback redirects" in page
    assert (
        "register the redirect URIs http://localhost:8000 and http://localhost:18000 for client "
        "cks-lab there" in found["login"]
    )


def test_a_name_with_the_issuer_in_front_and_a_job_of_a_renamed_repository_are_explained(
    other_desk: Desk, blocks: Blocks
) -> None:
    desk = other_desk
    blocks.become(oidc=OIDC | {"usernameClaim": "sub"})
    prefixed: dict[str, Any] = {"usernameClaim": "sub", "usernamePrefix": "lab:"}

    person = desk.explain(desk.lab.control.mint(ALICE))
    found, _ = desk.doctor(**prefixed)
    path = desk.stack(binding={"users": [OLD_JOB], "clusterRole": "view"}, **prefixed)
    job = desk.lab.control.mint(ALICE, claims={"sub": NEW_JOB})
    explained = desk.run("cks-access", "explain", "--stack", path, "--", job)

    assert person["server"]["username"] == f"{provider.URL}#lab|alice"
    assert "usernamePrefix: unset on the cluster, 'lab:' wanted" in found[f"{DOCTOR}: OIDC"]
    assert f'"lab:{OLD_JOB}" is bound, and GitHub writes the ids' in explained.stdout


def test_an_issuer_that_the_control_plane_cannot_read_and_broken_webhooks_are_named(
    other_desk: Desk, blocks: Blocks
) -> None:
    lab = other_desk.lab
    blocks.become(
        oidc=OIDC | {"issuerUrl": f"{provider.URL}/"},
        authnWebhook={"server": f"{hook.URL}/authn"},
        authzWebhook={"server": f"{hook.URL}/authz"},
    )
    lab.control.set_webhook("authn", Mode.DOWN)
    lab.control.set_webhook("authz", Mode.BROKEN)
    try:
        found, _ = other_desk.doctor()
        refused = lab.get(f"api.{lab.host}", "/api/v1/nodes", lab.service_account_token())
    finally:
        lab.control.set_webhook("authn", Mode.OK)
        lab.control.set_webhook("authz", Mode.OK)

    assert refused.status_code == 500
    assert "has not read the discovery document" in found[f"{DOCTOR}: control plane and issuer"]
    assert "authenticator not initialized" in found[f"{DOCTOR}: control plane and issuer"]
    assert "only the slash at the end differs" in found[f"{DOCTOR}: OIDC"]
    assert "does not answer as a webhook does" in found[f"{DOCTOR}: authentication webhook"]
    assert "does not decide" in found[f"{DOCTOR}: authorization webhook"]
