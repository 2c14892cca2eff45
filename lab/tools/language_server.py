"""The YAML language server, by which tests see a stack file as an editor does."""

from __future__ import annotations

from pathlib import Path

from lab.tools.node_packages import NODE, NPM, node_packages
from lab.tools.program import MODULES
from lab.tools.workspace import Place

FOLDER = MODULES / "yaml-language-server"


def language_server(place: Place, npm: Path = NPM) -> list[str]:
    """The command that runs it, over its standard input and output.

    Raises:
        MissingProgramError: npm cannot get it; the text says why.
    """
    packages = node_packages(FOLDER.name, place, npm)
    return [str(NODE), str(packages / FOLDER.name / "bin" / FOLDER.name), "--stdio"]
