"""What a job needs before it begins: code that may run with secrets, and a token."""

from __future__ import annotations

from cks_components.api import environment
from cks_components.api.api_access import from_environment
from cks_components.api.errors import SettingsError
from cks_components.review import pull_request
from cks_components.review.pull_request import Origin

_FORK = (
    "this job runs the code of a fork, which must not run with the secrets of this repository; run "
    "it for a branch of the repository only"
)
_NOT_MERGED = (
    "this is a job of a pull request, or may be one (a comment, or a workflow that follows another), "
    "and what is not merged has not been approved; run it for the branch that is merged into, and "
    '"cks-access ci preview" for pull requests'
)


def unmet(*, changes: bool) -> list[str]:
    """Every reason why the job must not or cannot begin, with what to do; none if it can.

    Args:
        changes: whether the job changes something, so that it is for what has been merged only.
    """
    origin = pull_request.origin(environment.variables())
    reasons = []
    if origin is Origin.FORK:
        reasons.append(_FORK)
    elif changes and pull_request.is_one(environment.variables()):
        reasons.append(_NOT_MERGED)
    try:
        from_environment()
    except SettingsError as error:
        reasons += error.findings
    return reasons
