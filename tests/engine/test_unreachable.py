"""What an operator reads when the CKS API or a cluster cannot be reached, or refuses the token."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.engine.stack_file import IDENTITY

if TYPE_CHECKING:
    from tests.engine.conftest import Project


def test_a_preview_over_a_dead_proxy_says_what_it_tries_and_gives_up_soon(project: Project) -> None:
    project.write(identity=IDENTITY | {"discovery": "off"}, clusters=[{"name": "local-east"}])
    way = (
        "https://api.coreweave.com (the default, since COREWEAVE_API_ENDPOINT is not set) through "
        "the proxy http://127.0.0.1:9 (HTTPS_PROXY)"
    )
    proxy = "http://someone:hunter2@127.0.0.1:9"
    began = time.monotonic()

    failed = project.pulumi(
        "preview", environment={"COREWEAVE_API_ENDPOINT": "", "HTTPS_PROXY": proxy}
    )

    assert time.monotonic() - began < 60
    assert failed.code != 0
    assert f"still trying to list the clusters: {way}" in failed.text
    assert f"check the network and the way to {way}, then run" in failed.text
    assert "hunter2" not in failed.text


def test_a_bad_token_is_one_line_whatever_the_command(project: Project) -> None:
    """It begins with what was tried: no class, no module, no traceback."""
    project.write(identity=IDENTITY | {"discovery": "off"}, clusters=[{"name": "local-east"}])
    assert project.up().code == 0
    yes = ("--yes", "--skip-preview")

    for token, advice in (
        ("CW-SECRET-" + "of-nobody", "the token in COREWEAVE_API_TOKEN is wrong, expired"),
        ("", "COREWEAVE_API_TOKEN is not set"),
    ):
        for command in (("preview",), ("up", *yes), ("refresh", *yes), ("destroy", *yes)):
            failed = project.pulumi(*command, environment={"COREWEAVE_API_TOKEN": token})
            assert failed.code != 0
            errors = [t.strip() for t in failed.text.splitlines() if t.startswith("    error: ")]
            (line,) = {text for text in errors if advice in text}
            assert line.startswith(("error: cannot ", "error: COREWEAVE")), failed.text
            assert "cks_components." not in failed.text
            assert "Traceback" not in failed.text
