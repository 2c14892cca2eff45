"""The promises of a stack file: each sentence of its tests of access, and whom it is about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cks_components.kubernetes import subject_names
from cks_components.kubernetes.user import User, logged_in, service_account
from cks_components.rbac.known_names import KnownNames
from cks_components.rbac.question import Question, QuestionError, parse
from cks_components.rbac.rule import Request, ResourceRequest
from cks_components.stack_file.expectation import ExpectationSettings
from cks_components.stack_file.settings import StackSettings


@dataclass(frozen=True, kw_only=True)
class Promise:
    """One sentence about one user on one cluster.

    Attributes:
        cluster: the cluster's key.
        path: its place in the stack file, such as `expect[0].can[1]`.
        who: the user, as the stack file names it.
        user: the user as kube-apiserver knows it.
        is_allowed: whether it is to be allowed.
        sentence: as it is written.
        question: None if the sentence cannot be read; `problem` says why.
    """

    cluster: str
    path: str
    who: str
    user: User
    is_allowed: bool
    sentence: str
    question: Question | None
    problem: str = ""

    @property
    def text(self) -> str:
        """The promise as a sentence."""
        sentence = " ".join(self.sentence.split())
        return f"{self.who} {'can' if self.is_allowed else 'cannot'} {sentence}"

    def requests(
        self, question: Question, namespaces: Iterable[str], names: Iterable[str]
    ) -> list[Request]:
        """The requests that must be allowed, or of which none may be.

        "can" without a namespace or a name is one request for all of them; "cannot" is about each.

        Args:
            question: its question.
            namespaces: those in which somebody has a role.
            names: those that a rule names.
        """
        if self.is_allowed:
            return list(question.requests())
        return list(question.requests(["", *namespaces], ["", *names]))


def promises(
    settings: StackSettings, cluster: int, known: KnownNames | None = None
) -> Iterator[Promise]:
    """The promises about the cluster at an index, in the order of the file.

    Args:
        settings: of the stack.
        cluster: the index.
        known: the names that exist there; by default those of the pinned version of Kubernetes.
    """
    names = known or KnownNames()
    key = settings.clusters[cluster].key
    for path, expectation in settings.expectations_on(cluster):
        who, user = _whom(settings, expectation)
        for word, sentences in (("can", expectation.can), ("cannot", expectation.cannot)):
            for index, sentence in enumerate(sentences):
                question, problem = read(sentence, names, is_allowed=word == "can")
                yield Promise(
                    cluster=key,
                    path=f"{path}.{word}[{index}]",
                    who=who,
                    user=user,
                    is_allowed=word == "can",
                    sentence=sentence,
                    question=question,
                    problem=problem,
                )


def read(sentence: str, known: KnownNames, *, is_allowed: bool) -> tuple[Question | None, str]:
    """The question of a sentence; without one, what is wrong with the sentence."""
    try:
        return parse(sentence, known, is_single=is_allowed), ""
    except QuestionError as error:
        return None, str(error)


def place_of(request: Request) -> str:
    """Where and on what a request is, as the end of a sentence; may be empty."""
    if not isinstance(request, ResourceRequest):
        return ""
    name = f' named "{request.name}"' if request.name else ""
    return f'{name} in namespace "{request.namespace}"' if request.namespace else name


def _whom(settings: StackSettings, expectation: ExpectationSettings) -> tuple[str, User]:
    if expectation.service_account is not None:
        namespace, _, name = expectation.service_account.partition("/")
        return expectation.service_account, service_account(namespace, name)
    oidc = settings.oidc
    user = "" if expectation.user is None else subject_names.user(oidc, expectation.user)
    sent = expectation.groups if subject_names.has_groups(oidc) else ()
    groups = [subject_names.group(oidc, name) for name in sent]
    named = ", ".join(sorted(expectation.groups))
    who = expectation.user or f"a member of {named}"
    if expectation.user and named:
        who = f"{expectation.user} ({named})"
    return who, logged_in(user, tuple(groups))
