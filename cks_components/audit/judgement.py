"""Compares what is on a cluster with the stack file, and says who got in beside it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from cks_components.access.cluster_policy import stack_bindings
from cks_components.access.live_policy import LivePolicy
from cks_components.api.models import Block, Cluster
from cks_components.audit import cluster_blocks, roles
from cks_components.audit.contents import (
    AdmissionWebhook,
    CertificateRequest,
    ClusterContents,
    MadeObject,
    TokenSecret,
)
from cks_components.audit.finding import FULL_CONTROL, AuditFinding, Kind, paths, place
from cks_components.kubernetes import subject_names
from cks_components.lifecycle.token import secret_stem
from cks_components.rbac.authorizer import PRIVILEGED
from cks_components.rbac.built_in import built_in
from cks_components.rbac.policy import Binding, Role, Subject
from cks_components.stack_file.settings import StackSettings

_EVERYTHING = f"everything, by the group {PRIVILEGED}"
_SEPARATORS = (":", "#", "/", "-", "_")
"""What prefixes of names end with."""
_Key = tuple[str | None, str]


@dataclass(frozen=True)
class Audited:
    """A cluster, audited.

    Attributes:
        owned: the bindings that the stack file asks for, as the cluster has them.
        made: the roles, and of pipelines the namespaces, service accounts and Secrets of stored tokens,
            that the stack file asks for.
        blocks: the login and the webhooks that are as the stack file asks for them.
        findings: everything else, what leads to an administrator's rights first.
    """

    owned: tuple[Binding, ...]
    findings: tuple[AuditFinding, ...]
    blocks: tuple[Block, ...] = ()
    made: tuple[MadeObject, ...] = ()


def audited(
    settings: StackSettings, index: int, contents: ClusterContents, cluster: Cluster | None
) -> Audited:
    """Judge what was read from a cluster.

    Args:
        settings: of the stack.
        index: of the cluster in the stack file.
        contents: what its Kubernetes API has.
        cluster: as the CKS API has it; None if it could not be read.
    """
    wanted = _Wanted(settings, index, cluster)
    owned: list[Binding] = []
    found: list[AuditFinding] = []
    for binding in contents.live.policy.bindings:
        own, judged = _binding(binding, contents, wanted)
        owned += own
        found += judged
    found += roles.findings(settings, index, contents.live)
    found += (_secret(secret, contents.live) for secret in contents.secrets)
    found += (_certificate(request, contents.live) for request in contents.requests)
    found += map(_webhook, contents.webhooks)
    blocks = tuple(cluster_blocks.owned(settings, index, cluster)) if cluster else ()
    found += cluster_blocks.findings(settings, index, cluster) if cluster else ()
    return Audited(
        owned=tuple(owned),
        findings=tuple(sorted(found, key=lambda finding: finding.rank)),
        blocks=blocks,
        made=tuple(_made(settings, index, contents.made)),
    )


def _made(
    settings: StackSettings, index: int, made: Collection[MadeObject]
) -> Iterator[MadeObject]:
    """Those of the objects that the stack file asks for, in their order."""
    roles = [made for _, role in settings.roles_on(index) for made in role.objects()]
    pipelines = [pipeline for _, pipeline in settings.pipelines_on(index)]
    wanted = {
        *(MadeObject.of_role(role) for role in roles),
        *(MadeObject("Namespace", p.namespace) for p in pipelines if p.creates_namespace),
        *(MadeObject("ServiceAccount", p.name, p.namespace) for p in pipelines),
    }
    stems = [(p.namespace, secret_stem(p.name)) for p in pipelines if p.token]
    for one in made:
        is_of_token = one.kind == "Secret" and any(
            one.namespace == namespace and one.name.startswith(stem) for namespace, stem in stems
        )
        if one in wanted or is_of_token:
            yield one


class _Wanted:
    """What a stack file asks for on a cluster, and the names of its people and groups there.

    Without an identity in the file they follow from the cluster's own block, as in an update.
    """

    def __init__(self, settings: StackSettings, index: int, cluster: Cluster | None) -> None:
        is_set = settings.identity is not None
        oidc = cluster.oidc if cluster and not is_set else settings.oidc
        self.built_in: Mapping[_Key, Binding] = {
            (b.namespace, b.name): b for b in built_in().bindings
        }
        self.knows_names = is_set or cluster is not None
        self.subjects: dict[tuple[str | None, str], set[Subject]] = {}
        for binding in stack_bindings(settings, index, oidc):
            key = (binding.namespace, binding.role.text)
            self.subjects.setdefault(key, set()).update(binding.subjects)
        self.names: dict[tuple[str, str], str] = {}
        for _, entry in settings.bindings_on(index):
            for name in entry.users:
                self.names["User", name] = subject_names.user(oidc, name)
            for name in entry.groups:
                self.names["Group", name] = subject_names.group(oidc, name)

    def old_name(self, subject: Subject) -> str:
        """Whom of the stack a subject probably was before a change of the prefix, as a clause."""
        for (kind, name), now in self.names.items():
            prefix = subject.name.removesuffix(name)
            if (
                subject.kind == kind
                and subject.name not in (now, prefix)
                and not subject.name.startswith(subject_names.KUBERNETES_OWN)
                and (not prefix or prefix.endswith(_SEPARATORS))
            ):
                return f'{kind} "{subject.name}" looks like an old name of "{now}"'
        return ""


def _binding(
    binding: Binding, contents: ClusterContents, wanted: _Wanted
) -> tuple[list[Binding], list[AuditFinding]]:
    """The part of a binding that the stack owns, and what is to be said about the rest of it."""
    live = contents.live
    if live.is_own(binding):
        asked = wanted.subjects.get((binding.namespace, binding.role.text), set())
        extra = [s for s in binding.subjects if s not in asked] if wanted.knows_names else []
        note = "made by cks-access, but not by this stack file as it is"
        found = [_judged("not-in-the-file", binding, extra, live, [note])] if extra else []
        kept = [subject for subject in binding.subjects if subject not in extra]
        gone = list(_gone(replace(binding, subjects=tuple(kept)), contents)) if kept else []
        if gone:
            gone.append(
                'the stack file asks for the binding; run "pulumi refresh", then "pulumi up"'
            )
            found.append(_judged("dangling-binding", binding, kept, live, gone))
        return ([binding] if kept else []), found
    usual = wanted.built_in.get((binding.namespace, binding.name))
    if usual is not None and usual.role == binding.role:
        extra = [s for s in binding.subjects if s not in usual.subjects]
        note = "Kubernetes makes this binding itself, without these subjects"
        return [], [_judged("changed-binding", binding, extra, live, [note])] if extra else []
    gone = list(_gone(binding, contents))
    old = [text for s in binding.subjects if (text := wanted.old_name(s))]
    kind: Kind = "dangling-binding" if gone else "old-name" if old else "foreign-binding"
    return [], [_judged(kind, binding, binding.subjects, live, [*gone, *old])]


def _judged(
    kind: Kind,
    binding: Binding,
    subjects: Collection[Subject],
    live: LivePolicy,
    notes: Collection[str],
) -> AuditFinding:
    role = live.policy.role_of(binding)
    return AuditFinding(
        kind=kind,
        place=place(binding),
        who=tuple(subject.text for subject in subjects) or ("nobody",),
        what=binding.right,
        paths=paths(live.policy.rules(role)) if role and subjects else (),
        notes=tuple(notes),
        binding=replace(binding, subjects=tuple(subjects)),
    )


def _gone(binding: Binding, contents: ClusterContents) -> Iterator[str]:
    if contents.live.policy.role_of(binding) is None:
        yield f"there is no {binding.role.kind} {binding.role.name}: who creates it decides what they get"
    for subject in binding.subjects:
        is_known = contents.namespaces is None or subject.namespace in contents.namespaces
        if subject.kind == "ServiceAccount" and not is_known:
            yield f"there is no namespace {subject.namespace}: who creates it has the right"


def _held(subjects: Collection[Subject], live: LivePolicy) -> tuple[str, tuple[str, ...]]:
    """What subjects may do by all bindings, in words, and the ways that it opens."""
    held: dict[str, Role | None] = {}
    for binding in live.policy.bindings:
        if any(subject in subjects for subject in binding.subjects):
            held[binding.right] = live.policy.role_of(binding)
    if Subject(kind="Group", name=PRIVILEGED) in subjects:
        held[_EVERYTHING] = None
    rules = [rule for role in held.values() if role for rule in live.policy.rules(role)]
    opened = (FULL_CONTROL,) if _EVERYTHING in held else paths(rules)
    return ", ".join(sorted(held)) or "no rights by bindings", opened


def _secret(secret: TokenSecret, live: LivePolicy) -> AuditFinding:
    account = Subject(kind="ServiceAccount", name=secret.account, namespace=secret.namespace)
    groups = {
        Subject(kind="Group", name=f"system:serviceaccounts{end}")
        for end in ("", f":{secret.namespace}")
    }
    held, opened = _held({account, *groups}, live)
    return AuditFinding(
        kind="token-secret",
        place=f"Secret {secret.namespace}/{secret.name}",
        who=(account.text,),
        what=f"a token that never expires; {held}",
        paths=opened,
        notes=(f"made {secret.made}",) if secret.made else (),
    )


def _certificate(request: CertificateRequest, live: LivePolicy) -> AuditFinding:
    subjects = {Subject(kind="Group", name=group) for group in request.groups}
    subjects.add(Subject(kind="User", name=request.user))
    held, opened = _held(subjects, live)
    state = "approved" if request.is_approved else "pending"
    groups = tuple(f"Group {group}" for group in request.groups)
    notes = [f"requested by {request.requested_by}"]
    notes += [f"until {request.until:%Y-%m-%d}"] if request.until else []
    return AuditFinding(
        kind="client-certificate",
        place=f"CertificateSigningRequest {request.name}",
        who=(f"User {request.user}" if request.user else "an unreadable name", *groups),
        what=f"a client certificate, {state}; {held}",
        paths=opened,
        notes=tuple(notes),
    )


def _webhook(webhook: AdmissionWebhook) -> AuditFinding:
    changes = "changes and refuses" if webhook.kind.startswith("Mutating") else "refuses"
    return AuditFinding(
        kind="admission-webhook",
        place=f"{webhook.kind} {webhook.configuration}",
        who=(webhook.server or "no server",),
        what=f"{webhook.name} sees, {changes}: {', '.join(webhook.objects) or 'nothing'}",
    )
