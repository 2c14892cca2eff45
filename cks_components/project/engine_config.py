"""Asks the installed `pulumi` for the configuration of a stack.

Encrypted values are not asked for, unless they are used: `pulumi config --json` leaves out a key
that holds one, but the table of `pulumi config` shows it with `[secret]` in place of the value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

from cks_components.api.errors import SettingsError
from cks_components.project import configuration, pulumi_command, stack_config
from cks_components.project.stack_config import ENCRYPTED, StackConfig, advised
from cks_components.stack_file.base_model import Location
from cks_components.stack_file.reading import PROJECT, decoded, read
from cks_components.stack_file.settings import StackSettings
from cks_components.stack_file.unknown_values import UnknownValueError

T = TypeVar("T")


def find(named: str | None, *, is_resolved: bool) -> StackConfig:
    """Read the configuration of a stack.

    Args:
        named: as for `stack_config.find`.
        is_resolved: whether the engine is asked for what the files do not show.

    Raises:
        SettingsError: as `stack_config.find` and `resolved`.
    """
    config = stack_config.find(named)
    return resolved(config) if is_resolved else config


def resolved(config: StackConfig) -> StackConfig:
    """The configuration with everything that the engine knows and that is not secret.

    Raises:
        SettingsError: the engine cannot be asked, or has no such stack.
    """
    texts = _texts(_printed(config, "--json"))
    hidden = {key for key, text in texts.items() if text is None and _is_ours(key)}
    if hidden:
        texts |= _blinded(_printed(config), config.project.name, hidden)
    values = decoded(
        {key: pulumi_command.SECRET if text is None else text for key, text in texts.items()}
    )
    unknown = {place: ENCRYPTED for place, _ in configuration.parts(values, _is_hidden)}
    for place in unknown.keys() & config.unknown.keys():
        _put(values, place, _at(config.values, place))  # a text of its own for each ciphertext
    return replace(config, values=values, unknown=unknown, environments=(), is_resolved=True)


def used(config: StackConfig, use: Callable[[StackSettings], T]) -> T:
    """Use the settings, and decrypt them if an encrypted one is needed and the engine was asked.

    Raises:
        SettingsError: the settings are refused, or a value is needed that is not known.
    """
    settings = config.settings
    try:
        return use(settings)
    except UnknownValueError:
        if not config.is_resolved:
            return advised(config, partial(use, settings))
    file = read(decoded(_texts(_printed(config, "--json", "--show-secrets"))))
    if file.malformed:
        wrong = [f"{path}: is not what belongs there, decrypted" for path, _ in file.malformed]
        raise SettingsError(wrong)
    return use(file.settings.in_force(datetime.now(UTC)))


def _texts(printed: str) -> dict[str, Any]:
    """The text of each key; None for one with an encrypted part that is not shown."""
    entries: Mapping[str, Mapping[str, Any]] = json.loads(printed)
    return {key: entry.get("value") for key, entry in entries.items()}


def _blinded(table: str, project: str, wanted: Iterable[str]) -> dict[str, str]:
    """The lists and mappings of a table of `pulumi config` that hold encrypted values."""
    found = {}
    for key in wanted:
        shown = key.removeprefix(f"{project}:")
        row = re.search(rf"^{re.escape(shown)} +([\[{{].*[\]}}]) *$", table, re.MULTILINE)
        if row:
            found[key] = row[1]
    return found


def _is_ours(key: str) -> bool:
    return key.startswith(f"{PROJECT}:")


def _is_hidden(value: Any) -> bool:
    return bool(value == pulumi_command.SECRET)


def _at(values: Any, place: Location) -> Any:
    for step in place:
        values = values[step]
    return values


def _put(values: Any, place: Location, value: Any) -> None:
    _at(values, place[:-1])[place[-1]] = value


def _printed(config: StackConfig, *options: str) -> str:
    where = () if config.is_of_project else ("--config-file", str(config.path))
    return pulumi_command.printed(
        *("config", "--open", "--stack", config.stack, *where, *options),
        attempt=f'cannot ask Pulumi for the configuration of "{config.stack}"',
        otherwise="leave --resolve out",
    )
