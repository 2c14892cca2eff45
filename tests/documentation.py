"""The pages that people read, what is shown in them, and the targets of make that they name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from docs.site import ROOT, SOURCES

PAGES = sorted(
    page
    for name in SOURCES
    for page in ((ROOT / name).rglob("*.md") if (ROOT / name).is_dir() else [ROOT / name])
    if page.suffix == ".md"
)
TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
"""Those of the Makefile."""
_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


def blocks(page: Path | str, *languages: str) -> list[str]:
    """The fenced blocks of a page, or of a text, in one of the languages, without indentation."""
    page_text = page if isinstance(page, str) else page.read_text()
    return [
        "".join(line.removeprefix(indent) for line in text.splitlines(keepends=True))
        for indent, language, text in _FENCE.findall(page_text)
        if language in languages
    ]


def commands(page: Path) -> Iterator[str]:
    """What is typed after `cks-access`, in blocks and in the text; placeholders are filled in."""
    text = _FENCE.sub("", page.read_text())
    lines = [
        line
        for block in blocks(page, "sh", "console")
        for line in re.sub(r"\\\n\s*", "", block).splitlines()
    ]
    typed = re.findall(r"`cks-access ([^`\n]+)`", text) + [
        command
        for line in lines
        for command in re.findall(r"(?:^|[|(&$] ?)cks-access ([^|)#]+)", line)
    ]
    for command in typed:
        shown = command.partition(" > ")[0].strip()
        yield shown.replace("STACK", "production").replace("REVISION", "main")
