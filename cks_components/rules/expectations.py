"""Rules for the tests of access: whom they are about, and whether their sentences can be read."""

from __future__ import annotations

from collections.abc import Iterator

from cks_components.rbac.known_names import KnownNames
from cks_components.rbac.question import QuestionError, parse
from cks_components.rules.rule import ERROR, Rule, Violation
from cks_components.stack_file.expectation import ExpectationSettings


def misshapen(expectation: ExpectationSettings) -> Iterator[Violation]:
    """Report a test about nobody, about two, or without a sentence; paths begin at the test."""
    is_person = expectation.user is not None or bool(expectation.groups)
    if not is_person and expectation.service_account is None:
        yield Violation("", "names nobody; write a user, groups or a serviceAccount")
    if is_person and expectation.service_account is not None:
        yield Violation(
            "serviceAccount",
            "stands beside a user or groups, and is a user of its own; write two tests",
        )
    if not expectation.can and not expectation.cannot:
        yield Violation("", "says nothing; write sentences into can or cannot")


def _unreadable(expectation: ExpectationSettings) -> Iterator[Violation]:
    known = KnownNames()
    for word, sentences in (("can", expectation.can), ("cannot", expectation.cannot)):
        for index, sentence in enumerate(sentences):
            try:
                parse(sentence, known, is_single=word == "can")
            except QuestionError as error:
                yield Violation(
                    f"{word}[{index}]",
                    f'"{sentence}" cannot be tested: {error}; correct it, or waive EXPECT-01 if '
                    "your clusters have it",
                )


RULES: tuple[Rule[ExpectationSettings], ...] = (
    Rule(
        "EXPECT-01",
        "the sentences of `expect` can be read, and their verbs and resources exist",
        ERROR,
        _unreadable,
    ),
)
