"""The whole comment: the headline, what a person must look at, then each part."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from cks_components.access.markdown_report import capital, quote
from cks_components.review.markdown_text import fence, in_html
from cks_components.review.part import Attention, Fold, Part

LIMIT = 65_000
"""Characters; GitHub refuses a comment above 65,536."""

_KEPT = 3_000
"""The characters that a later block keeps for itself if an earlier one is too long."""
_OPEN = 30
"""As many points are shown at once; the others are folded."""
_COMPLETE = "cks-access ci {job} {stack} --limit 1000000"
_MARKS = {Attention.FAILURE: "🛑 ", Attention.REVIEW: "⚠️ ", Attention.WARNING: "⚠️ "}


@dataclass(frozen=True)
class _Block:
    """Lines that belong together; those in the middle can be left out."""

    opening: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    closing: tuple[str, ...] = ()
    command: str = ""

    @property
    def frame(self) -> int:
        """The characters that it takes without its lines."""
        return _length((*self.opening, *self.closing, *self._note(len(self.lines)), ""))

    def fitting(self, room: int) -> tuple[str, ...]:
        """The block with as many of its lines as fit into so many characters."""
        kept = list(self.lines)
        length = _length(kept)
        while length > room:
            length -= len(kept.pop()) + 1
        note = self._note(len(self.lines) - len(kept))
        return (*self.opening, *kept, *self.closing, *note)

    def _note(self, number: int) -> tuple[str, ...]:
        if not number:
            return ()
        lines = "1 more line is" if number == 1 else f"{number} more lines are"
        text = f"**{lines} left out**, because the comment would be too long; run `{self.command}`"
        return ("", text)


def marker(stack: str, job: str) -> str:
    """The hidden first line of a stack's comment, by which a later run finds and replaces it."""
    return f"<!-- cks-access {job}: {re.sub(r'[^A-Za-z0-9_./-]', '-', stack)} -->"


def headline(stack: str, parts: Sequence[Part]) -> str:
    """What the parts that need the most attention say, on one line; Markdown."""
    first = _worst(parts)
    verdicts = "; ".join(part.verdict for part in first if part.verdict)
    mark = _MARKS.get(max(part.attention for part in first), "")
    return f"{mark}Stack {quote(stack)}: {verdicts}"


def _worst(parts: Sequence[Part]) -> list[Part]:
    """The parts that need the most attention; all of them if none needs any."""
    worst = max(part.attention for part in parts)
    return [part for part in parts if part.attention is worst or worst <= Attention.NOTE]


def comment(stack: str, parts: Sequence[Part], limit: int = LIMIT, *, job: str = "preview") -> str:
    """Compose the comment.

    Args:
        stack: the stack's name.
        parts: in the order in which they are shown.
        limit: the greatest length, in characters; what does not fit is left out, and the comment
            says so.
        job: which command of `cks-access ci` it is of.
    """
    first = _worst(parts)
    blocks = [
        _Block((marker(stack, job), "", f"## {headline(stack, parts)}")),
        *_points(parts, _COMPLETE.format(job=job, stack=stack)),
        *(block for part in parts for block in _blocks(part, is_headline=part in first)),
    ]
    texts = ("\n".join(lines).strip() for lines in _fitted(blocks, limit))
    return "\n\n".join(text for text in texts if text) + "\n"


def _points(parts: Sequence[Part], command: str) -> Iterator[_Block]:
    points = sorted((p for part in parts for p in part.points), key=lambda p: -p.attention)
    lines = tuple(f"- {_MARKS.get(point.attention, '')}{point.text}" for point in points)
    yield _Block(lines=lines[:_OPEN], command=command)
    if lines[_OPEN:]:
        yield _folded(Fold(f"{len(lines) - _OPEN} more to look at", lines[_OPEN:]), command)


def _blocks(part: Part, *, is_headline: bool) -> Iterator[_Block]:
    is_said = is_headline and part.summary == f"{capital(part.verdict)}."
    summary = () if is_said or not part.summary else (part.summary,)
    is_shown = bool(summary or part.shown)
    heading = (f"### {part.heading}",) if part.heading and is_shown else ()
    opening = [line for text in (*heading, *summary) for line in (text, "")]
    yield _Block(tuple(opening), part.shown, command=part.command)
    for fold in part.folds:
        yield _folded(fold, part.command)


def _folded(fold: Fold, command: str) -> _Block:
    title, end = f"<details><summary>{in_html(fold.title)}</summary>", ("", "</details>")
    if not fold.code:
        return _Block((title, ""), fold.lines, end, command)
    around = fence(fold.code)
    above = (*fold.lines, "") if fold.lines else ()
    code = tuple(fold.code.splitlines())
    return _Block((title, "", *above, f"{around}text"), code, (around, *end), command)


def _fitted(blocks: Sequence[_Block], limit: int) -> Iterator[tuple[str, ...]]:
    room = limit - sum(block.frame for block in blocks)
    needs = [_length(block.lines) for block in blocks]
    for index, block in enumerate(blocks):
        kept_for_later = sum(min(need, _KEPT) for need in needs[index + 1 :])
        allowed = max(0, room - kept_for_later)
        yield block.fitting(allowed)
        room -= min(needs[index], allowed)


def _length(lines: Iterable[str]) -> int:
    return sum(len(line) + 1 for line in lines)
