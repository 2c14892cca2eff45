"""The common base of our dynamic providers."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator

from pulumi import dynamic
from pydantic import ValidationError

from cks_components.api.environment import TRACEBACK, keeps_tracebacks
from cks_components.api.errors import CksError
from cks_components.engine import provider_threads


class Provider(dynamic.ResourceProvider):
    """Holds nothing, so that its pickle is a reference to its class."""

    serialize_as_secret_always = False

    def configure(self, _req: dynamic.ConfigureRequest) -> None:
        """Prepare the process: threads for a whole fleet, and errors as their message alone.

        The SDK answers a failed call with `traceback.format_exc()`, which puts the class and its
        module in front of the message, and the whole way through the code before it. That stays
        where tracebacks are asked for.
        """
        provider_threads.widen()
        if not keeps_tracebacks():
            traceback.format_exc = message_alone


def message_alone(limit: int | None = None, chain: bool = True) -> str:  # noqa: ARG001 - as format_exc
    """The message that users see for the exception that is being handled."""
    error = sys.exc_info()[1]
    if isinstance(error, CksError):
        return str(error)
    return (
        f"this is a bug in cks-access ({type(error).__name__}: {error}); run the command again with "
        f"{TRACEBACK}=1, and report what it shows"
    )


def malformed(error: ValidationError) -> Iterator[str]:
    """Each wrong value by its property; never the value, which may be a secret."""
    for item in error.errors(include_input=False, include_url=False):
        path = ".".join(str(part) for part in item["loc"])
        yield f"{path}: {item['msg'][:1].lower()}{item['msg'][1:]}"
