"""Merges kubeconfigs into the texts of files, whose other entries stay as they are written.

An entry that this program writes has an extension of its name, as minikube's entries do; kubectl
keeps it. Only such an entry is replaced. Comments are lost, as they are with `kubectl config`.
Several files are one kubeconfig to kubectl, in which the first entry of a name counts, and the
first current context.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import yaml
from yaml.representer import SafeRepresenter

from cks_components.api.errors import SettingsError
from cks_components.kubernetes.kubeconfig import CLIENT_SECRET_OPTION, LISTS, is_kubeconfig
from cks_components.kubernetes.kubeconfig_content import wrong
from cks_components.kubernetes.kubeconfig_yaml import Dumper, Loader, is_json

_MARK = "cks-access"
_CURRENT = "current-context"
_EXTENSIONS = "extensions"
_EMPTY = "apiVersion: v1\nkind: Config"
_WIDTH = 10_000
_ATTEMPT = "cannot merge the kubeconfig"
_Outcome = Literal["added", "equal", "replaced", "refused"]
_SEQUENCE = "tag:yaml.org,2002:seq"


@dataclass(frozen=True, kw_only=True)
class Merged:
    """Kubeconfigs after the merge.

    Attributes:
        texts: those of the files that have changed; they may hold credentials.
        contexts: the merged contexts.
        replaced: the entries of this program that were replaced by others, as messages name them.
        current: the context that kubectl uses where none is named; empty if there is none.
    """

    texts: Mapping[Path, str] = field(repr=False)
    contexts: tuple[str, ...]
    replaced: tuple[str, ...]
    current: str


def merge(
    files: Mapping[Path, str],
    configs: Sequence[str],
    *,
    use: bool = False,
    overwrite: bool = False,
) -> Merged:
    """Merge kubeconfigs into files, as `kubectl config` changes those that KUBECONFIG lists.

    An entry that exists is changed in its own file; a new one, and the current context, go into the
    first file.

    Args:
        files: the text of each file, in the order of kubectl; empty if there is none yet.
        configs: the kubeconfigs to merge, for which `is_mergeable` holds.
        use: make the first merged context the current one; otherwise that happens only where no
            file names one.
        overwrite: replace entries of others that have the same name.

    Raises:
        SettingsError: a text is no kubeconfig, kubectl cannot load it or reads only a part of it;
            or the files hold entries of others that have the
            same names and another content, all of which are named.
    """
    roots = {file: _parsed(text, file) for file, text in files.items()}
    first = next(iter(roots))
    changed: set[Path] = set()
    refused: dict[Path, list[str]] = {}
    replaced: list[str] = []
    contexts: list[str] = []
    for config in map(yaml.safe_load, configs):
        contexts += [context["name"] for context in config["contexts"]]
        for key, kind in LISTS.items():
            for entry in config[key]:
                file = next((f for f in roots if _has(roots[f], key, entry["name"])), first)
                entries = _list(roots[file], key)
                outcome, differing = _put(entries, kind, entry, overwrite=overwrite)
                named = f'the {kind} "{entry["name"]}"'
                if outcome == "refused":
                    reason = f"{named} ({', '.join(differing)} differs)"
                    refused.setdefault(file, []).append(reason)
                elif outcome != "equal":
                    changed.add(file)
                if outcome == "replaced":
                    replaced.append(named)
    if refused:
        raise SettingsError([_refusal(file, reasons) for file, reasons in refused.items()])
    current = next(filter(None, map(_current, roots.values())), "")
    if not current or (use and current != contexts[0]):
        current = contexts[0]
        _set(roots[first], _CURRENT, _node(current))
        changed.add(first)
    return Merged(
        texts={file: _serialized(roots[file], files[file]) for file in files if file in changed},
        contexts=tuple(contexts),
        replaced=tuple(replaced),
        current=current,
    )


def _refusal(file: Path, reasons: Sequence[str]) -> str:
    return (
        f"{_ATTEMPT}: {file} has entries of the same names that cks-access did not write: "
        f"{', '.join(reasons)}; nothing was written. Rename or remove them, write to another "
        "file, or replace them with --overwrite, which keeps a backup"
    )


def is_mergeable(config: object) -> bool:
    """Whether something is the text of a kubeconfig with a cluster, a user and a context."""
    try:
        content = yaml.safe_load(config) if isinstance(config, str) else None
    except (yaml.YAMLError, ValueError, RecursionError):
        return False
    return is_kubeconfig(content) and all(
        content.get(key) and all(_is_named(entry, kind) for entry in content[key])
        for key, kind in LISTS.items()
    )


def _is_named(entry: Mapping[str, Any], kind: str) -> bool:
    return isinstance(entry.get("name"), str) and isinstance(entry.get(kind), Mapping)


def holds_secret(config: str) -> bool:
    """Whether the text of a kubeconfig of this program holds a token or a client secret."""
    users = [entry["user"] for entry in yaml.safe_load(config)["users"]]
    return any("token" in user or CLIENT_SECRET_OPTION in str(user) for user in users)


def _put(
    entries: yaml.SequenceNode, kind: str, entry: Mapping[str, Any], *, overwrite: bool
) -> tuple[_Outcome, Sequence[str]]:
    """Put an entry into a list; says what became of it, and which keys of a refused one differ."""
    name, content = entry["name"], dict(entry[kind])
    index, before, is_ours = _existing(entries, kind, name)
    if is_ours and before.get("namespace"):
        content.setdefault("namespace", before["namespace"])  # somebody has set it with kubectl
    if before == content:
        return "equal", ()
    if index < len(entries.value) and not is_ours and not overwrite:
        return "refused", [k for k in {**before, **content} if before.get(k) != content.get(k)]
    mark = {"name": _MARK, "extension": {"provider": _MARK}}
    outcome: _Outcome = "replaced" if index < len(entries.value) else "added"
    entries.value[index : index + 1] = [
        _node({"name": name, kind: content | {_EXTENSIONS: [mark]}})
    ]
    return outcome, ()


def _existing(entries: yaml.SequenceNode, kind: str, name: str) -> tuple[int, dict[str, Any], bool]:
    """The place of an entry, or that of a new one; its content; whether this program wrote it."""
    for index, node in enumerate(entries.value):
        found = _plain(node)
        if found.get("name") == name:
            content = dict(found.get(kind) or {})
            extensions = content.pop(_EXTENSIONS, None)
            is_ours = isinstance(extensions, list) and any(
                isinstance(e, Mapping) and e.get("name") == _MARK for e in extensions
            )
            return index, content, is_ours
    return len(entries.value), {}, False


def _has(root: yaml.MappingNode, key: str, name: str) -> bool:
    found = _value(root, key)
    entries = found.value if isinstance(found, yaml.SequenceNode) else ()
    return any(_plain(entry).get("name") == name for entry in entries)


def _parsed(text: str, file: Path) -> yaml.MappingNode:
    try:
        loader = Loader(text)
        root = loader.get_node() if loader.check_node() else None
        is_alone = not loader.check_node()
        content = _plain(root)
        if content is None:  # an empty file, comments alone, or null
            content = _plain(root := yaml.compose(_EMPTY, Loader=Loader))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1})" if mark else ""
        message = (
            f"{_ATTEMPT}: {file} is not valid YAML{where}; correct it, or write to another file"
        )
        raise SettingsError([message]) from error
    if not isinstance(root, yaml.MappingNode) or not is_kubeconfig(content):
        message = (
            f"{_ATTEMPT}: {file} is not a kubeconfig, so it was not changed; name another file"
        )
        raise SettingsError([message])
    if not is_alone:
        message = (
            f"{_ATTEMPT}: {file} has several YAML documents, of which kubectl reads only the first; keep "
            "one, or write to another file"
        )
        raise SettingsError([message])
    if found := wrong(content):
        message = (
            f"{_ATTEMPT}: kubectl cannot load {file}: {found}; correct it, or write to another file"
        )
        raise SettingsError([message])
    return root


def _list(root: yaml.MappingNode, key: str) -> yaml.SequenceNode:
    """The list of a key; an empty one is put there if there is none."""
    found = _value(root, key)
    if isinstance(found, yaml.SequenceNode):
        return found
    made = yaml.SequenceNode(_SEQUENCE, [])
    _set(root, key, made)
    return made


def _current(root: yaml.MappingNode) -> str:
    found = _value(root, _CURRENT)
    return str(found.value) if isinstance(found, yaml.ScalarNode) and _plain(found) else ""


def _value(root: yaml.MappingNode, key: str) -> yaml.Node | None:
    return next((value for name, value in root.value if name.value == key), None)


def _set(root: yaml.MappingNode, key: str, value: yaml.Node) -> None:
    for index, (name, _) in enumerate(root.value):
        if name.value == key:
            root.value[index] = (name, value)
            return
    root.value.append((_node(key), value))


def _plain(node: yaml.Node | None) -> Any:
    return None if node is None else Loader("").construct_document(node)


def _node(value: Any) -> yaml.Node:
    made: yaml.Node = SafeRepresenter(default_flow_style=False, sort_keys=False).represent_data(
        value
    )
    return made


def _serialized(root: yaml.Node, before: str) -> str:
    """The new text of a file; one in JSON stays in JSON, as other programs may need it."""
    if is_json(before):
        return f"{json.dumps(_plain(root), indent=2, ensure_ascii=False)}\n"
    text: str = yaml.serialize(root, Dumper=Dumper, width=_WIDTH, allow_unicode=True)
    return text
