"""Which grants of a stack file somebody has who logs in under a name and with groups."""

from __future__ import annotations

from collections.abc import Collection

from cks_components.access.grants import Access, Grant, Subject
from cks_components.identity.job_subjects import github_sub
from cks_components.kubernetes import subject_names
from cks_components.kubernetes.nearest_name import nearest


def held_grants(
    access: Access, name: str, groups: Collection[str], clusters: Collection[str]
) -> tuple[Grant, ...]:
    """The grants whose subject is the user or one of its groups, byte for byte as RBAC compares.

    Args:
        access: what a stack file grants.
        name: the user's, as kube-apiserver has it.
        groups: likewise.
        clusters: the keys of the clusters to look at.
    """
    return tuple(
        grant
        for grant in access.grants
        if grant.cluster in clusters and _is_held(access, grant.holder, name, groups)
    )


def nearest_subject(access: Access, name: str, groups: Collection[str]) -> str:
    """A bound name that is almost the user's or one of its groups', as the end of a sentence."""
    bound = {grant.holder.subject for grant in access.grants}
    prefix = subject_names.username_prefix(access.oidc)
    job = github_sub(name.removeprefix(prefix))
    if job and job.has_ids and prefix + job.without_ids in bound:
        return (
            f'; "{prefix}{job.without_ids}" is bound, and GitHub writes the ids of owner and repository '
            f'too once a repository was renamed or transferred: bind "{job.text}" as well'
        )
    return next((found for given in (name, *groups) if (found := nearest(given, bound))), "")


def _is_held(access: Access, holder: Subject, name: str, groups: Collection[str]) -> bool:
    if holder.kind != "Group":
        return holder.subject == name
    if holder.is_bound_by_cks:
        return not subject_names.admin_groups(access.oidc).isdisjoint(groups)
    return holder.subject in groups
