"""The whole comment: the headline, what a person must look at, then each part."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from cks_components.access.markdown_report import capital, quote
from cks_components.review.markdown_text import fence, in_html
from cks_components.review.part import Attention, Part

LIMIT = 65_000
"""Characters; GitHub refuses a comment above 65,536."""

_KEPT = 3_000
"""The characters that a later block keeps for itself if an earlier one is too long."""
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


def marker(stack: str) -> str:
    """The hidden first line of a stack's comment, by which a later run finds and replaces it."""
    return f"<!-- cks-access preview: {re.sub(r'[^A-Za-z0-9_./-]', '-', stack)} -->"


def comment(stack: str, parts: Sequence[Part], limit: int = LIMIT) -> str:
    """Compose the comment.

    Args:
        stack: the stack's name.
        parts: in the order in which they are shown.
        limit: the greatest length, in characters; what does not fit is left out, and the comment
            says so.
    """
    worst = max(part.attention for part in parts)
    first = [part for part in parts if part.attention is worst or worst <= Attention.NOTE]
    verdicts = "; ".join(part.verdict for part in first if part.verdict)
    headline = f"## {_MARKS.get(worst, '')}Stack {quote(stack)}: {verdicts}"
    points = sorted((p for part in parts for p in part.points), key=lambda p: -p.attention)
    blocks = [
        _Block((marker(stack), "", headline)),
        _Block(
            lines=tuple(f"- {_MARKS.get(point.attention, '')}{point.text}" for point in points),
            command=f"cks-access ci preview {stack} --limit 1000000",
        ),
        *(block for part in parts for block in _blocks(part, is_headline=part in first)),
    ]
    texts = ("\n".join(lines).strip() for lines in _fitted(blocks, limit))
    return "\n\n".join(text for text in texts if text) + "\n"


def _blocks(part: Part, *, is_headline: bool) -> Iterator[_Block]:
    is_said = is_headline and part.summary == f"{capital(part.verdict)}."
    summary = () if is_said or not part.summary else (part.summary,)
    is_shown = bool(summary or part.shown)
    heading = (f"### {part.heading}",) if part.heading and is_shown else ()
    opening = [line for text in (*heading, *summary) for line in (text, "")]
    yield _Block(tuple(opening), part.shown, command=part.command)
    if part.fold:
        around = fence(part.code)
        code = (f"{around}text", *part.code.splitlines(), around) if part.code else ()
        title = f"<details><summary>{in_html(part.fold)}</summary>"
        closing = (*code[-1:], "", "</details>")
        if code:
            why = (*part.folded, "") if part.folded else ()
            yield _Block((title, "", *why, code[0]), code[1:-1], closing, part.command)
        else:
            yield _Block((title, ""), part.folded, closing, part.command)


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
