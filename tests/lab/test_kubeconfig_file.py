"""What `cks-access kubeconfig` writes is what kubectl reads, changes and logs in with."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from lab import browser
from lab.issuer import provider

if TYPE_CHECKING:
    from tests.lab.conftest import Lab

OIDC = {
    "issuerUrl": provider.URL,
    "clientId": provider.CLIENT,
    "usernameClaim": "email",
    "groupsClaim": "groups",
    "groupsPrefix": "lab:",
}
THEIRS = """\
apiVersion: v1
kind: Config
clusters: [{name: theirs, cluster: {server: "https://theirs.example.com"}}]
users: [{name: theirs, user: {token: abc}}]
contexts: [{name: theirs, context: {cluster: theirs, user: theirs}}]
current-context: theirs
"""


def test_a_person_and_an_operator_get_in_with_kubeconfigs_made_from_the_cluster(
    lab: Lab, tmp_path: Path
) -> None:
    path = tmp_path / "config"
    path.write_text(THEIRS)
    browser.install(tmp_path / "bin", "alice@example.com")
    more = {
        "PATH": f"{tmp_path / 'bin'}{os.pathsep}{lab.variables['PATH']}",
        "HOME": str(tmp_path),
        "KUBECONFIG": str(path),
    }
    lab.trust(OIDC)
    write = ("cks-access", "kubeconfig", "--cluster", "local-east")
    scopes = ("--scope", "email", "--scope", "groups")

    try:
        for arguments in (scopes, ("--for", "operators")):
            made = lab.run(*write, *arguments, **more)
            assert made.returncode == 0, made.stderr

        # kubectl rewrites the file, and keeps the mark by which our entries are known.
        set_ = ("kubectl", "config", "set-context", "local-east/people", "--namespace=training")
        assert lab.run(*set_, **more).returncode == 0
        again = lab.run(*write, *scopes, "--scope", "offline_access", **more)
        assert 'replaced: the user "local-east/people"' in again.stdout

        as_person = ("kubectl", "--context", "local-east/people", "auth", "whoami")
        lab.eventually(lambda: lab.run(*as_person, **more).returncode == 0)
        assert "lab:ml-engineers" in lab.run(*as_person, **more).stdout
        as_operator = lab.run(
            "kubectl", "--context", "local-east/operators", "get", "namespaces", **more
        )
        assert as_operator.returncode == 0, as_operator.stderr
        _works_without_sh(lab, tmp_path / "no-sh")
        view = lab.run("kubectl", "config", "view", "--raw", **more).stdout
        assert "token: abc" in view
        assert "current-context: theirs" in view
        assert "namespace: training" in view
    finally:
        lab.configure(oidc=None)


def _works_without_sh(lab: Lab, folder: Path) -> None:
    """An operator's kubeconfig where there is no sh, as on Windows: cks-access is its exec plugin."""
    folder.mkdir()
    for program in ("cks-access", "kubectl"):
        (folder / program).symlink_to(str(shutil.which(program, path=lab.variables["PATH"])))
    more = {"KUBECONFIG": str(folder / "config"), "HOME": str(folder)}
    here = more | {"PATH": str(folder)}
    write = ("cks-access", "kubeconfig", "--cluster", "local-east", "--for", "operators", "--use")
    get = ("kubectl", "get", "namespaces")

    assert lab.run(*write, **more).returncode == 0  # on another machine, with sh
    refused, with_token = lab.run(*get, **here), lab.run(*get, "--token", lab.token, **here)
    assert lab.run(*write, **here).returncode == 0
    seen = lab.run(*get, **here)

    assert "There is no sh here. Install cks-access on this machine" in refused.stderr
    assert with_token.returncode == 0, with_token.stderr
    assert "command: cks-access" in (folder / "config").read_text()
    assert seen.returncode == 0, seen.stderr
