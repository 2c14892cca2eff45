"""The requests to a cluster's kube-apiserver that this project needs.

They go to the managed endpoint with the CoreWeave token. Reads are retried inside one deadline,
and so is the minting of a token, because a lost answer leaves nothing behind. A Secret is
created and deleted by one request each; if the answer to its creation is lost, a read follows.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

from cks_components.api.clock import Clock
from cks_components.api.environment import ApiAccess
from cks_components.api.errors import (
    CksError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    UnauthenticatedError,
)
from cks_components.api.retry import READ_DEADLINE_SECONDS
from cks_components.api.write_outcome import WriteOutcome, write_outcome
from cks_components.kubernetes import binding_patch
from cks_components.kubernetes.answers import AccessReview, Minted, Review, Secret
from cks_components.kubernetes.api_server import ApiServer
from cks_components.kubernetes.labels import MANAGED_BY

if TYPE_CHECKING:
    import httpx

SECRET_TYPE = "cks-access/token"  # noqa: S105 - a type; never Kubernetes' own, whose tokens last for ever
_CORE = "/api/v1"
_NAMESPACES = f"{_CORE}/namespaces"
_ACCESS_REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
_POLICY = "/apis/rbac.authorization.k8s.io/v1"
_REVIEWS = "/apis/authentication.k8s.io/v1/tokenreviews"
_SELF_REVIEWS = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
_UNAUTHORIZED = "Unauthorized"
"""All that kube-apiserver says to the bearer of a token that it refuses."""
_DEFAULTS = {"serviceaccounts/default", "configmaps/kube-root-ca.crt"}
_CONTROLLER_KINDS = {"events", "endpoints", "endpointslices"}
"""Kinds that controllers create for other objects."""
_VERSION_SECONDS = 5.0
_METRICS_GROUPS = {"metrics.k8s.io"}
"""Groups whose objects only report on pods."""
PolicyKind = Literal["clusterroles", "roles", "clusterrolebindings", "rolebindings"]
_WEBHOOKS = "/apis/admissionregistration.k8s.io/v1"
_LISTS = {
    "certificatesigningrequests": "/apis/certificates.k8s.io/v1/certificatesigningrequests",
    "mutatingwebhookconfigurations": f"{_WEBHOOKS}/mutatingwebhookconfigurations",
    "validatingwebhookconfigurations": f"{_WEBHOOKS}/validatingwebhookconfigurations",
}
ClusterKind = Literal[
    "certificatesigningrequests",
    "mutatingwebhookconfigurations",
    "validatingwebhookconfigurations",
]
OwnKind = Literal["namespaces", "serviceaccounts", "secrets"]
_OWN = quote(",".join(f"{key}={value}" for key, value in MANAGED_BY.items()), safe="")
_TOKEN_SECRETS = (
    f"{_CORE}/secrets?fieldSelector={quote('type=kubernetes.io/service-account-token')}"
)
_METADATA = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json"
"""Asks for the metadata of objects alone, so that no Secret's data is sent."""


