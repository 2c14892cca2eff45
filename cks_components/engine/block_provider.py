"""Translates the engine's calls for one block of a cluster into calls of the lifecycle.

The same for every kind of block. What lies in a bag, and so in the state of every stack, are the
leaves of the block, the policies, `cluster_id`, the outputs named below, and the hidden keys of
`engine.bag`; the names never change.
"""

from __future__ import annotations

import secrets
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from pulumi import dynamic
from pydantic import ValidationError

from cks_components.api.errors import CksError
from cks_components.api.models import Block, Cluster
from cks_components.api.update_mask import hidden
from cks_components.engine import block_ownership, properties, secret_leaves
from cks_components.engine.dynamic_provider import Provider, malformed
from cks_components.engine.initialization_failure import keep_in_state
from cks_components.engine.intent_log import Journal
from cks_components.engine.policy import Policy
from cks_components.engine.progress import ResourceLog
from cks_components.engine.provider_call import connected, exclusive_access
from cks_components.rules import BARE, Context, Finding, Level

if TYPE_CHECKING:
    # A preview compares, and changes nothing: it does without them.
    from cks_components.api.client import Client
    from cks_components.lifecycle.block import BlockLifecycle, Recorded

CLUSTER_ID = "cluster_id"
PREVIOUS = "previous"
CLUSTER_NAME = "cluster_name"
CLUSTER_ENDPOINT = "cluster_endpoint"
OUTPUTS = (PREVIOUS, CLUSTER_NAME, CLUSTER_ENDPOINT)
_HIDDEN_OUTPUTS = (properties.OPERATION, properties.UNCONFIRMED)


