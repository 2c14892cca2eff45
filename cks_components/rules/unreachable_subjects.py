"""Rules against bound names that no token of the provider can give.

They do not apply where an authentication webhook names people too, because its names are unknown.
"""

from __future__ import annotations

from collections.abc import Iterator

from cks_components.identity import job_subjects
from cks_components.identity.preset import ADDRESS, ANY_CLAIM
from cks_components.kubernetes import subject_names
from cks_components.rules.claim_types import type_of_required
from cks_components.rules.judged_binding import BoundName, JudgedBinding
from cks_components.rules.required_claim import required_pair
from cks_components.rules.rule import ERROR, WARNING, Rule, Violation

_SUB = subject_names.DEFAULT_USERNAME_CLAIM
_GROUPS = "groups"
_DOMAIN_CLAIM = "hd"
_PRIVATE_DOMAINS = ("gmail.com", "googlemail.com")


def _no_groups_claim(judged: JudgedBinding) -> Iterator[Violation]:
    if not _is_judged(judged) or not judged.binding.groups or judged.oidc.groups_claim is not None:
        return
    never = judged.preset.never_sends
    instead = never.get(ANY_CLAIM) or never.get(_GROUPS) or 'write groupsClaim, such as "groups"'
    yield Violation(
        _GROUPS,
        "are bound, but the identity has no groupsClaim, so kube-apiserver reads no groups from "
        f"tokens and the binding has no effect; for {_title(judged)}: {instead}",
    )


def _certainly_unmatched(judged: JudgedBinding) -> Iterator[Violation]:
    yield from _unmatched(judged, is_certain=True)


def _perhaps_unmatched(judged: JudgedBinding) -> Iterator[Violation]:
    yield from _unmatched(judged, is_certain=False)


def _unmatched(judged: JudgedBinding, *, is_certain: bool) -> Iterator[Violation]:
    claim = subject_names.username_claim(judged.oidc)
    sent = judged.preset.user_names.get(claim)
    if sent is None or sent.is_certain is not is_certain:
        return
    for name in _users(judged):
        if not sent.pattern.fullmatch(name.text):
            better = judged.preset.claim_of_addresses
            is_elsewhere = ADDRESS.pattern.fullmatch(name.text) and claim != better
            instead = f', or usernameClaim "{better}"' if is_elsewhere else ""
            yield name.wrong(
                f'matches nobody, because the claim "{claim}" of {_title(judged)} holds '
                f"{sent.what}; write that{instead}"
            )


def _shut_out(judged: JudgedBinding) -> Iterator[Violation]:
    for name, key, value, actual in _required(judged):
        if actual not in (value, job_subjects.ABSENT):
            yield name.wrong(
                f'can never log in: requiredClaim asks for "{key}={value}", but its token says '
                f'"{actual}"; change one of the two'
            )
    for name, domain in _domains(judged):
        if domain in _PRIVATE_DOMAINS:
            yield name.wrong(
                "can never log in: requiredClaim asks for a domain, and a private Google account "
                "has none; bind the account of the organisation"
            )


def _perhaps_shut_out(judged: JudgedBinding) -> Iterator[Violation]:
    for name, key, value, actual in _required(judged):
        if actual == job_subjects.ABSENT:
            yield name.wrong(
                f'can probably not log in: requiredClaim asks for "{key}={value}", and tokens with '
                f'this sub usually have no "{key}"; change one of the two'
            )
    _key, value = required_pair(judged.oidc)
    for name, domain in _domains(judged):
        if domain not in (value.lower(), *_PRIVATE_DOMAINS):
            yield name.wrong(
                f'can probably not log in: requiredClaim only allows the domain "{value}"; bind an '
                "address of that domain, unless the organisation has more than one domain"
            )


