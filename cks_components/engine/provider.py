"""What every dynamic provider of ours has in common."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from pulumi import dynamic
from pydantic import ValidationError

from cks_components.api.environment import keeps_tracebacks


class Provider(dynamic.ResourceProvider):
    """Holds nothing, so that its pickle is a reference to its class."""

    serialize_as_secret_always = False

    def configure(self, _req: dynamic.ConfigureRequest) -> None:
        """Make an error one line in the engine's output, unless a bug is being hunted."""
        if not keeps_tracebacks():
            sys.tracebacklimit = 0


def malformed(error: ValidationError) -> Iterator[str]:
    """Each wrong value by its property; never the value, which may be a secret."""
    for item in error.errors(include_input=False, include_url=False):
        path = ".".join(str(part) for part in item["loc"])
        yield f"{path}: {item['msg'][:1].lower()}{item['msg'][1:]}"