class BlockProvider(Provider, ABC):
    """Owns one kind of block; holds nothing, so that its pickle is a reference to its class."""

    kind: ClassVar[type[Block]]
    """The block that this provider owns."""

    @abstractmethod
    def findings(self, block: Block, cluster_id: str | None, context: Context) -> Sequence[Finding]:
        """Check a block whose values are all known; the cluster's id may be unknown."""

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> dynamic.CheckResult:
        """Normalise the known values and report every broken rule at once."""
        known = properties.known(news)
        try:
            block, _ = self._block(known), Policy.of(known)
        except ValidationError as error:
            wrong = [dynamic.CheckFailure("", text) for text in malformed(error)]
            return dynamic.CheckResult(dict(news), wrong)
        found: Sequence[Finding] = ()
        if not any(properties.is_unknown(news.get(leaf)) for leaf in self.kind.leaves()):
            context = Context(**known[properties.CONTEXT]) if properties.CONTEXT in known else BARE
            found = self.findings(block, known.get(CLUSTER_ID), context)
        if not known.get(properties.JUDGED):
            self._warn(news, found)
        failures = [secret_leaves.in_finding(finding, news) for finding in found if finding.refuses]
        failures += self._set_twice(known)
        normal = self.normal(news)
        if properties.differs(_lower(_olds.get(CLUSTER_ID)), normal.get(CLUSTER_ID)):
            self._row(news).warn(_moves(_olds[CLUSTER_ID], news[CLUSTER_ID]))
        return dynamic.CheckResult(normal, [dynamic.CheckFailure("", text) for text in failures])

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> dynamic.DiffResult:
        """Compare the stored values with the wanted ones; only another cluster is a replacement.

        An operation that was sent but not recorded is a change, because the cluster must be read.
        """
        olds, news = properties.visible(_olds), properties.visible(_news)
        other = _lower(olds.get(CLUSTER_ID)) != _lower(news.get(CLUSTER_ID))
        block_ownership.hold(self._key(_olds), _operation(_olds))
        return dynamic.DiffResult(
            changes=properties.is_unknown(news)
            or self._comparable(olds) != self._comparable(news)
            or self._is_unfinished(_olds, _news),
            replaces=[CLUSTER_ID] if other else [],
            delete_before_replace=False,
        )

    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        """Adopt: the block exists as soon as the cluster does."""
        policy, desired = Policy.of(props), self._block(props)
        recorded = self._recorded(props.get(properties.RECORDED) or {})
        left = block_ownership.given_back(self._key(props))
        recorded = replace(recorded, unconfirmed=(*recorded.unconfirmed, *left))
        with self._owner(props, props, recorded) as owner:
            try:
                previous, cluster = owner.create(desired, adopt=policy.adopt)
            except CksError as error:
                self._keep_partial(error, owner, props, props)
                raise
        outs = self._outs(props, previous, cluster, owner)
        return dynamic.CreateResult(owner.cluster_id, outs)

    def update(
        self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]
    ) -> dynamic.UpdateResult:
        """Read, compare, write only the leaves that differ, verify."""
        policy, known, desired = Policy.of(_news), self._block(_olds), self._block(_news)
        with self._owner(_news, _olds, self._recorded(_olds)) as owner:
            try:
                cluster = owner.update(known, desired, on_drift=policy.on_drift)
            except CksError as error:
                self._keep_partial(error, owner, _news, _olds)
                raise
        previous = self.kind.read(_olds.get(PREVIOUS) or {})
        return dynamic.UpdateResult(self._outs(_news, previous, cluster, owner))

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Leave the cluster as `on_delete` says; a cluster that is gone is a success."""
        previous = self.kind.read(_props.get(PREVIOUS) or {})
        policy = Policy.of(_props)
        with self._owner(_props | {CLUSTER_ID: _id}, _props, self._recorded(_props)) as owner:
            left = owner.delete(self._block(_props), previous, on_delete=policy.on_delete)
        if left is not None:
            block_ownership.give_back(self._key(_props | {CLUSTER_ID: _id}), left)

    def read(self, id_: str, props: dict[str, Any]) -> dynamic.ReadResult:
        """Show the live block, as inputs and outputs, so that drift is visible."""
        with self._hiding_secrets(props), connected(self._row(props).progress) as client:
            given = props | {CLUSTER_ID: id_}
            owner = self._owner_of(client, given, props, self._recorded(props))
            cluster = owner.read()
        if cluster is None:
            return dynamic.ReadResult(id_="", outs={})
        inputs, outs = self.as_read(cluster, props)
        # Once this is recorded, the note of an unfinished operation no longer counts.
        operation = owner.operation if owner.unfinished else _operation(props)
        return dynamic.ReadResult(id_, outs | {properties.OPERATION: operation}, inputs)

    def as_read(
        self, cluster: Cluster, props: Mapping[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Make the inputs and outputs of a cluster's live block, with the policies of a bag."""
        own = {k: v for k, v in props.items() if k not in self.kind.leaves()}
        live = properties.stored(cluster.block(self.kind))
        inputs = self.normal(own | live | {CLUSTER_ID: cluster.id})
        return inputs, inputs | {PREVIOUS: props.get(PREVIOUS) or {}} | _identity(cluster)

    def normal(self, props: Mapping[str, Any]) -> dict[str, Any]:
        """The inputs of a bag as check leaves them: policies filled in, leaves normalised.

        Values that a preview does not know yet are kept as they are.
        """
        known = properties.known(props)
        unknown = {k: v for k, v in props.items() if k not in known}
        outputs = (*self.kind.leaves(), *OUTPUTS, *_HIDDEN_OUTPUTS)
        own = {k: v for k, v in known.items() if k not in outputs}
        hidden = {k: v for k, v in own.items() if k.startswith(properties.HIDDEN)}
        settled = {CLUSTER_ID: _lower(own[CLUSTER_ID])} if CLUSTER_ID in own else {}
        policy = Policy.of(known).model_dump()
        return policy | settled | properties.stored(self._block(known)) | unknown | hidden

    def _without_recorded(self, props: Mapping[str, Any]) -> dict[str, Any]:
        return {k: v for k, v in self.normal(props).items() if k != properties.RECORDED}

    def _comparable(self, props: Mapping[str, Any]) -> dict[str, Any]:
        return {k: v for k, v in self.normal(props).items() if not k.startswith(properties.HIDDEN)}

    def _block(self, props: Mapping[str, Any]) -> Any:
        return self.kind.read({leaf: props.get(leaf) for leaf in self.kind.leaves()})

    def _key(self, props: Mapping[str, Any]) -> block_ownership.Key:
        return block_ownership.key(str(props.get(CLUSTER_ID)), self.kind)

    def _recorded(self, outs: Mapping[str, Any]) -> Recorded[Any]:
        """What the state says, from the outputs of a resource; an empty bag says nothing."""
        from cks_components.lifecycle.block import Recorded

        if not outs:
            return Recorded()
        return Recorded(
            operation=str(outs.get(properties.OPERATION) or ""),
            block=self._block(outs),
            previous=self.kind.read(outs.get(PREVIOUS) or {}),
            unconfirmed=tuple(map(self._block, outs.get(properties.UNCONFIRMED) or ())),
        )

    def _is_unfinished(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
        """Whether this stack sent a change that the state does not have."""
        operation = str(olds.get(properties.OPERATION) or "")
        cluster_id = str(_lower(olds.get(CLUSTER_ID)))
        journals = dict.fromkeys(Journal.of(cluster_id, props) for props in (olds, news))
        intents = [journal.own(self.kind) for journal in journals]
        return any(i and not i.is_done and i.based_on == operation for i in intents)

    def _set_twice(self, props: Mapping[str, Any]) -> Iterator[str]:
        resource = str(props.get(properties.URN) or "")
        if CLUSTER_ID in props and resource:
            first = block_ownership.want(self._key(props), resource)
            if first != resource:
                yield (
                    f"{self.kind.title} of cluster {props[CLUSTER_ID]} is set twice in one program, "
                    f'by "{_name(first)}" and by "{_name(resource)}": each would overwrite the '
                    "other; remove one of the two"
                )

    def _outs(
        self,
        props: Mapping[str, Any],
        previous: Block,
        cluster: Cluster,
        owner: BlockLifecycle[Any],
    ) -> dict[str, Any]:
        block_ownership.hold(self._key(props), owner.operation)
        made = {PREVIOUS: properties.stored(previous), properties.OPERATION: owner.operation}
        return self._without_recorded(props) | made | _identity(cluster)

    def _keep_partial(
        self,
        error: CksError,
        owner: BlockLifecycle[Any],
        props: Mapping[str, Any],
        olds: Mapping[str, Any],
    ) -> None:
        """Record a write that may have landed, so that the next command can continue or revert it."""
        attempt = owner.attempt
        if not attempt.may_have_landed or attempt.previous is None:
            return
        may_be_live = [attempt.found, *owner.recorded.unconfirmed, owner.recorded.block]
        seen = {k: olds[k] for k in (CLUSTER_NAME, CLUSTER_ENDPOINT) if olds.get(k)}
        outs = self._without_recorded(props) | seen
        outs[PREVIOUS] = properties.stored(attempt.previous)
        outs[properties.OPERATION] = owner.operation
        outs[properties.UNCONFIRMED] = [
            properties.stored(b) for b in dict.fromkeys(may_be_live) if b is not None
        ]
        outs[properties.PROVIDER] = props.get(properties.PROVIDER)
        keep_in_state(owner.cluster_id, outs, secret_leaves.hidden_in(str(error), props, olds))

    def _warn(self, props: Mapping[str, Any], found: Sequence[Finding]) -> None:
        for finding in found:
            if finding.level is Level.WARNING:
                self._row(props).warn(secret_leaves.in_finding(finding, props))

    def _row(self, props: Mapping[str, Any]) -> ResourceLog:
        return ResourceLog(props.get(properties.URN))

    @contextmanager
    def _hiding_secrets(self, *bags: Mapping[str, Any]) -> Iterator[None]:
        """Show no value of a leaf that is secret in one of the bags, even if the API repeats it."""
        leaves = self.kind.leaves()
        before = hidden.set(
            frozenset(leaves[name] for b in bags for name in secret_leaves.names(b))
        )
        try:
            yield
        except CksError as error:
            error.args = (secret_leaves.hidden_in(str(error), *bags),)
            raise
        finally:
            hidden.reset(before)

    @contextmanager
    def _owner(
        self, props: Mapping[str, Any], seen: Mapping[str, Any], recorded: Recorded[Any]
    ) -> Iterator[BlockLifecycle[Any]]:
        """The owner of the block, once it is its turn to write to the cluster."""
        row = self._row(props)
        with self._hiding_secrets(props, seen), connected(row.progress) as client:
            owner = self._owner_of(client, props, seen, recorded)
            with exclusive_access(owner.cluster_id, client, row, owner.timeout_seconds):
                yield owner

    def _owner_of(
        self,
        client: Client,
        props: Mapping[str, Any],
        seen: Mapping[str, Any],
        recorded: Recorded[Any],
    ) -> BlockLifecycle[Any]:
        from cks_components.lifecycle.block import BlockLifecycle
        from cks_components.lifecycle.missing_cluster import LastKnownCluster

        cluster_id = str(_lower(props[CLUSTER_ID]))
        journal, operation = Journal.of(cluster_id, props), _operation(seen)
        is_followed = block_ownership.held_by_another(self._key(props), operation)
        is_followed = is_followed or journal.is_followed(self.kind, operation)
        return BlockLifecycle(
            client,
            cluster_id,
            self.kind,
            Policy.of(props).update_timeout_seconds,
            self._row(props),
            journal,
            LastKnownCluster(
                str(seen.get(CLUSTER_NAME) or ""), str(seen.get(CLUSTER_ENDPOINT) or "")
            ),
            operation=secrets.token_hex(8),
            recorded=recorded,
            successor="another resource of this stack" if is_followed else "",
            endpoint=str(props.get(properties.ENDPOINT) or ""),
        )


def recorded(outs: Mapping[str, Any]) -> dict[str, Any]:
    """The outputs of a resource that a successor needs, with only two of the hidden keys."""
    kept = {
        k: v
        for k, v in properties.visible(outs).items()
        if k not in (CLUSTER_NAME, CLUSTER_ENDPOINT)
    }
    return kept | {k: outs[k] for k in _HIDDEN_OUTPUTS if k in outs}


def _operation(outs: Mapping[str, Any]) -> str:
    """The name of the operation that made a resource; before 0.2 that was its URN."""
    return str(outs.get(properties.OPERATION) or outs.get(properties.URN) or "")


def _lower(value: object) -> object:
    """A cluster's id in one spelling: the API's are in lower case."""
    return value.lower() if isinstance(value, str) else value


def _name(urn: str) -> str:
    return urn.rpartition("::")[2]


def _identity(cluster: Cluster) -> dict[str, Any]:
    return {CLUSTER_NAME: cluster.name, CLUSTER_ENDPOINT: cluster.api_server_endpoint}


def _moves(old: str, new: str) -> str:
    return (
        f"this configuration moves from cluster {old} to cluster {new}: it is set on the new "
        "one, and on_delete decides what is left on the old one. If the cluster was recreated "
        "under its name, the old one is gone, and the new one has no RBAC and another service-account issuer"
    )
