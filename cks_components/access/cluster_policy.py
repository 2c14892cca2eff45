"""The roles and bindings of one cluster, as far as a stack file and Kubernetes itself say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cks_components.api.models import AuthorizationWebhook, OidcConfig
from cks_components.kubernetes import subject_names
from cks_components.rbac.authorizer import Authorizer
from cks_components.rbac.built_in import built_in
from cks_components.rbac.policy import Binding, Policy, Subject
from cks_components.stack_file.role import GrantSettings
from cks_components.stack_file.settings import BindingSettings, StackSettings


@dataclass(frozen=True)
class ClusterPolicy:
    """What decides on one cluster, and what else may decide there.

    Attributes:
        policy: the roles of every cluster and of the stack, and their bindings. The name of a
            binding of the stack is its path in the stack file.
        has_webhook: whether an authorization webhook is asked as well.
        admin_groups: the names that the group of `adminGroupBinding` may have.
    """

    policy: Policy
    has_webhook: bool
    admin_groups: frozenset[str]

    @property
    def authorizer(self) -> Authorizer:
        """Decides by the policy."""
        return Authorizer(self.policy)


def cluster_policy(settings: StackSettings, cluster: int) -> ClusterPolicy:
    """The policy of the cluster at an index; sends nothing."""
    known, oidc = built_in(), settings.oidc
    own = [made for _, role in settings.roles_on(cluster) for made in role.objects()]
    bindings = [*known.bindings, *stack_bindings(settings, cluster, oidc)]
    return ClusterPolicy(
        policy=Policy([*known.roles, *own], bindings),
        has_webhook=AuthorizationWebhook in settings.webhooks_on(cluster),
        admin_groups=subject_names.admin_groups(oidc),
    )


def stack_bindings(settings: StackSettings, cluster: int, oidc: OidcConfig) -> Iterator[Binding]:
    """The bindings of a stack file on the cluster at an index, for people and for pipelines.

    Args:
        settings: of the stack.
        cluster: the index.
        oidc: the block whose prefixes people's names get.
    """
    for path, binding in settings.bindings_on(cluster):
        yield from _placed(path, binding, _people(binding, oidc))
    for path, pipeline in settings.pipelines_on(cluster):
        account = Subject(kind="ServiceAccount", name=pipeline.name, namespace=pipeline.namespace)
        yield from _placed(path, pipeline, [account])


def _people(binding: BindingSettings, oidc: OidcConfig) -> Iterator[Subject]:
    for name in binding.users:
        yield Subject(kind="User", name=subject_names.user(oidc, name))
    for name in binding.groups:
        yield Subject(kind="Group", name=subject_names.group(oidc, name))


def _placed(path: str, grant: GrantSettings, subjects: Iterable[Subject]) -> Iterator[Binding]:
    bound = tuple(subjects)
    for place in (None,) if grant.namespaces is None else dict.fromkeys(grant.namespaces):
        yield Binding(name=path, namespace=place, role=grant.role_ref, subjects=bound)