def _required(judged: JudgedBinding) -> Iterator[tuple[BoundName, str, str, str]]:
    """Each name whose token's value of the required claim is known, with both values."""
    key, value = required_pair(judged.oidc)
    required = type_of_required(judged.preset, judged.oidc)
    is_reported_already = required is not None and required.type != "text"  # by OIDC-12
    if not key or is_reported_already:
        return
    claim = subject_names.username_claim(judged.oidc)
    for name in _users(judged):
        known = {claim: name.text}
        if claim == _SUB:
            known |= job_subjects.claims(judged.preset.provider, name.text)
        if key in known and known[key] != value:
            yield name, key, value, known[key]
    for name in _not_reported_elsewhere(judged, judged.groups):
        if key == judged.oidc.groups_claim and name.text != value:
            yield name, key, value, name.text


def _domains(judged: JudgedBinding) -> Iterator[tuple[BoundName, str]]:
    """Google's users and their domains, if the required claim asks for a domain."""
    is_asked = required_pair(judged.oidc)[0] == _DOMAIN_CLAIM and judged.preset.provider == "google"
    if is_asked and subject_names.username_claim(judged.oidc) == subject_names.EMAIL:
        for name in _users(judged):
            domain = name.text.rpartition("@")[2].lower()
            yield name, domain


def _certainly_no_job(judged: JudgedBinding) -> Iterator[Violation]:
    yield from _impossible_jobs(judged, is_certain=True)


def _perhaps_no_job(judged: JudgedBinding) -> Iterator[Violation]:
    yield from _impossible_jobs(judged, is_certain=False)


def _impossible_jobs(judged: JudgedBinding, *, is_certain: bool) -> Iterator[Violation]:
    is_of_jobs = not judged.preset.people_log_in
    is_sub = subject_names.username_claim(judged.oidc) == _SUB
    for name in _users(judged) if is_of_jobs and is_sub else ():
        found = job_subjects.oddity(judged.preset.provider, name.text)
        if found is not None and found.is_certain is is_certain:
            yield name.wrong(found.text)


def _title(judged: JudgedBinding) -> str:
    return judged.preset.name_in_text


def _is_judged(judged: JudgedBinding) -> bool:
    """Whether the issuer is the only source of names; without an issuer, any name can occur."""
    return judged.oidc.issuer_url is not None and not judged.has_webhook


def _users(judged: JudgedBinding) -> Iterator[BoundName]:
    yield from _not_reported_elsewhere(judged, judged.users)


def _not_reported_elsewhere(judged: JudgedBinding, given: list[BoundName]) -> Iterator[BoundName]:
    """The names that no other rule reports already."""
    for name in given if _is_judged(judged) else ():
        is_own = name.effective.startswith(subject_names.KUBERNETES_OWN) or name.text.startswith(
            subject_names.KUBERNETES_OWN
        )
        is_prefixed = bool(name.prefix) and name.text.startswith(name.prefix)
        is_odd = "*" in name.text or name.text != name.text.strip()
        if not (is_own or is_prefixed or is_odd):
            yield name


RULES: tuple[Rule[JudgedBinding], ...] = (
    Rule(
        "OIDC-22",
        "groups are bound only where there is a `groupsClaim`",
        ERROR,
        _no_groups_claim,
    ),
    Rule(
        "OIDC-22",
        "users are written as the provider's username claim holds them (addresses, ids)",
        ERROR,
        _certainly_unmatched,
    ),
    Rule(
        "OIDC-22",
        "the same, where the provider can be set up to send something else",
        WARNING,
        _perhaps_unmatched,
    ),
    Rule("OIDC-23", "`requiredClaim` does not shut out bound users or groups", ERROR, _shut_out),
    Rule(
        "OIDC-23",
        "the same, where it is likely but not certain (a domain other than Google's `hd`)",
        WARNING,
        _perhaps_shut_out,
    ),
    Rule(
        "OIDC-24",
        "a bound `sub` is one that a job can have (GitHub, GitLab)",
        ERROR,
        _certainly_no_job,
    ),
    Rule(
        "OIDC-24",
        "the same, where the repository's or project's owner may have chosen another form of `sub`",
        WARNING,
        _perhaps_no_job,
    ),
)
