"""The engine's calls for one block of a cluster, turned into the lifecycle's.

The same for every kind of block. What lies in a bag, and so in the state of every stack, are the
leaves of the block, the policies, `cluster_id`, and the outputs named below; the names never
change.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

from pulumi import dynamic
from pydantic import ValidationError

from cks_components.api.absence import Seen
from cks_components.api.models import Block, Cluster
from cks_components.engine import bag
from cks_components.engine.journal import Journal
from cks_components.engine.operation import connected, turn
from cks_components.engine.policy import Policy
from cks_components.engine.progress import Row
from cks_components.engine.provider import Provider, malformed
from cks_components.identity.rules import BARE, Context, Finding, Level
from cks_components.lifecycle import Owner

CLUSTER_ID = "cluster_id"
PREVIOUS = "previous"
CLUSTER_NAME = "cluster_name"
CLUSTER_ENDPOINT = "cluster_endpoint"
OUTPUTS = (PREVIOUS, CLUSTER_NAME, CLUSTER_ENDPOINT)


class BlockProvider(Provider, ABC):
    """Owns one kind of block; holds nothing, so that its pickle is a reference to its class."""

    kind: ClassVar[type[Block]]
    """The block that this provider owns."""

    @abstractmethod
    def findings(self, block: Block, cluster_id: str | None, context: Context) -> Sequence[Finding]:
        """Judge a block whose values are all known, of a cluster whose id may not be."""

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> dynamic.CheckResult:
        """Normalise what is known and report every broken rule at once."""
        known = bag.known(news)
        try:
            block, _ = self._block(known), Policy.of(known)
        except ValidationError as error:
            wrong = [dynamic.CheckFailure("", text) for text in malformed(error)]
            return dynamic.CheckResult(dict(news), wrong)
        found: Sequence[Finding] = ()
        if not any(bag.is_unknown(news.get(leaf)) for leaf in self.kind.leaves()):
            context = Context(**known[bag.CONTEXT]) if bag.CONTEXT in known else BARE
            found = self.findings(block, known.get(CLUSTER_ID), context)
        if bag.CONTEXT not in known:  # else the stack has said already what does not refuse
            self._warn(news, found)
        failures = [dynamic.CheckFailure("", str(finding)) for finding in found if finding.refuses]
        if bag.is_other(_olds.get(CLUSTER_ID), news.get(CLUSTER_ID)):
            self._row(news).warn(_moves(_olds[CLUSTER_ID], news[CLUSTER_ID]))
        return dynamic.CheckResult(self.normal(news), failures)

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> dynamic.DiffResult:
        """Compare what is stored with what is wanted; only another cluster is a replacement."""
        olds, news = bag.visible(_olds), bag.visible(_news)
        other = olds.get(CLUSTER_ID) != news.get(CLUSTER_ID)
        return dynamic.DiffResult(
            changes=bag.is_unknown(news) or self._comparable(olds) != self._comparable(news),
            replaces=[CLUSTER_ID] if other else [],
            delete_before_replace=False,
        )

    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        """Adopt: the block exists as soon as the cluster does."""
        policy = Policy.of(props)
        with self._owner(props) as owner:
            previous, cluster = owner.create(self._block(props), adopt=policy.adopt)
        outs = self.normal(props) | {PREVIOUS: bag.stored(previous)} | _identity(cluster)
        return dynamic.CreateResult(str(props[CLUSTER_ID]), outs)

    def update(
        self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]
    ) -> dynamic.UpdateResult:
        """Read, compare, write only the leaves that differ, verify."""
        policy = Policy.of(_news)
        with self._owner(_news, _olds) as owner:
            cluster = owner.update(self._block(_olds), self._block(_news), on_drift=policy.on_drift)
        outs = self.normal(_news) | {PREVIOUS: _olds.get(PREVIOUS) or {}} | _identity(cluster)
        return dynamic.UpdateResult(outs)

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Leave the cluster as `on_delete` says; a cluster that is gone is a success."""
        previous = self.kind.model_validate(_props.get(PREVIOUS) or {})
        policy = Policy.of(_props)
        with self._owner(_props | {CLUSTER_ID: _id}) as owner:
            owner.delete(self._block(_props), previous, on_delete=policy.on_delete)

    def read(self, id_: str, props: dict[str, Any]) -> dynamic.ReadResult:
        """Show the live block, as inputs and outputs, so that drift has a name."""
        with connected() as client:
            cluster = self._owner_of(client, props | {CLUSTER_ID: id_}, props).read()
        if cluster is None:
            return dynamic.ReadResult(id_="", outs={})
        inputs, outs = self.as_read(cluster, props)
        return dynamic.ReadResult(id_, outs, inputs)

    def as_read(
        self, cluster: Cluster, props: Mapping[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Make the inputs and outputs of a cluster's live block, with the policies of a bag."""
        own = {k: v for k, v in props.items() if k not in self.kind.leaves()}
        live = bag.stored(cluster.block(self.kind))
        inputs = self.normal(own | live | {CLUSTER_ID: cluster.id})
        return inputs, inputs | {PREVIOUS: props.get(PREVIOUS) or {}} | _identity(cluster)

    def normal(self, props: Mapping[str, Any]) -> dict[str, Any]:
        """The inputs of a bag as check leaves them: policies filled in, leaves normalised.

        Values that a preview does not know yet are kept as they are.
        """
        known = bag.known(props)
        unknown = {k: v for k, v in props.items() if k not in known}
        own = {k: v for k, v in known.items() if k not in (*self.kind.leaves(), *OUTPUTS)}
        hidden = {k: v for k, v in own.items() if k.startswith(bag.HIDDEN)}
        settled = {CLUSTER_ID: own[CLUSTER_ID]} if CLUSTER_ID in own else {}
        policy = Policy.of(known).model_dump()
        return policy | settled | bag.stored(self._block(known)) | unknown | hidden

    def _comparable(self, props: Mapping[str, Any]) -> dict[str, Any]:
        return {k: v for k, v in self.normal(props).items() if not k.startswith(bag.HIDDEN)}

    def _block(self, props: Mapping[str, Any]) -> Any:
        return self.kind.model_validate({leaf: props.get(leaf) for leaf in self.kind.leaves()})

    def _warn(self, props: Mapping[str, Any], found: Sequence[Finding]) -> None:
        for finding in found:
            if finding.level is Level.WARNING:
                self._row(props).warn(str(finding))

    def _row(self, props: Mapping[str, Any]) -> Row:
        return Row(props.get(bag.URN))

    @contextmanager
    def _owner(
        self, props: Mapping[str, Any], olds: Mapping[str, Any] | None = None
    ) -> Iterator[Owner[Any]]:
        """The owner of the block, once it is its turn to write to the cluster."""
        with connected() as client:
            owner = self._owner_of(client, props, props if olds is None else olds)
            row = self._row(props)
            with turn(owner.cluster_id, client, row, owner.timeout_seconds):
                yield owner

    def _owner_of(
        self, client: Any, props: Mapping[str, Any], seen: Mapping[str, Any]
    ) -> Owner[Any]:
        return Owner(
            client,
            str(props[CLUSTER_ID]),
            self.kind,
            Policy.of(props).update_timeout_seconds,
            self._row(props),
            Journal(str(props[CLUSTER_ID])),
            Seen(str(seen.get(CLUSTER_NAME) or ""), str(seen.get(CLUSTER_ENDPOINT) or "")),
        )


def _identity(cluster: Cluster) -> dict[str, Any]:
    return {CLUSTER_NAME: cluster.name, CLUSTER_ENDPOINT: cluster.api_server_endpoint}


def _moves(old: str, new: str) -> str:
    return (
        f"this configuration moves from cluster {old} to cluster {new}: the new one is set, and "
        "the old one left as on_delete says. If the cluster was made anew under its name, the old "
        "one is gone, and the new one has no RBAC and another service-account issuer"
    )
