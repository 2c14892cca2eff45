"""RoleBindings: bind people and groups to ClusterRoles, with pulumi-kubernetes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import pulumi
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
from pulumi_kubernetes.rbac import v1 as rbac

from cks_components import custom_roles, rules
from cks_components.api import models
from cks_components.cluster_oidc import ClusterOidc, OidcConfig, leaves
from cks_components.custom_roles import CustomRole
from cks_components.engine import argument_types, prefix_check, rule_check
from cks_components.engine.arguments import (
    applied,
    is_output,
    is_plain,
    is_secret,
    known_block,
    refuse_outputs,
)
from cks_components.engine.resource_names import joined
from cks_components.kubernetes import subject_names
from cks_components.kubernetes.labels import MANAGED_BY
from cks_components.rbac.policy import RoleRef
from cks_components.stack_file.role import GrantSettings, RoleSettings
from cks_components.stack_file.scalar_types import wrong_name
from cks_components.stack_file.settings import BindingSettings, Located

_DETERMINES = "determines which bindings there are, and is looked up before anything is written"


Trusted = OidcConfig | models.OidcConfig | ClusterOidc
"""The source of the names' prefixes: a block, or the resource that owns one."""


@dataclass(frozen=True, kw_only=True)
class Binding:
    """People and groups, named as the identity provider names them, and their role.

    Users and groups may be outputs. The role and the namespaces are plain values: they determine
    which bindings there are, and are looked up before anything is written.

    Attributes:
        cluster_role: a ClusterRole; either this or `role`.
        role: a Role that each of the namespaces has.
        namespaces: where the role holds; None is cluster wide. The namespaces must exist.
    """

    cluster_role: str = ""
    role: str = ""
    users: pulumi.Input[Sequence[pulumi.Input[str]]] = ()
    groups: pulumi.Input[Sequence[pulumi.Input[str]]] = ()
    namespaces: Sequence[str] | None = None

    @property
    def settings(self) -> BindingSettings:
        """The same in the stack file's model, for the rules; the values are not converted."""
        return BindingSettings.model_construct(**vars(self))


def subjects(binding: Any, oidc: models.OidcConfig) -> list[dict[str, str]]:
    """The RBAC subjects of a binding whose names are known, with the effective prefixes."""
    people = [("User", subject_names.user(oidc, name)) for name in binding.users]
    groups = [("Group", subject_names.group(oidc, name)) for name in binding.groups]
    return [
        {"kind": k, "apiGroup": subject_names.RBAC_GROUP, "name": n} for k, n in (*people, *groups)
    ]


def access(bindings: Sequence[Binding], oidc: models.OidcConfig) -> list[dict[str, Any]]:
    """The RBAC subjects with their roles and namespaces; a row for each subject of an entry.

    The order of subjects and namespaces in an entry makes no difference.

    Raises:
        ArgumentError: users or groups are not a list of texts.
    """
    argument_types.require(
        *(_misshapen(f"bindings[{i}]", binding) for i, binding in enumerate(bindings))
    )
    return [
        {
            "kind": subject["kind"],
            "subject": subject["name"],
            **named_role(binding.settings),
            "namespaces": "*" if binding.namespaces is None else sorted(set(binding.namespaces)),
        }
        for binding in bindings
        for subject in _unique(subjects(binding, oidc))
    ]


def named_role(grant: GrantSettings) -> dict[str, str]:
    """The role of an entry, under the key that names it in a stack file."""
    ref = grant.role_ref
    return {"clusterRole" if ref.kind == "ClusterRole" else "role": ref.name}


def misnamed_role(path: str, cluster_role: object, role: object) -> Iterator[str]:
    """What is wrong with the types of a role's names, of which one is needed."""
    if role != "":
        yield from argument_types.text(f"{path}.role", role)
    if cluster_role != "" or role == "":
        yield from argument_types.text(f"{path}.cluster_role", cluster_role)


def refuse_unknown_places(bindings: Sequence[Binding]) -> None:
    """Refuse bindings whose role or namespaces are not known yet, or that have the wrong type.

    Raises:
        ArgumentError: the list, a role or a namespace is an output, or something has another type.
    """
    refuse_outputs(_DETERMINES, {"bindings": bindings} if is_output(bindings) else {})
    argument_types.require(argument_types.listed("bindings", bindings, "[Binding(...)]"))
    for index, binding in enumerate(bindings):
        path = f"bindings[{index}]"
        if is_output(binding):
            refuse_outputs(_DETERMINES, {path: binding})
        argument_types.require(argument_types.of_kind(path, binding, Binding))
        keys = ("cluster_role", "role", "namespaces")
        places = {key: getattr(binding, key) for key in keys}
        refuse_outputs(_DETERMINES, {f"{path}.{key}": value for key, value in places.items()})
        argument_types.require(
            misnamed_role(path, binding.cluster_role, binding.role),
            argument_types.texts(
                f"{path}.namespaces",
                () if binding.namespaces is None else binding.namespaces,
                '["training"]',
            ),
            _misshapen(path, binding),
        )
        where = enumerate(binding.namespaces or ())
        argument_types.require(*(wrong_name(f"{path}.namespaces[{i}]", name) for i, name in where))


