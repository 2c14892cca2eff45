"""Makes outputs, and looks at them from outside of a program."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pulumi


def later(value: Any) -> Any:
    """An output of another resource; of any type, as a program without types has it."""
    return pulumi.Output.from_input(value).apply(lambda came: came)


@dataclass(frozen=True)
class Seen:
    """What an output was when the program had ended."""

    value: Any
    is_known: bool
    is_secret: bool


@dataclass
class Looker:
    """Looks at the outputs of a program that ran before the mock engine."""

    _tasks: dict[str, asyncio.Future[Seen]] = field(default_factory=dict)

    def at(self, **outputs: Any) -> None:
        """Look at outputs, in a program that is running."""
        for name, output in outputs.items():
            assert isinstance(output, pulumi.Output), f"{name} is no output"
            self._tasks[name] = asyncio.ensure_future(_seen(output))

    def __getitem__(self, name: str) -> Seen:
        return self._tasks[name].result()


async def _seen(output: pulumi.Output[Any]) -> Seen:
    return Seen(await output.future(), await output.is_known(), await output.is_secret())
