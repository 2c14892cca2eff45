"""The OIDC block that a token is judged by: of a file, of a stack file, or of a live cluster."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from cks_components.access.grants import Access
from cks_components.api.errors import SettingsError
from cks_components.api.models import OidcConfig
from cks_components.kubernetes.nearest_name import nearest
from cks_components.project import engine_config, stack_config, stack_version
from cks_components.project.stack_config import StackConfig
from cks_components.project.yaml_file import text_of
from cks_components.stack_file.settings import ClusterSettings
from cks_components.stack_file.visible_text import visible

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from cks_components.diagnosis.live_cluster import LiveCluster

_ATTEMPT = "cannot explain a token"
_STANDARD_INPUT = "-"
_BYTE_ORDER_MARK = "\ufeff"
_WEBHOOK = "webhooks.authentication.server"


@dataclass(frozen=True)
class BlockInUse:
    """A block, and what is known of the clusters that have it.

    Attributes:
        access: what the stack file grants; None without one.
        keys: the keys of the clusters in the stack file.
        ids: their ids, as far as they are known.
        has_webhook: whether an authentication webhook is asked about tokens as well.
        live: the cluster, if it was read.
        note: what else to know of the block; may be empty.
    """

    block: OidcConfig
    access: Access | None = None
    keys: Sequence[str] = ()
    ids: Sequence[str] = ()
    has_webhook: bool = False
    live: LiveCluster | None = None
    note: str = ""


def of_file(path: str) -> BlockInUse:
    """Read a block in the JSON of the CKS API, alone or in a cluster; "-" is standard input.

    `{}` and `null` are a cluster without a block.

    Raises:
        SettingsError: the file cannot be read, or holds something else.
    """
    named = "standard input" if path == _STANDARD_INPUT else path
    text = sys.stdin.read() if path == _STANDARD_INPUT else text_of(Path(path), "check the path")
    try:
        content = _block_in(json.loads(text.removeprefix(_BYTE_ORDER_MARK)))
    except (ValueError, RecursionError) as error:
        raise _unreadable(named, "JSON") from error
    spelled = OidcConfig.leaves().values()
    known = {*OidcConfig.leaves(), *spelled}
    if not isinstance(content, dict):
        raise _unreadable(named, "an oidc block")
    unknown = [f'"{visible(key)}"{nearest(key, spelled)}' for key in content if key not in known]
    if unknown and not known & content.keys():
        raise _unreadable(named, "an oidc block", f"no block has {', '.join(unknown)}")
    note = f"{named} has keys that no oidc block has, and they are ignored: {', '.join(unknown)}"
    try:
        return BlockInUse(OidcConfig.read(content), note=note if unknown else "")
    except ValidationError as error:
        wrong = "; ".join(_wrong(e) for e in error.errors(include_input=False, include_url=False))
        raise _unreadable(named, "an oidc block", wrong) from error


def _wrong(error: ErrorDetails) -> str:
    wanted = "a list" if error["type"] == "tuple_type" else "text"
    return f"{'.'.join(map(str, error['loc']))} has to be {wanted}"


def _block_in(content: Any) -> Any:
    """The block in what the API answers: itself, a cluster, or a cluster in an answer."""
    for key in ("cluster", OidcConfig.field):
        if isinstance(content, dict) and key in content:
            content = content[key]
    if isinstance(content, dict) and {"id", "apiServerEndpoint"} & content.keys():
        return {}  # a cluster without a block
    return {} if content is None else content


def of_stack(stack: str | None, *, live: bool, is_resolved: bool) -> BlockInUse:
    """Read the block of a stack file.

    Args:
        stack: its name or its file; None for the stack that is selected.
        live: whether its cluster, of which there has to be one, is read as well.
        is_resolved: whether Pulumi is asked for the configuration.

    Raises:
        CksError: the file or the cluster cannot be read.
    """
    file = _read(stack, is_resolved=is_resolved)
    found = stack_config.advised(file.config, partial(_of_file, file))
    if not live:
        return found
    if len(file.entries) != 1:
        message = (
            f"{_ATTEMPT}: --live asks one cluster, and {file.config.path} has "
            f"{', '.join(found.keys)}; name one with --cluster"
        )
        raise SettingsError([message])
    cluster = _live(found.keys[0], file, file.entries[0])
    return replace(found, ids=[cluster.cluster.id], has_webhook=cluster.has_webhook, live=cluster)


def of_cluster(name: str, stack: str | None, *, is_resolved: bool) -> BlockInUse:
    """Read the live block of a cluster, with the grants of a stack file if one is named.

    Args:
        name: its key in the stack file, its name or its id.
        stack: the name or the file of the stack.
        is_resolved: whether Pulumi is asked for the configuration.

    Raises:
        CksError: the file or the cluster cannot be read.
    """
    file = None if stack is None else _read(stack, is_resolved=is_resolved)
    entries = file.entries if file else ()
    entry = next((e for e in entries if name in (e.key, e.name, e.id)), None)
    live = _live(name, file, entry)
    return BlockInUse(
        live.cluster.oidc,
        file.access if file and entry else None,
        [entry.key] if entry else [],
        [live.cluster.id],
        has_webhook=live.has_webhook,
        live=live,
    )


@dataclass(frozen=True)
class _File:
    config: StackConfig
    access: Access
    entries: Sequence[ClusterSettings]


def _read(stack: str | None, *, is_resolved: bool) -> _File:
    config = engine_config.find(stack, is_resolved=is_resolved)
    access = stack_version.read(config).access
    settings = config.examined.shown
    return _File(config, access, settings.clusters if settings else ())


def _of_file(file: _File) -> BlockInUse:
    if file.access.oidc.is_unset:
        message = (
            f"{_ATTEMPT}: {file.config.path} has no identity, so the clusters' blocks are made elsewhere; "
            "read one with --cluster"
        )
        raise SettingsError([message])
    trusted = (path for cluster in file.access.clusters for path, _ in cluster.trusted)
    return BlockInUse(
        file.access.oidc,
        file.access,
        [entry.key for entry in file.entries],
        [entry.id for entry in file.entries if entry.id],
        has_webhook=_WEBHOOK in trusted,
    )


def _live(name: str, file: _File | None, entry: ClusterSettings | None) -> LiveCluster:
    from cks_components.diagnosis import live_cluster  # only now: it imports the HTTP library

    read = partial(live_cluster.read, name, entry)
    return read() if file is None else stack_config.advised(file.config, read)


def _unreadable(path: str, what: str, why: str = "") -> SettingsError:
    reason = f"{what}: {why}" if why else what
    message = f'{_ATTEMPT}: {path} is not {reason}; write the "oidc" of the API\'s answer into it'
    return SettingsError([message])
