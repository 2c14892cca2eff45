"""Questions about access in a few words, such as `get pods/log -n training` or `get /metrics`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cks_components.rbac import unmatched
from cks_components.rbac.known_names import URL_VERBS, KnownNames
from cks_components.rbac.rule import ALL, Request, ResourceRequest, UrlRequest

_FORM = (
    'write a verb, a resource and, if needed, a name and "-n NAMESPACE", such as "get pods/log -n '
    'training", or a verb and a URL, such as "get /metrics"'
)
_EVERYWHERE = ("-A", "--all-namespaces")
_NAMESPACE = ("-n", "--namespace")
_COLLECTION_VERBS = {"create", "deletecollection", "list", "watch"}
"""Verbs of requests whose URL names no object."""
_LABEL = re.compile(r"(?=.{1,63}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?")
"""An RFC 1123 label, as which Kubernetes names namespaces."""


class QuestionError(ValueError):
    """A question cannot be read; the text says why, and what to write."""


class UnknownNameError(QuestionError):
    """A verb, API group or resource is not known, and a cluster of somebody's own may have it."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked about, whoever it is.

    Attributes:
        verbs: one, or all that the resource has.
        path: the URL; empty for a resource.
        resource: with its subresource, such as `pods/log`.
        name: empty if none is named.
        namespace: empty for all of them, or for a resource outside namespaces.
        is_namespaced: whether the resource is in namespaces, as far as it is known.
        is_known: whether the pinned version of Kubernetes, or the cluster, has the resource.
    """

    verbs: tuple[str, ...]
    path: str = ""
    group: str = ""
    resource: str = ""
    name: str = ""
    namespace: str = ""
    is_namespaced: bool = False
    is_known: bool = True

    @property
    def is_everywhere(self) -> bool:
        """Whether it is about every namespace."""
        return self.is_namespaced and not self.namespace

    def requests(
        self, namespaces: Iterable[str] = ("",), names: Iterable[str] = ("",)
    ) -> Iterator[Request]:
        """The requests that it stands for.

        Args:
            namespaces: what stands for "every namespace"; an empty text is a request for all at once.
            names: what stands for "every name"; an empty text is a request without a name.
        """
        if self.path:
            yield from (UrlRequest(verb=verb, path=self.path) for verb in self.verbs)
            return
        resource, _, subresource = self.resource.partition("/")
        is_namespace = (self.group, resource) == ("", "namespaces")
        if is_namespace:
            names = dict.fromkeys([*names, *namespaces])
        for place in namespaces if self.is_everywhere else (self.namespace,):
            for asked in (self.name,) if self.name else names:
                for verb in self.verbs:
                    is_nameless = bool(self.name) and unmatched.is_nameless(verb, self.resource)
                    name = "" if is_nameless else asked
                    # To kube-apiserver, a request for one Namespace is in it (RequestInfo), so
                    # what is bound there holds for it.
                    is_inside = is_namespace and verb not in _COLLECTION_VERBS
                    namespace = name if is_inside else place
                    yield ResourceRequest(
                        verb=verb,
                        group=self.group,
                        resource=resource,
                        subresource=subresource,
                        namespace=namespace,
                        name=name,
                    )


def parse(text: str, known: KnownNames, *, is_single: bool = True) -> Question:
    """Read a question.

    Args:
        text: the words.
        known: the names that exist.
        is_single: False if every resource, or every API group, cannot be meant by `*`.

    Raises:
        UnknownNameError: a verb, API group or resource does not exist.
        QuestionError: no request can be about the namespace or the name, or the words have another
            form.
    """
    words, namespace = _without_namespace(text.split())
    if len(words) not in (2, 3):
        message = f"does not have the form of a question; {_FORM}"
        raise QuestionError(message)
    verb, what = words[:2]
    name = words[2] if len(words) == len(("verb", "resource", "name")) else ""
    if what.startswith("/"):
        return _about_url(verb, what, is_placed=bool(name) or namespace is not None, known=known)
    _refuse(known.verb_problem(verb), UnknownNameError)
    resource, group = _resource(what, known)
    if not is_single and (resource.startswith(ALL) or what.endswith(f".{ALL}")):
        message = (
            f'"{what}" cannot be denied as a whole, because everybody may do something; name '
            "resources"
        )
        raise QuestionError(message)
    _refuse(_name_problem(name, verb, resource))
    served = next((r for r in known.served if (r.group, r.name) == (group, resource)), None)
    is_namespaced = namespace is not None if served is None else served.is_namespaced
    if served is not None and not is_namespaced and namespace:
        message = f'"{resource}" is in no namespace; remove "-n {namespace}"'
        raise QuestionError(message)
    return Question(
        verbs=_verbs(verb, resource, served.verbs if served else ()),
        group=group,
        resource=resource,
        name=name,
        namespace=namespace or "",
        is_namespaced=is_namespaced or resource == ALL or served is None,
        is_known=served is not None or _is_asked_about(resource, group, known),
    )


def _without_namespace(words: list[str]) -> tuple[list[str], str | None]:
    """The other words, and the namespace: empty for all of them, None where nothing is said."""
    left: list[str] = []
    namespace: str | None = None
    rest = iter(words)
    for word in rest:
        flag, equals, value = word.partition("=")
        if word in _EVERYWHERE:
            namespace = ""
        elif flag in _NAMESPACE:
            namespace = value if equals else next(rest, "")
            if not namespace:
                message = f'"{flag}" has no namespace; write it behind'
                raise QuestionError(message)
            _refuse(_namespace_problem(namespace))
        elif word.startswith("-"):
            message = f'"{word}" is no option of a question; {_FORM}'
            raise QuestionError(message)
        else:
            left.append(word)
    return left, namespace


def _namespace_problem(namespace: str) -> str:
    if _LABEL.fullmatch(namespace):
        return ""
    if "," in namespace:
        return f'"{namespace}" is no namespace; write one sentence per namespace'
    return (
        f'"{namespace}" cannot be a namespace, whose name has lower-case letters, digits and '
        "dashes; correct it"
    )


def _name_problem(name: str, verb: str, resource: str) -> str:
    if name and unmatched.is_nameless(verb, resource):
        return (
            f'a request to {verb} names no object, so no rule for "{name}" alone allows it; remove '
            f'"{name}"'
        )
    if "," in name or "/" in name:
        return f'"{name}" cannot be a name; write one sentence per name'
    return unmatched.name_problem(name)


def _about_url(verb: str, path: str, *, is_placed: bool, known: KnownNames) -> Question:
    if is_placed:
        message = "is about a URL, which has no name and no namespace; write the verb and the URL"
        raise QuestionError(message)
    if ALL in path:
        message = f'"{path}" stands for many URLs, and a question is about one; write one URL'
        raise QuestionError(message)
    _refuse(known.url_verb_problem(verb))
    return Question(verbs=URL_VERBS if verb == ALL else (verb,), path=path)


def _resource(what: str, known: KnownNames) -> tuple[str, str]:
    """The resource with its subresource, and the API group.

    Without a group it is the first that has such a resource, as for kubectl the core group first.
    """
    whole, _, subresource = what.partition("/")
    name, _, group = whole.partition(".")
    resource = f"{name}/{subresource}" if subresource else name
    _refuse(unmatched.resource_problem(resource) or unmatched.group_problem(group))
    if name == ALL:
        return resource, group or ALL
    if group:
        _refuse(known.group_problem(group), UnknownNameError)
        _refuse(known.resource_problem(resource, [group]), UnknownNameError)
        return resource, group
    groups = known.groups_of(resource) or known.groups_of(name)
    if not groups:
        _refuse(known.anywhere_problem(resource), UnknownNameError)
    if not known.groups_of(resource):
        _refuse(known.resource_problem(resource, groups[:1]), UnknownNameError)
    return resource, groups[0]


def _verbs(verb: str, resource: str, served: tuple[str, ...]) -> tuple[str, ...]:
    if verb != ALL or resource == ALL:
        return (verb,)
    if not served:
        message = f'the verbs of "{resource}" are not known; write a sentence for each verb'
        raise QuestionError(message)
    return served


def _is_asked_about(resource: str, group: str, known: KnownNames) -> bool:
    return resource == ALL or resource in known.groups.get(group, ())


def _refuse(problem: str, error: type[QuestionError] = QuestionError) -> None:
    if problem:
        raise error(problem)
