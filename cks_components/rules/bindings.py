"""Rules for bound names: RBAC compares them byte for byte and reports no name without a match."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cks_components.identity import job_subjects
from cks_components.identity.preset import GUID
from cks_components.kubernetes import subject_names
from cks_components.rules.judged_binding import BoundName, JudgedBinding
from cks_components.rules.rule import (
    ERROR,
    INFORMATION,
    WARNING,
    Rule,
    Violation,
)
from cks_components.stack_file.moment import moment_text

_ODD = re.compile("^[\u2018\u201a-\u201f]|[\u00a0\u200b-\u200f\u2028-\u202f\u2060\ufeff]")
"""A typographic quote in front of a name, and characters that nobody sees."""
READ_ONLY_ROLE = "view"
_MAIL_CLAIMS = (subject_names.EMAIL, "preferred_username", "upn")
_ENTERPRISE_SERVER = "/_services/token"


def _never_matches(judged: JudgedBinding) -> Iterator[Violation]:
    for name in judged.all:
        if name.text != name.text.strip() or "*" in name.text:
            yield name.wrong(
                "can never match: RBAC compares names byte for byte, without wildcards; write each "
                "name in full, one per entry"
            )
        elif odd := _ODD.search(name.text):
            code = f"U+{ord(odd[0]):04X}"
            yield name.wrong(
                f"has the character {code}, a typographic quote or one that nobody sees, which no "
                "provider sends; write the name again by hand"
            )


def _prefixed_already(judged: JudgedBinding) -> Iterator[Violation]:
    for name in judged.all:
        if name.prefix and name.text.startswith(name.prefix):
            rest = name.text.removeprefix(name.prefix).lstrip(":#/")
            yield name.wrong(
                "already has the prefix that is added automatically, which would give "
                f'"{name.effective}"; write "{rest}"'
            )


def _is_not_an_id(judged: JudgedBinding) -> Iterator[Violation]:
    for name in _groups_by_id(judged):
        is_reported_already = (
            "*" in name.text
            or name.text.startswith(subject_names.KUBERNETES_OWN)
            or (name.prefix and name.text.startswith(name.prefix))
        )
        if not is_reported_already and not GUID.fullmatch(name.text.lower()):
            yield name.wrong(
                f"is a name, and {judged.preset.title} sends object ids (GUIDs); write the group's "
                "object id, or waive OIDC-14 if the application is set up to send names"
            )


def _case(judged: JudgedBinding) -> Iterator[Violation]:
    for name in _groups_by_id(judged):
        if name.text != name.text.lower() and GUID.fullmatch(name.text.lower()):
            yield name.wrong(f'is sent in lower case; write "{name.text.lower()}"')
    if subject_names.username_claim(judged.oidc) not in _MAIL_CLAIMS:
        return
    for name in judged.users:
        local, at, domain = name.text.rpartition("@")
        if at and domain != domain.lower():
            yield name.wrong(
                "has capital letters in its domain, but providers send domains in lower case; "
                f'write "{local}@{domain.lower()}"'
            )


def _groups_by_id(judged: JudgedBinding) -> list[BoundName]:
    ids = judged.preset.groups_are_ids and judged.oidc.groups_claim == "groups"
    return judged.groups if ids else []


def _both_forms(judged: JudgedBinding) -> Iterator[Violation]:
    if _ENTERPRISE_SERVER in (judged.oidc.issuer_url or ""):  # it sends only the old form
        return
    subs = [(name, sub) for name, sub in _github_subs(judged) if sub.repository]
    forms = {(sub.without_ids, sub.has_ids) for _, sub in subs}
    for name, sub in subs:
        if (sub.without_ids, not sub.has_ids) in forms:
            continue
        if sub.has_ids:
            yield name.wrong(
                "only matches repositories created, renamed or moved since July 2026; add "
                f'"{sub.without_ids}", or waive OIDC-15 if the repository is one of them'
            )
        else:
            yield name.wrong(
                f'only matches repositories from before July 2026; add "{sub.with_ids}"'
            )


def _pull_request(judged: JudgedBinding) -> Iterator[Violation]:
    role = judged.binding.role_ref.text
    for name, sub in _github_subs(judged):
        if sub.is_of_pull_requests and role != READ_ONLY_ROLE:
            yield name.wrong(
                f"lets every pull request act as {role} before it is reviewed; bind an "
                f'"environment:" subject, or write "{READ_ONLY_ROLE}"'
            )


def _pull_request_too(judged: JudgedBinding) -> Iterator[Violation]:
    role = judged.binding.role_ref.text
    for name, sub in _github_subs(judged):
        if sub.admits_pull_requests and role != READ_ONLY_ROLE:
            yield name.wrong(
                f"names no environment, ref or event, so jobs of pull requests have it too and act "
                f'as {role} before they are reviewed; add "environment" or "context" to the '
                f'template and bind what it gives then, or write "{READ_ONLY_ROLE}"'
            )


def _github_subs(judged: JudgedBinding) -> list[tuple[BoundName, job_subjects.GithubSub]]:
    if judged.preset.provider != "github" or subject_names.username_claim(judged.oidc) != "sub":
        return []
    names = (name for name in judged.users if "*" not in name.text)  # OIDC-14 speaks of those
    subs = ((name, job_subjects.github_sub(name.text)) for name in names)
    return [(name, sub) for name, sub in subs if sub]


def _is_not_a_path(judged: JudgedBinding) -> Iterator[Violation]:
    for name in judged.groups if judged.preset.groups_trap else ():
        if not name.text.startswith("/"):
            yield name.wrong(judged.preset.groups_trap)


def _effective_names(judged: JudgedBinding) -> Iterator[Violation]:
    meant = [name for name in judged.all if name.path not in judged.misnamed]
    who = dict.fromkeys(f'{name.kind} "{name.effective}"' for name in meant)
    binding, is_misnamed = judged.binding, bool({"clusterRole", "role"} & {*judged.misnamed})
    is_wide = binding.namespaces is None
    where = (
        "cluster wide" if is_wide else f"in {', '.join(dict.fromkeys(binding.namespaces or ()))}"
    )
    if who and binding.role_ref.name and not is_misnamed and (is_wide or binding.namespaces):
        end = f" until {moment_text(binding.until)}" if binding.until else ""
        yield Violation("", f"{', '.join(who)} will get {binding.role_ref.text} {where}{end}")


def _written_twice(judged: JudgedBinding) -> Iterator[Violation]:
    named = {"users": judged.binding.users, "groups": judged.binding.groups}
    for key, given in (named | {"namespaces": judged.binding.namespaces or []}).items():
        seen: set[str] = set()
        for index, name in enumerate(given):
            if name in seen:
                yield Violation(f"{key}[{index}]", f'"{name}" is written twice here; remove one')
            seen.add(name)


RULES: tuple[Rule[JudgedBinding], ...] = (
    Rule(
        "RBAC-10",
        "no entry names the same user, group or namespace twice",
        INFORMATION,
        _written_twice,
    ),
    Rule(
        "OIDC-14",
        "bound names have no wildcards and no leading or trailing spaces",
        ERROR,
        _never_matches,
    ),
    Rule(
        "OIDC-14",
        "bound names are written without the prefix, which is added automatically",
        ERROR,
        _prefixed_already,
    ),
    Rule(
        "OIDC-14",
        "groups are written as GUIDs where the provider sends GUIDs (Entra)",
        ERROR,
        _is_not_an_id,
    ),
    Rule(
        "OIDC-14", "domains and GUIDs are written in lower case, as they are sent", WARNING, _case
    ),
    Rule(
        "OIDC-15",
        "a GitHub `sub` is bound in both its forms, the old and the one with ids",
        WARNING,
        _both_forms,
    ),
    Rule(
        "OIDC-15",
        "a GitHub `sub` of pull requests, in whatever template, gets no role other than `view`",
        ERROR,
        _pull_request,
    ),
    Rule(
        "OIDC-15",
        "a GitHub `sub` whose template does not tell pull requests from other jobs gets no role "
        "other than `view`",
        WARNING,
        _pull_request_too,
    ),
    Rule(
        "OIDC-21",
        "groups are written as the provider's mapper sends them (Keycloak's full group path)",
        WARNING,
        _is_not_a_path,
    ),
)
NAMES = Rule[JudgedBinding](
    "OIDC-19",
    "the names that RBAC will see",
    INFORMATION,
    _effective_names,
)
"""Applied after the others, because it is silent about names that they call wrong."""
