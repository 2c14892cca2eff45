"""The language server is got by npm, with the checksums of a lock file, or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lab.tools.language_server import FOLDER, language_server
from lab.tools.sources import MissingProgramError
from lab.tools.workspace import Place


def test_every_package_has_a_version_and_a_checksum_and_no_host() -> None:
    asked = json.loads((FOLDER / "package.json").read_text())["dependencies"]
    packages = json.loads((FOLDER / "package-lock.json").read_text())["packages"]

    assert packages.pop("")["dependencies"] == asked
    for package in packages.values():
        assert package["integrity"].startswith("sha512-")
        assert "resolved" not in package
    assert packages["node_modules/yaml-language-server"]["version"] in asked.values()


def test_where_npm_fails_nothing_is_left_and_it_is_said(place: Place) -> None:
    broken = place.checkout / "npm.js"
    broken.write_text('console.error("no such registry"); process.exit(1)')

    with pytest.raises(MissingProgramError, match="npm failed: no such registry"):
        language_server(place, broken)

    assert [path.name for path in place.tools.iterdir() if "draft" in path.name] == []
    assert not list(place.tools.glob("yaml-language-server-*"))


def test_it_is_got_once(place: Place) -> None:
    npm = place.checkout / "npm.js"
    npm.write_text('require("fs").writeFileSync("asked", process.argv.slice(2).join(" "))')

    first = language_server(place, npm)
    npm.unlink()

    assert language_server(place, npm) == first
    (asked,) = place.tools.glob("yaml-language-server-*/asked")
    assert asked.read_text().startswith("ci --ignore-scripts")
    assert Path(first[1]).is_relative_to(asked.parent)
