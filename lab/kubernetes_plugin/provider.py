"""The engine's calls, each answered from the modules beside this one.

Every public method of `Provider` answers the protocol's call of the same name (`servicer.py`).
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Callable, Mapping
from typing import Any

from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2

from lab.kubernetes_plugin import differences, kinds, naming, objects, properties
from lab.kubernetes_plugin import settings as provider_settings
from lab.kubernetes_plugin.cluster import Cluster
from lab.kubernetes_plugin.errors import NotCoveredError, PluginError
from lab.kubernetes_plugin.host import Host
from lab.kubernetes_plugin.kubeconfig import Access
from lab.kubernetes_plugin.manager import Manager
from lab.kubernetes_plugin.settings import Settings
from lab.kubernetes_plugin.version import VERSION

_WAY_OUT = (
    "If the cluster was deleted, you can remove this resource from Pulumi state by rerunning the "
    'operation with the PULUMI_K8S_DELETE_UNREACHABLE environment variable set to "true"'
)
_Property = provider_pb2.PropertyDiff
_KIND = {
    (differences.Change.ADD, False): _Property.ADD,
    (differences.Change.ADD, True): _Property.ADD_REPLACE,
    (differences.Change.UPDATE, False): _Property.UPDATE,
    (differences.Change.UPDATE, True): _Property.UPDATE_REPLACE,
    (differences.Change.DELETE, False): _Property.DELETE,
    (differences.Change.DELETE, True): _Property.DELETE_REPLACE,
}


class Provider:
    """One provider of one update.

    Args:
        host: shows lines beside resources.
        make_cluster: opens a cluster; replaced in tests.
        environment: of this process.
    """

    def __init__(
        self,
        host: Host,
        *,
        make_cluster: Callable[[Access], Cluster] = Cluster,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self._host = host
        self._make_cluster = make_cluster
        self._environment = environment
        self._settings = Settings()
        self._manager: Manager | None = None
        self._unreachable = "the provider is not configured"

    def check_config(self, request: Any) -> Any:
        """Refuse settings that cannot be followed."""
        failures = [
            provider_pb2.CheckFailure(property=name, reason=reason)
            for name, reason in provider_settings.refusals(properties.decode(request.news))
        ]
        return provider_pb2.CheckResponse(inputs=request.news, failures=failures)

    def diff_config(self, request: Any) -> Any:
        """Say which settings changed, and which changes replace everything."""
        olds = request.old_inputs if len(request.old_inputs) else request.olds
        differing, replacing = provider_settings.changes(
            properties.decode(olds), properties.decode(request.news)
        )
        some, none = provider_pb2.DiffResponse.DIFF_SOME, provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(
            changes=some if differing else none, diffs=differing, replaces=replacing
        )

    def configure(self, request: Any) -> Any:
        """Take the settings and look whether the cluster is in reach."""
        self._settings = provider_settings.settings(
            request.variables, properties.decode(request.args), self._environment
        )
        try:
            self._manager = self._connected()
        except NotCoveredError:
            raise
        except PluginError as error:
            # As with the official plugin: a preview needs no cluster, what needs one says why not.
            self._manager, self._unreachable = None, str(error)
        return provider_pb2.ConfigureResponse(
            acceptSecrets=True,
            supportsPreview=True,
            supports_autonaming_configuration=True,
        )

    def check(self, request: Any) -> Any:
        """Name the object and put it into its namespace."""
        kind = kinds.kind_of(request.urn)
        if self._manager is None and self._settings.skip_update_unreachable:
            message = (
                "Cluster is unreachable but skipUpdateUnreachable flag is set to true, skipping..."
            )
            self._host.warn(request.urn, message)
            return provider_pb2.CheckResponse(inputs=request.olds)
        news = properties.decode(request.news)
        checked = naming.named(
            objects.without_read_only(properties.plain(news)),
            properties.plain(properties.decode(request.olds)),
            base=kinds.name_of(request.urn),
            seed=request.randomSeed,
            proposal=request.autonaming.proposed_name,
        )
        metadata = checked.get("metadata")
        if kind.namespaced and self._settings.namespace and isinstance(metadata, dict):
            metadata.setdefault("namespace", self._settings.namespace)
        return provider_pb2.CheckResponse(
            inputs=properties.encode(properties.mark_secrets(checked, news))
        )

    def diff(self, request: Any) -> Any:
        """Compare what is stored with what is wanted."""
        found = differences.between(
            kinds.kind_of(request.urn),
            properties.decode(request.olds),
            properties.plain(properties.decode(request.news)),
            ignored=list(request.ignoreChanges),
            secret_mutable=self._settings.secret_mutable,
        )
        some, none = provider_pb2.DiffResponse.DIFF_SOME, provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(
            changes=some if found.found else none,
            replaces=found.replaces,
            deleteBeforeReplace=found.delete_first,
            hasDetailedDiff=True,
            detailedDiff={
                path: _Property(
                    kind=_KIND[difference.change, difference.replaces],
                    inputDiff=difference.change is differences.Change.DELETE,
                )
                for path, difference in found.found.items()
            },
        )

    def create(self, request: Any) -> Any:
        """Make the object, or try to."""
        kind = kinds.kind_of(request.urn)
        marked = properties.decode(request.properties)
        if request.preview and (self._manager is None or properties.has_unknown(marked)):
            return provider_pb2.CreateResponse(properties=request.properties)
        try:
            state = self._reachable().create(kind, marked, preview=request.preview)
        except PluginError as error:
            if self._manager is None:
                raise
            message = (
                f'resource "{request.urn}" was not successfully created '
                f"by the Kubernetes API server: {error}"
            )
            raise PluginError(message) from error
        if state is None:
            return provider_pb2.CreateResponse(properties=request.properties)
        identifier = "" if request.preview else naming.identifier(state)
        return provider_pb2.CreateResponse(id=identifier, properties=properties.encode(state))

    def read(self, request: Any) -> Any:
        """Read the live object, for a refresh or an import."""
        kind = kinds.kind_of(request.urn)
        if self._manager is None:
            return self._read_unreachable(request)
        found = self._manager.read(
            kind,
            request.id,
            properties.decode(request.inputs),
            properties.decode(request.properties),
        )
        if found is None:
            return provider_pb2.ReadResponse()
        inputs, state = found
        return provider_pb2.ReadResponse(
            id=request.id, inputs=properties.encode(inputs), properties=properties.encode(state)
        )

    def update(self, request: Any) -> Any:
        """Apply the new inputs, or try to."""
        kind = kinds.kind_of(request.urn)
        marked = properties.decode(request.news)
        if request.preview and (self._manager is None or properties.has_unknown(marked)):
            return provider_pb2.UpdateResponse(properties=request.news)
        manager = self._reachable()
        try:
            stored = properties.decode(request.olds)
            state = manager.update(kind, stored, marked, preview=request.preview)
        except PluginError as error:
            message = (
                f'the Kubernetes API server reported that "{request.id}" '
                f"failed to fully initialize or become live: {error}"
            )
            raise PluginError(message) from error
        answered = request.news if state is None else properties.encode(state)
        return provider_pb2.UpdateResponse(properties=answered)

    def delete(self, request: Any) -> Any:
        """Delete the object and wait until it is gone."""
        kind = kinds.kind_of(request.urn)
        if self._manager is not None:
            self._manager.delete(kind, request.id)
        elif not self._may_forget(request.urn):
            message = f"configured Kubernetes cluster is unreachable. {_WAY_OUT}"
            raise PluginError(message)
        return empty_pb2.Empty()

    def invoke(self, request: Any) -> Any:
        """Refuse: functions are the official plugin's."""
        raise NotCoveredError(request.tok)

    def get_plugin_info(self, _: Any) -> Any:
        """Give the release this plugin stands in for."""
        return plugin_pb2.PluginInfo(version=VERSION)

    def get_schema(self, _: Any) -> Any:
        """Give a schema with the names of the covered types alone."""
        resources: dict[str, Any] = {token: {} for token in kinds.tokens()}
        schema = {"name": "kubernetes", "version": VERSION, "resources": resources}
        return provider_pb2.GetSchemaResponse(schema=json.dumps(schema))

    def get_mapping(self, _: Any) -> Any:
        """There is no mapping from other tools."""
        return provider_pb2.GetMappingResponse()

    def get_mappings(self, _: Any) -> Any:
        """There is no mapping from other tools."""
        return provider_pb2.GetMappingsResponse()

    def attach(self, request: Any) -> Any:
        """Take the address of an engine that did not start this process."""
        self._host.attach(request.address)
        return empty_pb2.Empty()

    def cancel(self, _: Any) -> Any:
        """Nothing is interrupted: every request has a time limit of its own."""
        return empty_pb2.Empty()

    def _connected(self) -> Manager:
        access = provider_settings.access(self._settings)
        if not self._settings.namespace and access.namespace:
            self._settings = dataclasses.replace(self._settings, namespace=access.namespace)
        cluster = self._make_cluster(access)
        cluster.reach()
        return Manager(cluster, self._settings)

    def _reachable(self) -> Manager:
        if self._manager is None:
            message = f"configured Kubernetes cluster is unreachable: {self._unreachable}"
            raise PluginError(message)
        return self._manager

    def _may_forget(self, urn: str) -> bool:
        """Say why the cluster is out of reach, and whether its objects may be given up."""
        self._host.warn(urn, f"configured Kubernetes cluster is unreachable: {self._unreachable}")
        if self._settings.delete_unreachable:
            self._host.inform(
                urn, "the `deleteUnreachable` option is enabled: deleting it from Pulumi state"
            )
        return self._settings.delete_unreachable

    def _read_unreachable(self, request: Any) -> Any:
        if self._may_forget(request.urn):
            return provider_pb2.ReadResponse()
        if self._settings.skip_update_unreachable:
            return provider_pb2.ReadResponse(
                id=request.id, properties=request.properties, inputs=request.inputs
            )
        message = f"failed to read resource state due to unreachable cluster. {_WAY_OUT}"
        raise PluginError(message)