def warn_of_any_cluster(component: pulumi.ComponentResource) -> None:
    """Warn if a component's options name no Kubernetes provider."""
    if component.get_provider("kubernetes:core/v1:ServiceAccount") is None:
        pulumi.warn(
            "the options of this component name no Kubernetes provider, so its resources go to the "
            "cluster of the default provider (Pulumi's configuration or this machine's "
            "kubeconfig); pass a provider for the cluster's managed server: "
            "ResourceOptions(providers=[…])",
            component,
        )


def _misshapen(path: str, binding: Binding) -> Iterator[str]:
    """The errors in the lists of users and groups, as far as these are known."""
    yield from argument_types.texts(f"{path}.users", binding.users, '["ann@example.com"]')
    yield from argument_types.texts(f"{path}.groups", binding.groups, '["ml-engineers"]')


def refuse_broken(
    bindings: Sequence[Binding],
    block: Mapping[str, Any],
    context: rules.Context,
    *,
    has_webhook: bool,
    is_judged: bool = False,
    roles: Sequence[RoleSettings] = (),
) -> None:
    """Check bindings against the rules, unless they hold outputs, which are checked later.

    Args:
        bindings: the entries.
        block: the leaves that give names their prefixes.
        context: how strict the rules are.
        has_webhook: whether an authentication webhook names people too.
        is_judged: whether warnings have already been reported.
        roles: those that the program creates on the cluster.

    Raises:
        ArgumentError: with every finding that refuses.
    """
    refuse_misused(roles, {f"bindings[{i}]": b.settings for i, b in enumerate(bindings)})
    if is_plain([bindings, block]):
        oidc = known_block(models.OidcConfig, block)
        rule_check.require(
            (
                finding
                for index, binding in enumerate(bindings)
                for finding in rule_check.of_binding(
                    index,
                    binding.settings,
                    oidc,
                    context,
                    has_webhook=has_webhook,
                    roles=roles,
                )
            ),
            is_judged=is_judged,
        )


def refuse_misused(roles: Sequence[RoleSettings], grants: Mapping[str, GrantSettings]) -> None:
    """Refuse entries that name no role, two roles, or a role of the program in a wrong way.

    Raises:
        ArgumentError: with every such entry; the keys are their paths.
    """
    own = [Located(f"roles[{index}]", role) for index, role in enumerate(roles)]
    given = [Located(path, grant) for path, grant in grants.items()]
    argument_types.require(f"{path}: {text}" for path, text in rules.conflicts(own, given))


@dataclass
class _OneBinding:
    """The binding of one role in one place.

    Attributes:
        namespace: None is cluster wide.
        entries: the indices of the entries that bind users or groups there.
        former: the names that release 0.1.0 gave to the bindings of these entries.
    """

    role: RoleRef
    namespace: str | None
    entries: list[int] = field(default_factory=list)
    former: list[str] = field(default_factory=list)


