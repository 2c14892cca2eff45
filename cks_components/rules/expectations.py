"""Rules for the tests of access: whom they are about, and whether their sentences can be read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cks_components.kubernetes import subject_names
from cks_components.rbac.known_names import KnownNames
from cks_components.rbac.question import QuestionError, parse
from cks_components.rules.rule import ERROR, WARNING, Rule, Violation
from cks_components.stack_file.expectation import ExpectationSettings
from cks_components.stack_file.settings import StackSettings


@dataclass(frozen=True, kw_only=True)
class JudgedExpectation:
    """A test of access, and the stack file that it is in."""

    expectation: ExpectationSettings
    settings: StackSettings


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


def _unreadable(judged: JudgedExpectation) -> Iterator[Violation]:
    expectation, known = judged.expectation, KnownNames()
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


def _misnamed(judged: JudgedExpectation) -> Iterator[Violation]:
    expectation, oidc = judged.expectation, judged.settings.oidc
    bindings = [b for _, part in judged.settings.parts() for b in part.bindings]
    users = [("user", expectation.user)] if expectation.user is not None else []
    groups = [(f"groups[{index}]", name) for index, name in enumerate(expectation.groups)]
    for named, prefix, bound in (
        (users, subject_names.username_prefix(oidc), {n for b in bindings for n in b.users}),
        (groups, subject_names.groups_prefix(oidc), {n for b in bindings for n in b.groups}),
    ):
        spelt = {name.casefold(): name for name in bound}
        for path, name in named:
            rest = name.removeprefix(prefix)
            meant = spelt.get(name.casefold()) or spelt.get(rest.casefold())
            if meant and name not in bound:
                yield Violation(
                    path,
                    f'"{name}" is bound nowhere in this file, but "{meant}" is: names are compared '
                    f'byte for byte, and prefixes are added automatically; write "{meant}"',
                )


RULES: tuple[Rule[JudgedExpectation], ...] = (
    Rule(
        "EXPECT-01",
        "the sentences of `expect` can be read, and their verbs and resources exist",
        ERROR,
        _unreadable,
    ),
    Rule("EXPECT-02", "`expect` spells names as the bindings do", WARNING, _misnamed),
)
