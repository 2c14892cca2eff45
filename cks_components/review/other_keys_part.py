"""The part about keys of a stack file that are not those of cks-access."""

from __future__ import annotations

from collections.abc import Iterable

from cks_components.access.markdown_report import capital, quote
from cks_components.project.stack_config import StackConfig
from cks_components.review.part import Attention, Part, Point

_FOR_PROGRAM = "configuration changes that the program may read"
_ENCRYPTION = "what encrypts the secrets of the state changes"
_PROVIDER = "secretsprovider"


def of_change(
    stack: str, before: StackConfig | None, after: StackConfig | None
) -> tuple[Part, ...]:
    """Which of those keys have another value; nothing if none has, or if there is no file before.

    The arguments are as those of `policy_part.of_change`.
    """
    if before is None or after is None:
        return ()
    had, has = before.encryption, after.encryption
    other = [k for k in sorted({*had, *has}) if had.get(k) != has.get(k)]
    encryption = [k for k in other if k in had or k == _PROVIDER]  # else the engine wrote its first
    keys = sorted({*before.others, *after.others})
    changed = [k for k in keys if before.others.get(k) != after.others.get(k)]
    if not encryption and not changed:
        return ()
    text = f"{_ENCRYPTION} ({_listed(encryption)}): whoever can use that can read them"
    return (
        Part(
            attention=Attention.REVIEW if encryption else Attention.NOTE,
            verdict=_ENCRYPTION if encryption else _FOR_PROGRAM,
            points=(Point(Attention.REVIEW, text),) if encryption else (),
            summary=f"{capital(_FOR_PROGRAM)}: {_listed(changed)}." if changed else "",
            command=f"cks-access check {stack}",
        ),
    )


def _listed(keys: Iterable[str]) -> str:
    return ", ".join(map(quote, keys))
