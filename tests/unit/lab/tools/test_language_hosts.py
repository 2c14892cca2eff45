"""The hosts of other languages are taken from PATH, or built, or it is said what to install."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lab.tools.language_hosts import builds, language_hosts
from lab.tools.sources import MissingProgramError
from lab.tools.workspace import Place
from tests.unit.lab.tools.conftest import executable

GO = """#!/bin/sh
for argument; do
  if [ "$previous" = -o ]; then echo "#!/bin/sh" > "$argument"; chmod +x "$argument"; fi
  previous=$argument
done
"""


def test_what_is_on_path_is_taken_and_the_rest_is_built_once(place: Place) -> None:
    there = place.checkout / "there"
    host = executable(there / "pulumi-language-yaml", b"#!/bin/sh\n")
    go = executable(there / "go", GO.encode())
    path = f"{there}:/usr/bin:/bin"
    place = replace(place, environ={**place.environ, "PATH": path})

    folder = language_hosts(place)
    go.unlink()

    assert language_hosts(place) == folder
    assert (folder / "pulumi-language-yaml").resolve() == host.resolve()
    assert all((folder / build.output).is_file() for build in builds())


@pytest.mark.parametrize(
    ("go", "text"),
    [(None, "there is no go to build it: install Go"), ("#!/bin/sh\necho no >&2; exit 1", "no")],
)
def test_where_it_cannot_be_built_it_is_said(place: Place, go: str | None, text: str) -> None:
    there = place.checkout / "there"
    there.mkdir()
    if go:
        executable(there / "go", go.encode())
    place = replace(place, environ={**place.environ, "PATH": str(there)})

    with pytest.raises(MissingProgramError, match=text):
        language_hosts(place)
