"""Builds the documentation's site: `python -m docs.site`, or `make site`.

Pages link to each other, to examples and to the pages beside the README as the repository has
them. So the site is made of a copy with the same paths, and a link that works in the repository
works in the site too. A warning of the generator, such as a link that leads nowhere, is an error.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COPY = ROOT / "build" / "pages"
"""What the site is made of; `docs_dir` of zensical.toml."""
SOURCES = (
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "LICENSE",
    "docs",
    "examples",
    "provider",
    "stacks",
)


def main() -> int:
    """Builds `site/` and returns the generator's exit code."""
    copy_sources()
    zensical = str(Path(sys.executable).with_name("zensical"))
    command = [zensical, "build", "--strict", "--clean"]
    return subprocess.run(command, cwd=ROOT, check=False).returncode  # noqa: S603 # our own arguments


def copy_sources() -> None:
    """Puts a fresh copy of the sources into `build/pages`."""
    shutil.rmtree(COPY, ignore_errors=True)
    COPY.mkdir(parents=True)
    for name in SOURCES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, COPY / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(source, COPY / name)
    for program in (COPY / "docs").glob("*.py"):
        program.unlink()


if __name__ == "__main__":
    sys.exit(main())
