"""The `sub` of a pipeline's job: the claims that follow from its form, and forms that no job has.

Sources: the documentation of GitHub Actions and of GitLab CI. Both let an owner choose another form
(GitHub by a template of claims, GitLab by components of the project), so few forms are certainly
impossible.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from cks_components.identity.preset import Provider

GITHUB_FORM = '"repo:OWNER/REPO:environment:NAME" or "repo:OWNER/REPO:ref:refs/heads/BRANCH"'
GITLAB_FORM = '"project_path:GROUP/PROJECT:ref_type:branch:ref:BRANCH"'
ABSENT = ""
"""Stands for a claim that is not in the token."""
_PULL_REQUEST = "pull_request"
_GITHUB_REPO = re.compile(
    r"(?P<owner>[^/@]+)(?:@(?P<owner_id>\d+))?/(?P<repo>[^/@]+)(?:@(?P<repo_id>\d+))?"
)
_GITHUB_REPOSITORY = re.compile(r"[^/@]+/[^/@]+|[^/@]+@\d+/[^/@]+@\d+")
_GITHUB_KEYS = {
    "repo",
    "environment",
    "ref",
    "actor",
    "actor_id",
    "base_ref",
    "check_run_id",
    "enterprise",
    "enterprise_id",
    "event_name",
    "head_ref",
    "job_workflow_ref",
    "job_workflow_sha",
    "ref_type",
    "repository",
    "repository_id",
    "repository_owner",
    "repository_owner_id",
    "repository_visibility",
    "run_attempt",
    "run_id",
    "run_number",
    "runner_environment",
    "workflow",
    "workflow_ref",
    "workflow_sha",
}
"""What a template can put into a `sub`, apart from custom properties (`repo_property_…`)."""
_GITLAB_SUB = re.compile(
    r"project_path:(?P<project_path>(?P<namespace_path>[^:]+)/[^:/]+)"
    r"(?::ref_type:(?P<ref_type>branch|tag):ref:(?P<ref>.+))?"
)
_COLON = "%3A"  # GitHub's escape for a colon in a value


class GithubSub(NamedTuple):
    """A `sub` of GitHub Actions, in the default form or in that of a template.

    Attributes:
        text: the whole `sub`.
        parts: its claims in their order; `pull_request` has no value.
    """

    text: str
    parts: Mapping[str, str]

    @property
    def repository(self) -> re.Match[str] | None:
        """Owner and repository of the part `repo`, with ids in the form from July 2026 on."""
        return _GITHUB_REPO.fullmatch(self.parts.get("repo", ""))

    @property
    def has_ids(self) -> bool:
        """Whether it has the form from July 2026 on."""
        return self.repository is not None and self.repository["owner_id"] is not None

    @property
    def without_ids(self) -> str:
        """The same in the form from before July 2026."""
        return self._with_repository("{owner}/{repo}")

    @property
    def with_ids(self) -> str:
        """The same in the form from July 2026 on, with places for the ids."""
        return self._with_repository("{owner}@<owner id>/{repo}@<repository id>")

    @property
    def is_of_pull_requests(self) -> bool:
        """Whether only jobs of pull requests have it."""
        parts = self.parts
        return (
            _PULL_REQUEST in parts
            or parts.get("event_name", "").startswith(_PULL_REQUEST)
            or parts.get("ref", "").startswith("refs/pull/")
            or any(parts.get(key) for key in ("base_ref", "head_ref"))
        )

    @property
    def admits_pull_requests(self) -> bool:
        """Whether jobs of pull requests have it as well as others."""
        return not self.is_of_pull_requests and not any(
            key in self.parts
            for key in ("environment", "ref", "event_name", "base_ref", "head_ref")
        )

    def _with_repository(self, form: str) -> str:
        found = self.repository
        named = form.format(**found.groupdict()) if found else ""
        return self.text.replace(f"repo:{self.parts.get('repo', '')}", f"repo:{named}", 1)


class Oddity(NamedTuple):
    """What is wrong with a `sub`, as the rest of a sentence that begins with it.

    Attributes:
        is_certain: False if a custom form could look like this.
    """

    text: str
    is_certain: bool


def github_sub(sub: str) -> GithubSub | None:
    """Parse a `sub` of GitHub; None if it is not made of claims that a template can name."""
    parts = dict(_github_parts(sub))
    is_whole = bool(parts) and all(
        _is_github_key(key) and (value or key == _PULL_REQUEST) for key, value in parts.items()
    )
    return GithubSub(sub, parts) if is_whole else None


def _github_parts(sub: str) -> Iterator[tuple[str, str]]:
    texts = iter(sub.split(":"))
    for key in texts:
        yield key, "" if key == _PULL_REQUEST else next(texts, "").replace(_COLON, ":")


def _is_github_key(key: str) -> bool:
    return key == _PULL_REQUEST or key in _GITHUB_KEYS or key.startswith("repo_property_")


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
    parsed = github_sub(sub)
    if parsed is None:
        return {}
    known = {
        key: value for key, value in parsed.parts.items() if key not in ("repo", _PULL_REQUEST)
    }
    if parsed.is_of_pull_requests or "ref" in known:
        known = {"environment": ABSENT} | known
    if parsed.repository:
        names = parsed.repository.groupdict()
        known |= {
            "repository": f"{names['owner']}/{names['repo']}",
            "repository_owner": names["owner"],
        }
        if parsed.has_ids:
            known |= {"repository_owner_id": names["owner_id"], "repository_id": names["repo_id"]}
    return known


def _github_oddity(sub: str) -> Oddity | None:
    key, colon, rest = sub.partition(":")
    if not colon or key == "project_path":
        return Oddity(f"is not the sub of a GitHub job; write {GITHUB_FORM}", True)
    if key != "repo":
        return _only_if_customised("GitHub", "its owner chose that template", GITHUB_FORM)
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
    if context == _PULL_REQUEST:
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
    return _only_if_customised("GitHub", "its owner chose that template", GITHUB_FORM)


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
