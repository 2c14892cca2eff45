"""Pulumi's mock engine in the process: it records registrations; providers never run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pulumi
import pytest


class RecordingEngine(pulumi.runtime.Mocks):
    """Remembers every registration by name.

    Attributes:
        outputs: what resources of a type answer beside their inputs, by the end of its token.
    """

    def __init__(self) -> None:
        self.registered: dict[str, pulumi.runtime.MockResourceArgs] = {}
        self.outputs: dict[str, dict[str, Any]] = {}

    def new_resource(
        self, args: pulumi.runtime.MockResourceArgs
    ) -> tuple[str | None, dict[Any, Any]]:
        self.registered[args.name] = args
        more = next((o for kind, o in self.outputs.items() if args.typ.endswith(kind)), {})
        return f"{args.name}-id", {**args.inputs, **more}

    def call(
        self, args: pulumi.runtime.MockCallArgs
    ) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        message = f"nothing of ours looks anything up, but {args.token} was called"
        raise AssertionError(message)

    def deploy(self, program: Callable[[], None], *, preview: bool = False) -> None:
        """Run a program until all its registrations have landed."""
        pulumi.runtime.set_mocks(self, project="cks-access", stack="test", preview=preview)
        pulumi.runtime.test(program)()  # type: ignore[no-untyped-call] # the SDK leaves it untyped

    def typed(self, kind: str) -> list[pulumi.runtime.MockResourceArgs]:
        return [r for r in self.registered.values() if r.typ.endswith(kind)]


@pytest.fixture
def engine() -> RecordingEngine:
    return RecordingEngine()