class KubernetesClient:
    """A client of one kube-apiserver; safe to use from several threads.

    Every method raises only `CksError`s, none of the HTTP library's exceptions.

    Args:
        access: and the others, as `ApiServer` takes them.
        transport: stands for the network in tests.
        clock: replaced by tests.
    """

    def __init__(
        self,
        access: ApiAccess,
        *,
        transport: httpx.BaseTransport | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._server = ApiServer(access, transport=transport, clock=clock)

    def close(self) -> None:
        """Close the connections; nothing can be sent afterwards."""
        self._server.close()

    def knows_the_token(self, *, deadline_seconds: float = READ_DEADLINE_SECONDS) -> None:
        """Succeed if the server accepts the token, whatever its owner's permissions."""
        attempt = "ask the cluster whether it accepts the token"
        with suppress(ForbiddenError):
            self._server.send_with_retries(
                attempt, "GET", "/version", dict, deadline_seconds=deadline_seconds
            )

    def namespaces(self, *, deadline_seconds: float = READ_DEADLINE_SECONDS) -> dict[str, bool]:
        """Every namespace by its name, and whether it is being deleted.

        Kubernetes refuses new objects in a namespace that is being deleted.
        """
        found = self._server.objects(
            "list the namespaces", _NAMESPACES, deadline_seconds=deadline_seconds
        )
        return {
            str(one["metadata"]["name"]): one["metadata"].get("deletionTimestamp") is not None
            for one in found
        }

    def policy_objects(
        self, kind: PolicyKind, *, deadline_seconds: float = READ_DEADLINE_SECONDS
    ) -> list[dict[str, Any]]:
        """All roles or bindings of one kind, of all namespaces, as the API has them."""
        return self._server.objects(
            f"list the {kind}", f"{_POLICY}/{kind}", deadline_seconds=deadline_seconds
        )

    def add_subjects(
        self, namespace: str | None, name: str, subjects: Sequence[Mapping[str, str]]
    ) -> None:
        """Add subjects to a binding, in the name of whoever manages it; one that is gone is left so.

        Args:
            namespace: of a RoleBinding; None for a ClusterRoleBinding.
            name: the binding's.
            subjects: as the API writes them.
        """
        kind = "ClusterRoleBinding" if namespace is None else "RoleBinding"
        place = "" if namespace is None else f"/namespaces/{quote(namespace, safe='')}"
        path = f"{_POLICY}{place}/{kind.lower()}s/{quote(name, safe='')}"
        attempt = f"add the new names to {kind} {name}"
        try:
            live = self._server.send_with_retries(attempt, "GET", path, dict)
        except NotFoundError:
            return
        patch = binding_patch.adding(live, kind, subjects)
        if patch is not None:
            self._server.send(
                attempt,
                "PATCH",
                f"{path}?fieldManager={quote(patch.manager, safe='')}",
                patch.body,
                content_type=patch.content_type,
            )

    def cluster_objects(
        self, kind: ClusterKind, *, deadline_seconds: float = READ_DEADLINE_SECONDS
    ) -> list[dict[str, Any]]:
        """All objects of one kind that lies in no namespace, as the API has them."""
        return self._server.objects(
            f"list the {kind}", _LISTS[kind], deadline_seconds=deadline_seconds
        )

    def token_secrets(
        self, *, deadline_seconds: float = READ_DEADLINE_SECONDS
    ) -> list[dict[str, Any]]:
        """The metadata of every Secret with a token of a service account that never expires."""
        found = self._server.objects(
            "list the Secrets with tokens of service accounts",
            _TOKEN_SECRETS,
            deadline_seconds=deadline_seconds,
            accept=_METADATA,
        )
        return [dict(one["metadata"]) for one in found]

    def own_objects(
        self, kind: OwnKind, *, deadline_seconds: float = READ_DEADLINE_SECONDS
    ) -> list[dict[str, Any]]:
        """The metadata of every object of one kind that this program made, by its label."""
        found = self._server.objects(
            f"list the {kind} that cks-access made",
            f"{_CORE}/{kind}?labelSelector={_OWN}",
            deadline_seconds=deadline_seconds,
            accept=_METADATA,
        )
        return [dict(one["metadata"]) for one in found]

    def accounts(
        self, namespace: str, *, deadline_seconds: float = READ_DEADLINE_SECONDS
    ) -> list[str]:
        """The names of a namespace's service accounts; none where there is no such namespace."""
        attempt = f"list the service accounts of namespace {namespace}"
        found = self._server.objects(
            attempt, _within(namespace, "serviceaccounts"), deadline_seconds=deadline_seconds
        )
        return [str(one["metadata"]["name"]) for one in found]

    def account_uid(self, namespace: str, name: str) -> str | None:
        """The uid of a service account; None if there is no such account."""
        attempt = f"read service account {namespace}/{name}"
        return self._uid(attempt, _within(namespace, "serviceaccounts", name))

    def contents(self, namespace: str) -> list[str]:
        """What is in a namespace, as `kind/name`, without what Kubernetes puts into every one.

        Every kind that the API server knows is asked for, those of CRDs included.
        """
        place, found = f"namespaces/{quote(namespace, safe='')}", set[str]()
        for version in self._versions():
            for kind in self._kinds(version):
                attempt = f"list the {kind} of namespace {namespace}"
                listed = self._server.objects(attempt, f"{version}/{place}/{kind}")
                found.update(f"{kind}/{one['metadata']['name']}" for one in listed)
        return sorted(found - _DEFAULTS)

    def delete_namespace(self, namespace: str) -> None:
        """Delete a namespace and everything in it; one that does not exist is a success.

        The server finishes the deletion after this has returned.
        """
        attempt = f"delete namespace {namespace}"
        with suppress(NotFoundError):
            self._server.send(attempt, "DELETE", _within(namespace), {})

    def secret_uid(self, namespace: str, name: str) -> str | None:
        """The uid of a Secret; None if there is no such Secret."""
        return self._uid(f"read Secret {namespace}/{name}", _within(namespace, "secrets", name))

    def secrets(self, namespace: str, *, label: str) -> list[Secret]:
        """The Secrets of a namespace with a label, written as `key=value`."""
        attempt = f"list the Secrets of namespace {namespace}"
        path = f"{_within(namespace, 'secrets')}?labelSelector={quote(label, safe='')}"

        def each(item: Mapping[str, Any]) -> Secret:
            name, uid = self._server.identity(attempt, item)
            try:
                made_at = datetime.fromisoformat(str(item["metadata"]["creationTimestamp"]))
            except (KeyError, ValueError) as error:
                raise self._server.unexpected(attempt, "it contains no time") from error
            return Secret(name, uid, made_at)

        return self._server.listed(attempt, path, each)

    def create_secret(self, namespace: str, name: str, *, labels: Mapping[str, str]) -> Secret:
        """Create an empty Secret with one request; if its answer is lost, a read follows."""
        attempt = f"create Secret {namespace}/{name}"
        body = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name, "labels": dict(labels)},
            "type": SECRET_TYPE,
            "immutable": True,
        }
        try:
            answer = self._server.send(attempt, "POST", _within(namespace, "secrets"), body)
        except CksError as error:
            if write_outcome(error) is not WriteOutcome.DOUBTFUL:
                raise
            uid = self.secret_uid(namespace, name)
            if uid is None:
                raise
            return Secret(name, uid)
        return Secret(*self._server.identity(attempt, answer))

    def delete_secret(self, namespace: str, secret: Secret) -> None:
        """Delete a Secret and with it every token bound to it; one that is gone is a success."""
        attempt = f"delete Secret {namespace}/{secret.name}"
        body = {"preconditions": {"uid": secret.uid}}
        try:
            self._server.send(attempt, "DELETE", _within(namespace, "secrets", secret.name), body)
        except NotFoundError:
            return
        except ConflictError:  # another Secret has the name now, and ours is gone
            return

    def mint(
        self, namespace: str, account: str, *, lifetime_seconds: int, bound_to: Secret | None = None
    ) -> Minted:
        """Make a token of a service account for the API server itself.

        Args:
            namespace: the account's.
            account: its name.
            lifetime_seconds: what to ask for; compare it with what is granted.
            bound_to: its deletion revokes the token.

        Raises:
            NotFoundError: there is no such account.
        """
        attempt = f"mint a token of service account {namespace}/{account}"
        spec: dict[str, Any] = {"expirationSeconds": lifetime_seconds, "audiences": []}
        if bound_to is not None:
            ref = {"kind": "Secret", "apiVersion": "v1", "name": bound_to.name, "uid": bound_to.uid}
            spec["boundObjectRef"] = ref
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
        path = _within(namespace, "serviceaccounts", account, "token")
        return self._server.send_with_retries(
            attempt, "POST", path, lambda a: self._minted(attempt, a), body
        )

    def whoami(self, *, deadline_seconds: float = READ_DEADLINE_SECONDS) -> Review:
        """As whom the server knows the owner of the client's own token; a refusal is no error."""
        attempt = "ask the cluster who the token's owner is"
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}

        def user(answer: Mapping[str, Any]) -> Review:
            found = self._server.status(attempt, answer).get("userInfo")
            if not isinstance(found, dict):
                raise self._server.unexpected(attempt, "there is no userInfo")
            return Review.of({"authenticated": True, "user": found})

        try:
            return self._server.send_with_retries(
                attempt, "POST", _SELF_REVIEWS, user, body, deadline_seconds=deadline_seconds
            )
        except UnauthenticatedError:
            return Review(_UNAUTHORIZED)

    def review(self, token: str, *, deadline_seconds: float = READ_DEADLINE_SECONDS) -> Review:
        """Ask the server whether it accepts a token, and as whom."""
        attempt = "ask the cluster about a token"
        body = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenReview",
            "spec": {"token": token},
        }

        def verdict(answer: Mapping[str, Any]) -> Review:
            return Review.of(self._server.status(attempt, answer))

        return self._server.send_with_retries(
            attempt, "POST", _REVIEWS, verdict, body, deadline_seconds=deadline_seconds
        )

    def review_access(
        self,
        user: str,
        groups: Sequence[str],
        attributes: Mapping[str, Mapping[str, str]],
        *,
        deadline_seconds: float = READ_DEADLINE_SECONDS,
    ) -> AccessReview:
        """Ask the cluster's authorizers about one request of a user; nothing is done.

        Args:
            user: the name, as RBAC sees it.
            groups: the groups, likewise, those included that Kubernetes adds.
            attributes: `resourceAttributes` or `nonResourceAttributes` of a SubjectAccessReview.
            deadline_seconds: for the answer, retries included.
        """
        attempt = "ask the cluster what a user may do"
        body = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SubjectAccessReview",
            "spec": {"user": user, "groups": list(groups), **attributes},
        }

        def verdict(answer: Mapping[str, Any]) -> AccessReview:
            return AccessReview.of(self._server.status(attempt, answer))

        return self._server.send_with_retries(
            attempt, "POST", _ACCESS_REVIEWS, verdict, body, deadline_seconds=deadline_seconds
        )

    def served_resources(self) -> list[dict[str, Any]]:
        """Every resource and subresource of every version: group, name, namespaced and verbs.

        A version whose server does not answer, such as that of an extension, is left out.
        """
        found: list[dict[str, Any]] = []
        for version in self._versions(without=()):
            group = "" if version == _CORE else version.split("/")[2]
            attempt = f"list the kinds of {version}"

            def each(given: Mapping[str, Any], group: str = group) -> dict[str, Any]:
                keys = ("name", "namespaced", "verbs")
                return {"group": group, **{key: given[key] for key in keys}}

            try:
                found += self._server.listed(
                    attempt, version, each, key="resources", deadline_seconds=_VERSION_SECONDS
                )
            except CksError:
                if version == _CORE:
                    raise
        return found

    def _uid(self, attempt: str, path: str) -> str | None:
        try:
            return self._server.send_with_retries(
                attempt, "GET", path, lambda a: self._server.identity(attempt, a)[1]
            )
        except NotFoundError:
            return None

    def _versions(self, without: Collection[str] = _METRICS_GROUPS) -> list[str]:
        """The path of every version of every group."""
        attempt = "list the groups of the API"

        def versions(group: Mapping[str, Any]) -> list[str]:
            own = () if group["name"] in without else group["versions"]
            return [f"/apis/{version['groupVersion']}" for version in own]

        found = self._server.listed(attempt, "/apis", versions, key="groups")
        return [_CORE, *(version for group in found for version in group)]

    def _kinds(self, version: str) -> list[str]:
        """The kinds of one version that lie in namespaces and can be listed."""

        def kind(given: Mapping[str, Any]) -> str:
            return given["name"] if given["namespaced"] and "list" in given["verbs"] else ""

        found = set(
            self._server.listed(f"list the kinds of {version}", version, kind, key="resources")
        )
        return sorted(found - _CONTROLLER_KINDS - {""})

    def _minted(self, attempt: str, answer: Mapping[str, Any]) -> Minted:
        try:
            status, spec = answer["status"], answer["spec"]
            expires_at = datetime.fromisoformat(str(status["expirationTimestamp"]))
            return Minted(str(status["token"]), expires_at, int(spec["expirationSeconds"]))
        except (KeyError, TypeError, ValueError) as error:
            raise self._server.unexpected(attempt, "it contains no token") from error


def _within(namespace: str, *parts: str) -> str:
    return "/".join([_NAMESPACES, *(quote(part, safe="") for part in (namespace, *parts))])
