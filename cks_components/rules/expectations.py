"""Rules for the tests of access: whom they are about, and whether their sentences can be read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from cks_components.kubernetes import subject_names
from cks_components.kubernetes.user import AUTHENTICATED
from cks_components.rbac.known_names import KnownNames
from cks_components.rbac.question import QuestionError, UnknownNameError, parse
from cks_components.rules.rule import ERROR, WARNING, Rule, Violation
from cks_components.stack_file.expectation import ExpectationSettings
from cks_components.stack_file.settings import StackSettings

_ACCOUNTS = "system:serviceaccount:"
"""With what the user name of every service account begins."""
_WORD = re.compile(r"[^\W\d_]+|\d+|[^\w]+|_")
"""The parts of a name: letters, digits, or what stands between them."""
_MISSPELT = 0.8
"""How similar two words are, of 1, of which one may be a misspelling of the other."""


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
    known = KnownNames()
    for path, sentence, is_single in _sentences(judged.expectation):
        try:
            parse(sentence, known, is_single=is_single)
        except UnknownNameError as error:
            yield Violation(
                path,
                f'"{sentence}" cannot be tested: {error}; correct it, or waive EXPECT-01 if '
                "your clusters have it",
            )
        except QuestionError as error:
            yield Violation(path, f'"{sentence}" cannot be tested: {error}')


def _impossible(judged: JudgedExpectation) -> Iterator[Violation]:
    """Names of Kubernetes' own, which nobody has who logs in with a prefix."""
    for path, name, prefix, _ in _named(judged):
        if path == "user" and name.startswith(_ACCOUNTS):
            account = name.removeprefix(_ACCOUNTS).replace(":", "/")
            yield Violation(
                path,
                f'"{name}" is a service account, not a person; write "serviceAccount: {account}"',
            )
        elif name.startswith(subject_names.KUBERNETES_OWN) and prefix:
            yield Violation(
                path,
                f'"{name}" cannot come from the identity provider: the prefix "{prefix}" is put '
                f'before it, so the test would be about "{prefix}{name}"; remove it (everybody '
                f"who logs in is in {AUTHENTICATED} anyway)",
            )


def _misnamed(judged: JudgedExpectation) -> Iterator[Violation]:
    for path, name, prefix, bound in _named(judged):
        if name in bound:
            continue
        spelt = {each.casefold(): each for each in bound}
        rest = name.removeprefix(prefix)
        meant = spelt.get(name.casefold()) or spelt.get(rest.casefold())
        near = _near(name, bound)
        if meant:
            yield Violation(
                path,
                f'"{name}" is bound nowhere in this file, but "{meant}" is: names are compared '
                f'byte for byte, and prefixes are added automatically; write "{meant}"',
            )
        elif near:
            yield Violation(
                path,
                f'"{name}" is bound nowhere in this file, but "{near}" is; write "{near}" if you '
                "mean it",
            )


def _misplaced(judged: JudgedExpectation) -> Iterator[Violation]:
    parts = [part for _, part in judged.settings.parts()]
    entries = [entry for part in parts for entry in (*part.bindings, *part.automation)]
    written = {place for entry in entries for place in entry.namespaces or ()}
    written |= {pipeline.namespace for part in parts for pipeline in part.automation}
    for path, sentence, is_single in _sentences(judged.expectation):
        namespace = _namespace_of(sentence, is_single=is_single)
        near = _near(namespace, written)
        if near and namespace not in written:
            yield Violation(
                path,
                f'"{sentence}" is about the namespace "{namespace}", which no binding or pipeline '
                f'of this file names, but "{near}" is named; write "{near}" if you mean it',
            )


def _named(judged: JudgedExpectation) -> Iterator[tuple[str, str, str, set[str]]]:
    """Each name of a user or group: its path, itself, its prefix, and what the file binds."""
    expectation, oidc = judged.expectation, judged.settings.oidc
    bindings = [b for _, part in judged.settings.parts() for b in part.bindings]
    if expectation.user is not None:
        bound = {n for b in bindings for n in b.users}
        yield "user", expectation.user, subject_names.username_prefix(oidc), bound
    bound = {n for b in bindings for n in b.groups}
    for index, name in enumerate(expectation.groups):
        yield f"groups[{index}]", name, subject_names.groups_prefix(oidc), bound


def _sentences(expectation: ExpectationSettings) -> Iterator[tuple[str, str, bool]]:
    """Each sentence: its path, itself, and whether it is about something single."""
    for word, sentences in (("can", expectation.can), ("cannot", expectation.cannot)):
        for index, sentence in enumerate(sentences):
            yield f"{word}[{index}]", sentence, word == "can"


def _namespace_of(sentence: str, *, is_single: bool) -> str:
    try:
        return parse(sentence, KnownNames(), is_single=is_single).namespace
    except QuestionError:  # EXPECT-01 is about those
        return ""


def _near(name: str, known: set[str]) -> str:
    """The known name of which a name is probably a misspelling; empty if there is none.

    Names of one kind differ in a whole word, or in a letter or number that stands alone: `team-a`
    and `team-b`, `train-east` and `train-west`, `gpu1` and `gpu2` are not misspelt.
    """
    words = _WORD.findall(name)
    for other in sorted(known):
        others = _WORD.findall(other)
        odd = [(a, b) for a, b in zip(words, others, strict=False) if a != b]
        if len(words) == len(others) and len(odd) == 1:
            a, b = odd[0]
            if SequenceMatcher(None, a, b).ratio() >= _MISSPELT:
                return other
    return ""


RULES: tuple[Rule[JudgedExpectation], ...] = (
    Rule(
        "EXPECT-01",
        "the sentences of `expect` can be read, and what they are about can exist",
        ERROR,
        _unreadable,
    ),
    Rule(
        "EXPECT-01",
        "`expect` names nobody who cannot log in",
        ERROR,
        _impossible,
        is_waivable=False,
    ),
    Rule("EXPECT-02", "`expect` spells users and groups as the bindings do", WARNING, _misnamed),
    Rule("EXPECT-02", "`expect` spells namespaces as the bindings do", WARNING, _misplaced),
)
