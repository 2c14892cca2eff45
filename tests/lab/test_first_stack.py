"""From nothing to a preview: the commands of the README, as somebody types them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lab.state import CHECKOUT

if TYPE_CHECKING:
    from tests.lab.conftest import Lab

HEADING = "## From nothing to a preview"


def commands() -> list[str]:
    """The commands of the README's section, one a line."""
    section = (CHECKOUT / "README.md").read_text().partition(HEADING)[2].partition("\n## ")[0]
    block = section.partition("```sh\n")[2].partition("```")[0]
    return block.replace("\\\n", " ").strip().splitlines()


def test_five_commands_lead_from_nothing_to_a_preview(lab: Lab, tmp_path: Path) -> None:
    script = "\n".join(["set -e", f"cd {CHECKOUT}", *commands()])
    more = {"HOME": str(tmp_path), "CKS_LAB": str(lab.state.folder)}
    bare = {name: "" for name in lab.variables if name not in ("PATH", "PULUMI_HOME")}

    ended = lab.run("bash", "-c", script, **bare | more)

    assert len(commands()) == 5
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "ClusterOidc" in ended.stdout
    assert "ClusterRoleBinding" in ended.stdout
    assert "to create" in ended.stdout
    written = {path.name for path in (tmp_path / "access").iterdir()}
    assert written >= {"Pulumi.dev.yaml", "Pulumi.yaml", "__main__.py", "requirements.txt"}
