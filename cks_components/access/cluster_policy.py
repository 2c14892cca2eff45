"""The roles and bindings of one cluster, as far as a stack file and Kubernetes itself say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cks_components.api.models import AuthorizationWebhook, OidcConfig
from cks_components.kubernetes import subject_names
from cks_components.kubernetes.user import User
from cks_components.rbac.authorizer import Authorizer
from cks_components.rbac.built_in import built_in
from cks_components.rbac.policy import Binding, Policy, Subject
from cks_components.rbac.rule import Request
from cks_components.stack_file.pipeline import PipelineSettings
from cks_components.stack_file.role import GrantSettings
from cks_components.stack_file.settings import BindingSettings, Located, StackSettings


@dataclass(frozen=True)
class ClusterPolicy:
    """What decides on one cluster, and what else may decide there.

    Attributes:
        policy: the roles of every cluster and of the stack, and their bindings. The name of a
            binding of the stack is its path in the stack file.
        has_webhook: whether an authorization webhook is asked as well.
        admin_groups: the names that the group of `adminGroupBinding` may have.
        ended: the bindings of the stack that have ended.
    """

    policy: Policy
    has_webhook: bool
    admin_groups: frozenset[str]
    ended: tuple[Binding, ...] = ()

    @property
    def authorizer(self) -> Authorizer:
        """Decides by the policy."""
        return Authorizer(self.policy)

    def ended_permits(self, user: User, request: Request) -> list[str]:
        """The paths of the entries that have ended and allowed a request."""
        decision = Authorizer(Policy(self.policy.roles, self.ended)).decide(user, request)
        return list(dict.fromkeys(permit.binding.name for permit in decision.permits))


def cluster_policy(settings: StackSettings, cluster: int) -> ClusterPolicy:
    """The policy of the cluster at an index; sends nothing."""
    known, oidc = built_in(), settings.oidc
    own = [made for _, role in settings.roles_on(cluster) for made in role.objects()]
    in_force = stack_bindings(settings, cluster, oidc)
    left_out = [one for start, part in settings.parts_on(cluster) for one in part.left_out(start)]
    return ClusterPolicy(
        policy=Policy([*known.roles, *own], [*known.bindings, *in_force]),
        has_webhook=AuthorizationWebhook in settings.webhooks_on(cluster),
        admin_groups=subject_names.admin_groups(oidc),
        ended=tuple(_bindings(left_out, oidc)),
    )


def stack_bindings(settings: StackSettings, cluster: int, oidc: OidcConfig) -> Iterator[Binding]:
    """The bindings of a stack file on the cluster at an index, for people and for pipelines.

    Args:
        settings: of the stack.
        cluster: the index.
        oidc: the block whose prefixes people's names get.
    """
    entries: list[Located[BindingSettings | PipelineSettings]] = [
        *settings.bindings_on(cluster),
        *settings.pipelines_on(cluster),
    ]
    return _bindings(entries, oidc)


def _bindings(
    entries: Iterable[Located[BindingSettings | PipelineSettings]], oidc: OidcConfig
) -> Iterator[Binding]:
    for path, entry in entries:
        if isinstance(entry, PipelineSettings):
            account = Subject(kind="ServiceAccount", name=entry.name, namespace=entry.namespace)
            yield from _placed(path, entry, [account])
        else:
            yield from _placed(path, entry, _people(entry, oidc))


def _people(binding: BindingSettings, oidc: OidcConfig) -> Iterator[Subject]:
    for name in binding.users:
        yield Subject(kind="User", name=subject_names.user(oidc, name))
    for name in binding.groups:
        yield Subject(kind="Group", name=subject_names.group(oidc, name))


def _placed(path: str, grant: GrantSettings, subjects: Iterable[Subject]) -> Iterator[Binding]:
    bound = tuple(subjects)
    for place in (None,) if grant.namespaces is None else dict.fromkeys(grant.namespaces):
        yield Binding(name=path, namespace=place, role=grant.role_ref, subjects=bound)
