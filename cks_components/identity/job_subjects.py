"""The `sub` of a pipeline's job: the claims that follow from its form, and forms that no job has.

Sources: the documentation of GitHub Actions and of GitLab CI. Both let an owner choose another form
(GitHub by a template of the organisation, GitLab by components of the project), so few forms are
certainly impossible.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from cks_components.identity.providers import Provider

GITHUB_FORM = '"repo:OWNER/REPO:environment:NAME" or "repo:OWNER/REPO:ref:refs/heads/BRANCH"'
GITLAB_FORM = '"project_path:GROUP/PROJECT:ref_type:branch:ref:BRANCH"'
ABSENT = ""
"""Stands for a claim that is not in the token."""
_GITHUB_SUB = re.compile(
    r"repo:(?P<owner>[^/@:]+)(?:@(?P<owner_id>\d+))?/(?P<repo>[^/@:]+)(?:@(?P<repo_id>\d+))?"
    r":(?P<context>.+)"
)
_GITHUB_REPOSITORY = re.compile(r"[^/@]+/[^/@]+|[^/@]+@\d+/[^/@]+@\d+")
_GITLAB_SUB = re.compile(
    r"project_path:(?P<project_path>(?P<namespace_path>[^:]+)/[^:/]+)"
    r"(?::ref_type:(?P<ref_type>branch|tag):ref:(?P<ref>.+))?"
)
_COLON = "%3A"  # GitHub's escape for a colon in a value


class GithubSub(NamedTuple):
    """A `sub` of GitHub Actions; without ids it has the form from before July 2026."""

    owner: str
    owner_id: str | None
    repo: str
    repo_id: str | None
    context: str


class Oddity(NamedTuple):
    """What is wrong with a `sub`, as the rest of a sentence that begins with it.

    Attributes:
        is_certain: False if a custom form could look like this.
    """

    text: str
    is_certain: bool


def github_sub(sub: str) -> GithubSub | None:
    """Parse a `sub` of GitHub; None if it has another form."""
    found = _GITHUB_SUB.fullmatch(sub)
    return GithubSub(**found.groupdict()) if found else None


def claims(provider: Provider, sub: str) -> Mapping[str, str]:
    """The other claims of a token with this `sub`; `ABSENT` is the value of a missing claim.

    Absence is not certain, because a template can leave the claim out of the `sub`.
    """
    if provider == "github":
        return _github_claims(sub)
    found = _GITLAB_SUB.fullmatch(sub) if provider == "gitlab" else None
    return {claim: text for claim, text in found.groupdict().items() if text} if found else {}


def oddity(provider: Provider, sub: str) -> Oddity | None:
    """Why no job can have this `sub`; None if a job can, and for other providers."""
    judge = _ODDITIES.get(provider)
    return judge(sub) if judge else None


def _github_claims(sub: str) -> Mapping[str, str]:
    parts = github_sub(sub)
    if parts is None:
        return {}
    known = {
        "repository": f"{parts.owner}/{parts.repo}",
        "repository_owner": parts.owner,
        "repository_owner_id": parts.owner_id,
        "repository_id": parts.repo_id,
    }
    kind, _, rest = parts.context.partition(":")
    value = rest.partition(":")[0].replace(_COLON, ":")
    if kind == "environment":
        known["environment"] = value
    elif kind == "ref":
        known |= {"ref": value, "environment": ABSENT}
    elif kind == "pull_request":
        known["environment"] = ABSENT
    return {claim: text for claim, text in known.items() if text is not None}


def _github_oddity(sub: str) -> Oddity | None:
    key, colon, rest = sub.partition(":")
    if not colon or key == "project_path":
        return Oddity(f"is not the sub of a GitHub job; write {GITHUB_FORM}", True)
    if key != "repo":
        return _only_if_customised("GitHub", "an organisation chose that template", GITHUB_FORM)
    repository, _, context = rest.partition(":")
    if not _GITHUB_REPOSITORY.fullmatch(repository):
        return Oddity(
            f'has no repository in "{repository}"; write OWNER/REPO, or with both ids '
            "OWNER@OWNER_ID/REPO@REPO_ID",
            True,
        )
    return _context_oddity(context)


def _context_oddity(context: str) -> Oddity | None:
    kind, colon, value = context.partition(":")
    if context == "pull_request":
        return None
    if kind == "ref" and not value.startswith("refs/"):
        return Oddity(
            "has its ref in short, but GitHub sends the ref in full; write "
            f'"ref:refs/heads/{value}" (a tag: "ref:refs/tags/{value}")',
            True,
        )
    if context and (not colon or not value):
        return Oddity(
            f'ends in "{context}", but no GitHub job has such a sub; write {GITHUB_FORM}', True
        )
    if kind in ("environment", "ref"):
        return None
    return _only_if_customised("GitHub", "an organisation chose that template", GITHUB_FORM)


def _gitlab_oddity(sub: str) -> Oddity | None:
    if sub.isdigit():  # the sub of a person who logs in with GitLab
        return None
    key, _, rest = sub.partition(":")
    path = rest.partition(":")[0]
    if key != "project_path" or "/" not in path:
        return Oddity(f"is not the sub of a GitLab job; write {GITLAB_FORM}", True)
    found = _GITLAB_SUB.fullmatch(sub)
    ref = found["ref"] if found else None
    if ref is None:
        return _only_if_customised("GitLab", "the project chose other components", GITLAB_FORM)
    if ref.startswith("refs/"):
        short = ref.removeprefix("refs/heads/").removeprefix("refs/tags/")
        return Oddity(
            f'has its ref in full, but GitLab sends the ref in short; write "{short}"', False
        )
    return None


def _only_if_customised(issuer: str, who: str, form: str) -> Oddity:
    return Oddity(f"is a sub that {issuer} sends only if {who}; otherwise write {form}", False)


_ODDITIES: Mapping[Provider, Callable[[str], Oddity | None]] = {
    "github": _github_oddity,
    "gitlab": _gitlab_oddity,
}
