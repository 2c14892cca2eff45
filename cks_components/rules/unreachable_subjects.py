"""Rules of bound names that nobody can have: no token of the provider's leads to them.

Where an authentication webhook names people too, nothing of this can be known.
"""

from __future__ import annotations

from collections.abc import Iterator

from cks_components.identity import job_subjects
from cks_components.identity.providers import ADDRESS, ANY_CLAIM
from cks_components.kubernetes import subject_names
from cks_components.rules.claims import NEVER_TEXT, required_pair
from cks_components.rules.judged_binding import Bound, Name
from cks_components.rules.rule import ERROR, WARNING, Broken, Rule

_SUB = subject_names.DEFAULT_USERNAME_CLAIM
_GROUPS = "groups"
_DOMAIN_CLAIM = "hd"
_PRIVATE_DOMAINS = ("gmail.com", "googlemail.com")


def _no_groups_claim(bound: Bound) -> Iterator[Broken]:
    if not _is_judged(bound) or not bound.binding.groups or bound.oidc.groups_claim is not None:
        return
    never = bound.preset.never_sends
    instead = never.get(ANY_CLAIM) or never.get(_GROUPS) or 'write groupsClaim, such as "groups"'
    yield Broken(
        _GROUPS,
        "are bound, and the identity has no groupsClaim: kube-apiserver then takes groups from no "
        f"token, and nobody of them gets in; at {_title(bound)}: {instead}",
    )


def _certainly_nobody(bound: Bound) -> Iterator[Broken]:
    yield from _nobody(bound, is_certain=True)


def _perhaps_nobody(bound: Bound) -> Iterator[Broken]:
    yield from _nobody(bound, is_certain=False)


def _nobody(bound: Bound, *, is_certain: bool) -> Iterator[Broken]:
    claim = subject_names.username_claim(bound.oidc)
    sent = bound.preset.user_names.get(claim)
    if sent is None or sent.is_certain is not is_certain:
        return
    for name in _users(bound):
        if not sent.form.fullmatch(name.text):
            better = bound.preset.claim_of_addresses
            is_elsewhere = ADDRESS.form.fullmatch(name.text) and claim != better
            instead = f', or usernameClaim "{better}"' if is_elsewhere else ""
            yield name.wrong(
                f'is nobody: the claim "{claim}" of {_title(bound)} holds {sent.what}; write '
                f"that{instead}"
            )


def _shut_out(bound: Bound) -> Iterator[Broken]:
    for name, key, value, says in _required(bound):
        if says not in (value, job_subjects.ABSENT):
            yield name.wrong(
                f'never gets in: requiredClaim "{key}={value}" lets only that in, and its token '
                f'says "{says}"; change one of the two'
            )
    for name, domain in _domains(bound):
        if domain in _PRIVATE_DOMAINS:
            yield name.wrong(
                "never gets in: a private Google account has no domain, which requiredClaim asks "
                "for; bind the account of the organisation"
            )


def _perhaps_shut_out(bound: Bound) -> Iterator[Broken]:
    for name, key, value, says in _required(bound):
        if says == job_subjects.ABSENT:
            yield name.wrong(
                f'hardly gets in: requiredClaim asks for "{key}={value}", and tokens with this sub '
                f'usually have no "{key}"; change one of the two'
            )
    _key, value = required_pair(bound.oidc)
    for name, domain in _domains(bound):
        if domain not in (value.lower(), *_PRIVATE_DOMAINS):
            yield name.wrong(
                f'hardly gets in: requiredClaim lets the domain "{value}" in; bind an address of '
                "it, unless the organisation has more than one domain"
            )


def _required(bound: Bound) -> Iterator[tuple[Name, str, str, str]]:
    """Each name whose token is known to hold the required claim, with what both say."""
    key, value = required_pair(bound.oidc)
    if not key or key in NEVER_TEXT:
        return
    claim = subject_names.username_claim(bound.oidc)
    for name in _users(bound):
        known = {claim: name.text}
        if claim == _SUB:
            known |= job_subjects.claims(bound.preset.provider, name.text)
        if key in known and known[key] != value:
            yield name, key, value, known[key]
    for name in _untold(bound, bound.groups):
        if key == bound.oidc.groups_claim and name.text != value:
            yield name, key, value, name.text


def _domains(bound: Bound) -> Iterator[tuple[Name, str]]:
    """Google's users and their domains, where the required claim asks for one."""
    is_asked = required_pair(bound.oidc)[0] == _DOMAIN_CLAIM and bound.preset.provider == "google"
    if is_asked and subject_names.username_claim(bound.oidc) == subject_names.EMAIL:
        for name in _users(bound):
            domain = name.text.rpartition("@")[2].lower()
            yield name, domain


def _no_job(bound: Bound) -> Iterator[Broken]:
    yield from _odd(bound, is_certain=True)


def _perhaps_no_job(bound: Bound) -> Iterator[Broken]:
    yield from _odd(bound, is_certain=False)


def _odd(bound: Bound, *, is_certain: bool) -> Iterator[Broken]:
    for name in _users(bound) if subject_names.username_claim(bound.oidc) == _SUB else ():
        found = job_subjects.oddity(bound.preset.provider, name.text)
        if found is not None and found.is_certain is is_certain:
            yield name.wrong(found.text)


def _title(bound: Bound) -> str:
    return "this provider" if bound.preset.provider == "generic" else bound.preset.title


def _is_judged(bound: Bound) -> bool:
    """Whether the issuer alone says who there is; without one the names are RBAC's own."""
    return bound.oidc.issuer_url is not None and not bound.has_webhook


def _users(bound: Bound) -> Iterator[Name]:
    yield from _untold(bound, bound.users)


def _untold(bound: Bound, given: list[Name]) -> Iterator[Name]:
    """The names of which no other rule says already that they match nothing."""
    for name in given if _is_judged(bound) else ():
        is_own = name.effective.startswith(subject_names.KUBERNETES_OWN) or name.text.startswith(
            subject_names.KUBERNETES_OWN
        )
        is_prefixed = bool(name.prefix) and name.text.startswith(name.prefix)
        is_odd = "*" in name.text or name.text != name.text.strip()
        if not (is_own or is_prefixed or is_odd):
            yield name


RULES: tuple[Rule[Bound], ...] = (
    Rule(
        "OIDC-22", "groups are bound only where there is a `groupsClaim`", ERROR, _no_groups_claim
    ),
    Rule(
        "OIDC-22",
        "users are written as the user-name claim of the provider holds them (addresses, ids)",
        ERROR,
        _certainly_nobody,
    ),
    Rule(
        "OIDC-22",
        "the same, where the provider can be set up to send something else",
        WARNING,
        _perhaps_nobody,
    ),
    Rule("OIDC-23", "`requiredClaim` lets in who is bound", ERROR, _shut_out),
    Rule(
        "OIDC-23",
        "the same, where it is likely and not certain (another domain than Google's `hd`)",
        WARNING,
        _perhaps_shut_out,
    ),
    Rule("OIDC-24", "a bound `sub` is one that a job can have (GitHub, GitLab)", ERROR, _no_job),
    Rule(
        "OIDC-24",
        "the same, where somebody may have chosen another form of `sub`",
        WARNING,
        _perhaps_no_job,
    ),
)
