"""What a program in another language gives, as the arguments of `ClusterAccess`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import is_dataclass
from datetime import timedelta
from difflib import get_close_matches
from typing import Any

from cks_components.api.environment import duration_seconds
from cks_components.cluster_access_arguments import ClusterAccessArgs, refuse_unusable
from cks_components.component_provider import arguments
from cks_components.component_provider.arguments import Argument, ArgumentType, Webhooks
from cks_components.engine.arguments import ArgumentError, is_output, refuse_outputs

_KINDS = [argument.name for argument in arguments.of_class(Webhooks)]
_PATH = re.compile(r"^[\w.\[\]]+(?=: )")
"""Where a finding says that something is wrong."""
_ALWAYS_NEEDED = {"cluster_id", "context", "endpoint"}
"""Without these nothing can be judged."""
_GRANTS = {"automation", "bindings"}
_NEEDED_BY_GRANTS = {"identity", "roles", "standing", "webhooks"}
"""What the names and roles in `_GRANTS` are judged by."""


def component_args(given: Mapping[str, Any]) -> ClusterAccessArgs:
    """The arguments of `ClusterAccess`; an output stays where it is.

    Raises:
        ArgumentError: a name is unknown, a required argument is missing, an object, list or duration
            is something else, or a webhook is an output; with what `ClusterAccess` would refuse in
            the other arguments. Paths are as the program wrote them.
    """
    wrong: list[str] = []
    values = _attributes(arguments.of_component(), given, "", wrong)
    if wrong:
        raise ArgumentError([*wrong, *_refused_elsewhere(values, wrong, given)])
    return _made(values)


def _made(values: dict[str, Any]) -> ClusterAccessArgs:
    webhooks = values.pop("webhooks", None)
    by_kind = vars(webhooks) if isinstance(webhooks, Webhooks) else {}
    hooks = {f"webhooks.{kind}": by_kind[kind] for kind in _KINDS if by_kind.get(kind) is not None}
    late = {path: hook for path, hook in {"webhooks": webhooks, **hooks}.items() if is_output(hook)}
    refuse_outputs("determines which resources are declared", late)
    return ClusterAccessArgs(**values, webhooks=list(hooks.values()))


def _refused_elsewhere(
    values: Mapping[str, Any], wrong: Sequence[str], given: Mapping[str, Any]
) -> list[str]:
    """What is refused in the arguments that can be judged without those that are wrong."""
    keys = {re.split(r"\W", finding, maxsplit=1)[0] for finding in wrong}
    left_out = {a.name for a in arguments.of_component() if a.key in keys}
    if left_out & _ALWAYS_NEEDED:
        return []
    if left_out & _NEEDED_BY_GRANTS:
        left_out |= _GRANTS
    try:
        refuse_unusable(_made({k: v for k, v in values.items() if k not in left_out}))
    except ArgumentError as error:
        return [as_written(finding, given) for finding in error.findings]
    return []


def as_written(finding: str, given: Mapping[str, Any]) -> str:
    """A finding about arguments, with its path as the program in the other language wrote it."""
    webhooks = given.get("webhooks")
    present = [k for k in _KINDS if isinstance(webhooks, Mapping) and webhooks.get(k) is not None]
    for index, kind in enumerate(present):
        finding = finding.replace(f"webhooks[{index}]", f"webhooks.{kind}")
    return _PATH.sub(lambda path: arguments.in_camel_case(path[0]), finding)


def _attributes(
    known: Sequence[Argument], given: Mapping[str, Any], path: str, wrong: list[str]
) -> dict[str, Any]:
    by_key = {a.key: a for a in known}
    present = {key: value for key, value in given.items() if value is not None}
    for key in sorted(present.keys() - by_key.keys()):
        near = get_close_matches(key, by_key, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        wrong.append(f"{path}{key}: is not an argument{hint}")
    for key, argument in by_key.items():
        if argument.is_required and key not in present:
            wrong.append(f"{path}{key}: is missing")
    return {
        by_key[key].name: _value(by_key[key].type, value, f"{path}{key}", wrong)
        for key, value in present.items()
        if key in by_key
    }


def _value(type_: ArgumentType, given: Any, path: str, wrong: list[str]) -> Any:
    if is_output(given):
        return given
    if is_dataclass(type_.kind):
        return _object(type_.kind, given, path, wrong)
    if type_.kind is timedelta:
        return _duration(given, path, wrong)
    if type_.items is not None and isinstance(given, Mapping if type_.kind is dict else list):
        if isinstance(given, Mapping):
            return {k: _value(type_.items, v, f"{path}.{k}", wrong) for k, v in given.items()}
        return [_value(type_.items, v, f"{path}[{i}]", wrong) for i, v in enumerate(given)]
    return given


def _object(kind: type[Any], given: Any, path: str, wrong: list[str]) -> Any:
    if not isinstance(given, Mapping):
        wrong.append(f"{path}: must be an object, but is of type {type(given).__name__}")
        return None
    before = len(wrong)
    values = _attributes(arguments.of_class(kind), given, f"{path}.", wrong)
    return kind(**values) if len(wrong) == before else None


def _duration(given: Any, path: str, wrong: list[str]) -> timedelta:
    seconds = duration_seconds(given) if isinstance(given, str) else None
    if seconds is None:
        wrong.append(f'{path}: must be a duration, such as "30d"')
    return timedelta(seconds=seconds or 0)
