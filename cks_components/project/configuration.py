"""The configuration of a stack as the engine makes it of the project file and the stack file.

Source: Pulumi 3.259, `pkg/workspace/config.go` and `sdk/go/common/resource/config`. A stack's value
counts, whole; the project file's is used for a key that the stack does not have. A key of the
project file is a path: `cks-access:identity.provider` is put into the stack's `identity`. Tests
compare all of it with `pulumi config --json` and with what a program receives.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from typing import Any

from cks_components.stack_file.base_model import Location

LARGEST_SIZE = 128 * 1024 - len("PULUMI_CONFIG=") - 1
"""The most bytes of configuration that a program gets on Linux: Pulumi passes it as one environment
variable, and Linux takes 128 KiB for one, its name and last byte included (`MAX_ARG_STRLEN`)."""
_SECRET = "secure"  # noqa: S105 - the engine's key for a value that only it can read
_STEP = re.compile(r'\.?([^.\[\]"]+)|\[([0-9]{1,4})\]|\["([^"\\]+)"\]')
_WHOLE_NUMBER = re.compile(r"[-+]?[1-9][0-9]{0,19}|[-+]?0")
_LARGEST = 2**64


class ConfigurationError(ValueError):
    """The engine refuses a key or a value; the text says why.

    Attributes:
        key: the key, as it is written in its file.
    """

    def __init__(self, key: str, text: str) -> None:
        super().__init__(text)
        self.key = key


@dataclass(frozen=True)
class Secret:
    """A value that only the engine can read; it is not decrypted."""

    ciphertext: str

    @property
    def placeholder(self) -> str:
        """A text that differs for each ciphertext, so that another secret is another value."""
        return f"[secret {sha256(self.ciphertext.encode()).hexdigest()[:8]}]"


@dataclass(frozen=True)
class Configuration:
    """The configuration of a stack.

    Attributes:
        values: texts, lists and mappings, with a `Secret` for each encrypted value, by their keys
            with the project in front.
        from_project: the keys, or parts of keys, that have the project file's value.
    """

    values: Mapping[str, Any]
    from_project: tuple[Location, ...] = ()


def merged(project: str, defaults: Mapping[str, Any], stack: Mapping[str, Any]) -> Configuration:
    """The configuration that the engine makes of two files.

    Args:
        project: the project's name.
        defaults: the values of the project file, in their order.
        stack: the values of the stack file.

    Raises:
        ConfigurationError: the engine refuses a key or a value.
    """
    found: dict[str, Any] = {}
    for key, value in stack.items():
        name = full_key(project, key)
        if name in found:
            text = (
                f'"{name}" is written both with and without "{project}:", and it is undefined '
                "which of the two Pulumi uses; keep one"
            )
            raise ConfigurationError(key, text)
        found[name] = _text(_with_secrets(value))
    added = []
    for key, value in defaults.items():
        namespace, _, name = full_key(project, key).partition(":")
        path = _path(key, name)
        root = f"{namespace}:{path[0]}"
        if not _has(found, (root, *path[1:])):
            _set(key, found, (root, *path[1:]), _default(value, is_inner=len(path) > 1))
            added.append((root, *path[1:]))
    return Configuration(found, tuple(added))


def size(values: Mapping[str, Any]) -> int:
    """How many bytes the configuration takes as the engine passes it to a program.

    That is JSON in which each value is a text; what is not a text becomes one, in JSON as well.

    Args:
        values: by their full keys; a placeholder or ciphertext counts in place of a secret.
    """
    texts = {k: v if isinstance(v, str) else _compact(v) for k, v in values.items()}
    return len(_compact(texts).encode())


def too_large(size_: int) -> str:
    """What is wrong with a configuration above `LARGEST_SIZE`."""
    return (
        f"its configuration has {size_:,} bytes, but Pulumi passes it to the program as one "
        f"environment variable, which on Linux has room for {LARGEST_SIZE:,} (128 KiB with its name)"
    )


def _compact(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&":  # Go escapes them
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def full_key(project: str, key: str) -> str:
    """A key with its project in front: a key without one belongs to this project.

    Raises:
        ConfigurationError: it has too many colons.
    """
    parts = key.split(":")
    if len(parts) == 3 and parts[1] == "config":  # as before Pulumi 1.0
        return f"{parts[0]}:{parts[2]}"
    if len(parts) > 2:
        text = f'"{key}" is not a key that Pulumi reads; write PROJECT:NAME, such as cks-access:identity'
        raise ConfigurationError(key, text)
    return key if len(parts) == 2 else f"{project}:{key}"


def parts(
    value: Any, is_wanted: Callable[[Any], bool], place: Location = ()
) -> Iterator[tuple[Location, Any]]:
    """The wanted parts of a value, at any depth, each with its place; none inside another."""
    if is_wanted(value):
        yield place, value
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield from parts(part, is_wanted, (*place, key))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from parts(part, is_wanted, (*place, index))


def is_secret(value: Any) -> bool:
    """Whether a value that was read is an encrypted one."""
    return isinstance(value, Secret)


def with_placeholders(value: Any) -> Any:
    """A value with a text in place of each encrypted one."""
    if isinstance(value, Secret):
        return value.placeholder
    if isinstance(value, Mapping):
        return {key: with_placeholders(part) for key, part in value.items()}
    return [with_placeholders(part) for part in value] if isinstance(value, list) else value


def is_encrypted(value: Any) -> bool:
    """Whether a value of a file is an encrypted one, which only the engine can read."""
    return isinstance(value, Mapping) and len(value) == 1 and isinstance(value.get(_SECRET), str)


def _with_secrets(value: Any) -> Any:
    if is_encrypted(value):
        return Secret(value[_SECRET])
    if isinstance(value, Mapping):
        return {key: _with_secrets(part) for key, part in value.items()}
    return [_with_secrets(part) for part in value] if isinstance(value, list) else value


def _text(value: Any) -> Any:
    """A number or a boolean as the text that a program receives."""
    return json.dumps(value) if isinstance(value, bool | int | float) else value


def _default(value: Any, *, is_inner: bool) -> Any:
    """A value of the project file, which becomes text first, and then what that text looks like."""
    if isinstance(value, Mapping | list) or (is_inner and isinstance(value, float)):
        return _with_secrets(value)
    text = str(_text(value))
    if is_inner and text in ("true", "false"):
        return text == "true"
    if is_inner and _WHOLE_NUMBER.fullmatch(text) and abs(int(text)) < _LARGEST:
        return int(text)
    return text


def _path(key: str, name: str) -> tuple[str | int, ...]:
    """The steps of a key of the project file, such as `identity.provider` or `bindings[0]`."""
    steps: list[str | int] = []
    rest = name
    while rest:
        found = _STEP.match(rest)
        if not found:
            text = (
                f'"{key}" is not a key that Pulumi reads in a project file, where a key is a path'
            )
            raise ConfigurationError(key, text)
        plain, index, quoted = found.groups()
        steps.append(int(index) if index else plain or quoted)
        rest = rest[found.end() :]
    if not steps or not isinstance(steps[0], str):
        raise ConfigurationError(key, f'"{key}" is not a key that Pulumi reads')
    return tuple(steps)


def _has(value: Any, path: Sequence[str | int]) -> bool:
    for step in path:
        is_index = isinstance(value, list) and step in range(len(value))
        if not is_index and not (isinstance(value, Mapping) and step in value):
            return False
        value = value[step]
    return True


def _set(key: str, root: dict[str, Any], path: Sequence[str | int], value: Any) -> None:
    """Put a value at a path; a stack's value that is neither a list nor a mapping is replaced."""
    around: Any = root
    for depth, (step, following) in enumerate(pairwise(path)):
        inner = deepcopy(around[step]) if _has(around, [step]) else None
        if inner is None or (depth == 0 and not isinstance(inner, dict | list)):
            inner = [None] * (following + 1) if isinstance(following, int) else {}
        _put(key, around, step, inner)
        around = inner
    _put(key, around, path[-1], value)


def _put(key: str, around: Any, step: str | int, value: Any) -> None:
    if isinstance(around, dict) and isinstance(step, str):
        around[step] = value
    elif isinstance(around, list) and isinstance(step, int) and step <= len(around):
        around[step : step + 1] = [value]
    else:
        text = f'"{key}" leads into a value of the stack file that has no such part'
        raise ConfigurationError(key, text)
