"""Managing one object on one cluster: create, read, update, delete, each tried or done."""

from __future__ import annotations

from dataclasses import dataclass

from lab.kubernetes_plugin import field_managers, naming, objects, properties
from lab.kubernetes_plugin.cluster import Cluster
from lab.kubernetes_plugin.errors import ApiError, PluginError
from lab.kubernetes_plugin.kinds import Kind
from lab.kubernetes_plugin.properties import Properties
from lab.kubernetes_plugin.settings import Settings

_DEFAULT_NAMESPACE = "default"
_CREATE_DELAYS = (1.0, 2.0, 4.0, 8.0)
_FORCE = "pulumi.com/patchForce"
_MANAGER = "pulumi.com/patchFieldManager"
_CONFLICT_HELP = (
    "https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/"
    "managing-resources-with-server-side-apply/#handle-field-conflicts-on-existing-resources"
)


@dataclass(frozen=True)
class Manager:
    """Objects of one cluster under one provider's settings.

    `preview` everywhere means: the API is asked what would happen and stores nothing.
    """

    cluster: Cluster
    settings: Settings

    def create(self, kind: Kind, marked: Properties, *, preview: bool) -> Properties | None:
        """Make an object; its state, or None where a preview cannot know.

        A missing namespace is waited for, because it may be made at the same time.

        Raises:
            PluginError: it exists already and `upsertExistingObjects` is off, or the API refused.
        """
        inputs = properties.plain(marked)
        manager = naming.annotation(inputs, _MANAGER) or f"pulumi-kubernetes-{naming.suffix(b'')}"
        for delay in (*_CREATE_DELAYS, None):
            try:
                live = self._create(kind, inputs, manager, preview=preview)
            except ApiError as error:
                if preview and (error.is_not_found or error.is_forbidden or _is_taken(error)):
                    # The namespace or a deletion is part of the same update, or rights are.
                    return None
                if not error.is_not_found or delay is None:
                    raise _explained(error, manager) from error
                self.cluster.sleep(delay)
            else:
                return _state(inputs, live, marked, kind.api_version, manager)
        raise AssertionError  # The last delay is None, which returns or raises.

    def read(
        self, kind: Kind, identifier: str, marked: Properties, stored: Properties
    ) -> tuple[Properties, Properties] | None:
        """Inputs and state of the live object, None where it is gone.

        Args:
            kind: of the object.
            identifier: as the engine stores it.
            marked: the last inputs, with secrets marked; empty for an import.
            stored: the last state.
        """
        namespace, name = naming.split_identifier(identifier)
        try:
            live = self.cluster.get(kind, namespace or self._namespace({}), name)
        except ApiError as error:
            if error.is_not_found:
                return None
            raise
        if marked:
            shape = objects.normalised(marked)
            inputs = objects.pruned(live, shape)
        else:
            keys = ("apiVersion", "kind", "metadata", *kind.fields)
            inputs = objects.without_read_only(
                {k: live[k] for k in keys if live.get(k) is not None}
            )
        manager = stored.get(objects.FIELD_MANAGER) or f"pulumi-kubernetes-{naming.suffix(b'')}"
        version = stored.get(objects.INITIAL_API_VERSION) or kind.api_version
        state = _state(inputs, live, marked, version, manager)
        return properties.mark_secrets(inputs, marked), state

    def update(
        self, kind: Kind, stored: Properties, marked: Properties, *, preview: bool
    ) -> Properties | None:
        """Apply new inputs to an object; its state, or None where a preview may not know.

        Raises:
            PluginError: another manager owns a field that changes, or the API refused.
        """
        inputs = properties.plain(marked)
        _, old = objects.split_state(stored)
        manager = naming.annotation(inputs, _MANAGER) or str(stored[objects.FIELD_MANAGER])
        try:
            live = self.cluster.get(kind, self._namespace(old), naming.metadata(old)["name"])
            entries = field_managers.taken_over(live, manager)
            if entries and not preview:
                self.cluster.set_managed_fields(kind, live, entries)
            # In a preview nothing was taken over, so force stands for it.
            force = self._force(inputs) or (preview and entries is not None)
            new = self._apply(kind, inputs, manager, dry=preview, force=force)
        except ApiError as error:
            if preview and error.is_forbidden:
                return None
            raise _explained(error, manager) from error
        version = str(stored.get(objects.INITIAL_API_VERSION) or kind.api_version)
        return _state(inputs, new, marked, version, manager)

    def delete(self, kind: Kind, identifier: str) -> None:
        """Delete an object and wait until it is gone; success where it is gone already."""
        namespace, name = naming.split_identifier(identifier)
        self.cluster.delete(kind, namespace or self._namespace({}), name)

    def _create(self, kind: Kind, inputs: Properties, manager: str, *, preview: bool) -> Properties:
        if self.settings.upsert:
            force = preview or self._force(inputs)
            return self._apply(kind, inputs, manager, dry=preview, force=force)
        namespace = self._namespace(inputs)
        return self.cluster.create(kind, namespace, _body(inputs), manager, dry=preview)

    def _apply(
        self, kind: Kind, inputs: Properties, manager: str, *, dry: bool, force: bool
    ) -> Properties:
        namespace = self._namespace(inputs)
        return self.cluster.apply(kind, namespace, _body(inputs), manager, dry=dry, force=force)

    def _namespace(self, inputs: Properties) -> str:
        found = naming.metadata(inputs).get("namespace")
        return str(found or self.settings.namespace or _DEFAULT_NAMESPACE)

    def _force(self, inputs: Properties) -> bool:
        return self.settings.patch_force or naming.annotation(inputs, _FORCE) == "true"


def _is_taken(error: ApiError) -> bool:
    return error.reason == "AlreadyExists"


def _body(inputs: Properties) -> Properties:
    """What is sent: secret texts as `data`, which is the field that is then managed."""
    body = objects.without_read_only(inputs)
    if "stringData" in body:
        body["data"] = objects.normalised(inputs).get("data", {})
        del body["stringData"]
    return body


def _state(
    inputs: Properties, live: Properties, marked: Properties, version: str, manager: str
) -> Properties:
    return objects.state(inputs, live, marked, api_version=version, manager=manager)


def _explained(error: ApiError, manager: str) -> PluginError:
    if error.reason != "Conflict":
        return error
    return PluginError(
        f"Server-Side Apply field conflict detected. See {_CONFLICT_HELP} for troubleshooting help.\n"
        f'The resource managed by field manager "{manager}" had an apply conflict: {error}'
    )
