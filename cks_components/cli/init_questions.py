"""The questions of `cks-access init`: each is asked again, with the reason, until its answer will do."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

from cks_components.api.errors import SettingsError
from cks_components.identity.preset import Provider
from cks_components.identity.providers import PRESETS

T = TypeVar("T")


def asked(question: str, read: Callable[[str], T], default: str | None = None) -> T:
    """Ask a question until `read` takes the answer.

    Args:
        question: as it is shown.
        read: makes a value of the answer; raises `SettingsError` if it will not do.
        default: what an empty answer means; None if there has to be one.

    Raises:
        click.Abort: nobody answers any more.
        CksError: of another kind, as `read` raised it.
    """

    def value(answer: str) -> T:
        try:
            return read(answer.strip())
        except SettingsError as error:
            raise click.BadParameter(str(error)) from error

    answered: T = click.prompt(question, default=default, value_proc=value, err=True)
    return answered


def provider() -> Provider:
    """Ask for the identity provider."""
    kinds = click.Choice(list(PRESETS), case_sensitive=False)
    chosen: Provider = click.prompt("Identity provider", default="generic", type=kinds, err=True)
    return chosen
