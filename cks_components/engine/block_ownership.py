"""Records which resource owns which block in this run, as this provider process sees it.

The engine calls a provider for one resource at a time and says nothing of the others. A delete
must not remove what a successor owns: a resource that was made for the same block in this run
(a new name, a replacement), or that the state had already when the run began.
"""

from __future__ import annotations

from threading import Lock

from cks_components.api.models import Block

Key = tuple[str, str]
"""A cluster's id and the block's field, or another part of the cluster that is managed."""
_guard = Lock()
_wanted: dict[Key, str] = {}
_held: dict[Key, str] = {}
_given_back: dict[Key, Block] = {}


def key(cluster_id: str, kind: type[Block]) -> Key:
    """The key of a block."""
    return cluster_id.lower(), kind.field


def want(block: Key, resource: str) -> str:
    """Note that the program wants a block for a resource; return who wanted it first."""
    with _guard:
        return _wanted.setdefault(block, resource)


def is_wanted(block: Key) -> bool:
    """Whether the program of this run wants a block for some resource; never in a destroy."""
    with _guard:
        return block in _wanted


def hold(block: Key, operation: str) -> None:
    """Note which operation made the resource that owns a block now."""
    with _guard:
        _held[block] = operation


def held_by_another(block: Key, operation: str) -> bool:
    """Whether the owner of a block is another resource than the one that `operation` made."""
    with _guard:
        return _held.get(block, operation) != operation


def give_back(block: Key, left: Block) -> None:
    """Note what a delete of this run has put in place of a block."""
    with _guard:
        _given_back[block] = left


def given_back(block: Key) -> tuple[Block, ...]:
    """What a delete of this run has put in place of a block: none, or one.

    A create of this run does not treat it as foreign, such as after a delete before replace.
    """
    with _guard:
        return (_given_back[block],) if block in _given_back else ()


def forget() -> None:
    """Forget everything, as in a new process."""
    with _guard:
        for noted in (_wanted, _held, _given_back):
            noted.clear()