class RoleBindings(pulumi.ComponentResource):
    """The bindings of one cluster: one for each role and place, with all its subjects.

    kube-apiserver does not let a binding change its role, so the role is part of the resource's
    name, and another role is another binding. Added or removed users and groups, and a changed
    prefix, change the subjects in place. Repeated or reordered entries change nothing.

    Args:
        name: of the component.
        bindings: the entries.
        oidc: the source of the names' prefixes; best the cluster's own `ClusterOidc`.
        opts: must name a Kubernetes provider for the cluster's managed endpoint; without one, the
            engine uses its default provider, and a warning says so.
        context: how strict the rules are.
        cluster_id: the cluster's UUID. The prefixes are compared with those of the `ClusterOidc`
            of this cluster in the same program; without a UUID, with one of the same issuer.
        has_webhook: whether an authentication webhook names people too; the rules then do not
            check whether the identity provider can send a name.
        endpoint: the cluster's `apiServerEndpoint`; roles and namespaces are looked up there first.
        roles: those that the same program creates, before the bindings, as `CustomRoles`.
        is_judged: True if the caller has already reported the rules' warnings.
        former: a block whose names of the users and groups are bound as well.

    Raises:
        ArgumentError: a binding breaks a rule that refuses in the context, its prefixes differ
            from those of the cluster, or its role or a namespace does not exist. Nothing is
            declared then, unless an argument is an output.
    """

    def __init__(
        self,
        name: str,
        bindings: Sequence[Binding],
        oidc: Trusted,
        opts: pulumi.ResourceOptions | None = None,
        *,
        context: rules.Context = rules.BARE,
        has_webhook: bool = False,
        endpoint: pulumi.Input[str] | None = None,
        cluster_id: pulumi.Input[str] | None = None,
        is_judged: bool = False,
        roles: Sequence[CustomRole] = (),
        former: models.OidcConfig | None = None,
    ) -> None:
        argument_types.refuse_odd_context(context)
        own = custom_roles.accepted(roles)
        argument_types.require(
            argument_types.of_kind("oidc", oidc, OidcConfig, models.OidcConfig, ClusterOidc)
        )
        refuse_unknown_places(bindings)
        block = leaves(oidc.trusted if isinstance(oidc, ClusterOidc) else oidc)
        refuse_broken(
            bindings, block, context, has_webhook=has_webhook, is_judged=is_judged, roles=own
        )
        if endpoint is not None:
            wanted = rule_check.needs([b.settings for b in bindings], ())
            endpoint = rule_check.looked_up(endpoint, name, wanted, context, roles=own)
        is_late = not is_plain([bindings, block])
        hides = is_secret([bindings, block]) if is_late else False
        for binding in () if isinstance(oidc, ClusterOidc) else bindings:
            prefix_check.binds(
                prefix_check.DeclaredPrefixes(
                    resource=name,
                    cluster_id=cluster_id,
                    leaves=block,
                    users=binding.users,
                    groups=binding.groups,
                    hides=hides,
                )
            )
        super().__init__("cks:index:RoleBindings", name, None, opts)
        warn_of_any_cluster(self)

        def bind(
            index: int, binding: Binding, known: Mapping[str, Any], hides: bool
        ) -> list[dict[str, str]]:
            oidc = known_block(models.OidcConfig, known)
            if is_late:
                argument_types.require(_misshapen(f"bindings[{index}]", binding))
                found = rule_check.of_binding(
                    index,
                    binding.settings,
                    oidc,
                    context,
                    has_webhook=has_webhook,
                    roles=own,
                )
                found = rule_check.without_names(found) if hides else found
                rule_check.require(found, is_judged=is_judged)
            return [s for by in (oidc, former) if by is not None for s in subjects(binding, by)]

        bound = [applied(bind, i, b, block, hides) for i, b in enumerate(bindings)]
        for one in _by_role_and_place(name, bindings):
            given: dict[str, Any] = {
                "role_ref": rbac.RoleRefArgs(
                    api_group=subject_names.RBAC_GROUP, kind=one.role.kind, name=one.role.name
                ),
                "subjects": prefix_check.agreed(
                    applied(_together, [bound[index] for index in one.entries])
                ),
                "opts": pulumi.ResourceOptions(
                    parent=self, aliases=[pulumi.Alias(name=former) for former in one.former]
                ),
            }
            if one.namespace is None:
                metadata = ObjectMetaArgs(labels=MANAGED_BY)
                own_name = joined(name, one.role.name)
                rbac.ClusterRoleBinding(own_name, metadata=metadata, **given)
            else:
                metadata = ObjectMetaArgs(labels=MANAGED_BY, namespace=one.namespace)
                own_name = joined(name, one.namespace, *name_parts(one.role))
                rbac.RoleBinding(own_name, metadata=metadata, **given)
        self.register_outputs({})


def name_parts(role: RoleRef) -> tuple[str, ...]:
    """The parts of a binding's name in the state that stand for its role."""
    return (role.name,) if role.kind == "ClusterRole" else (role.kind, role.name)


def _by_role_and_place(name: str, bindings: Sequence[Binding]) -> list[_OneBinding]:
    """The bindings by role and place, in the order of the entries.

    A former name is used once only: the engine refuses two resources with the same alias.
    """
    found: dict[tuple[RoleRef, str | None], _OneBinding] = {}
    claimed: set[tuple[bool, str]] = set()
    for index, binding in enumerate(bindings):
        where = (None,) if binding.namespaces is None else tuple(binding.namespaces)
        for namespace in where:
            key = (binding.settings.role_ref, namespace)
            one = found.setdefault(key, _OneBinding(*key))
            one.entries.append(index)
            if binding.role or not is_plain([binding.users, binding.groups]):
                continue  # release 0.1.0 accepted neither
            former = former_name(name, binding, namespace)
            if (namespace is None, former) not in claimed:
                claimed.add((namespace is None, former))
                one.former.append(former)
    return list(found.values())


def _unique(given: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """Each subject once, users first, by name."""
    by_key = {(s["kind"] != "User", s["name"]): s for s in given}
    return [by_key[key] for key in sorted(by_key)]


def _together(given: Sequence[list[dict[str, str]]]) -> list[rbac.SubjectArgs]:
    """The subjects of one binding from those of its entries."""
    return [
        rbac.SubjectArgs(kind=s["kind"], api_group=s["apiGroup"], name=s["name"])
        for s in _unique([subject for own in given for subject in own])
    ]


def former_name(name: str, binding: Binding, namespace: str | None) -> str:
    """The name of an entry's resource in states of release 0.1.0, which made one for each entry.

    It is the alias by which such a state is taken over, so it never changes.

    Args:
        name: of the component.
        binding: the entry, of plain values.
        namespace: None for its cluster-wide binding.
    """
    groups, users = cast("tuple[Sequence[str], Sequence[str]]", (binding.groups, binding.users))
    who = "\n".join([*groups, "", *users])
    scope = "namespaced" if binding.namespaces is not None else "cluster"
    digest = hashlib.sha256(f"{scope}\n{who}".encode()).hexdigest()[:6]
    base = f"{name}-{binding.cluster_role.replace(':', '-')}-{digest}"
    return base if namespace is None else f"{base}-{namespace}"
