"""The provider's own settings: what it is told, what is wrong with it, what a change means."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lab.kubernetes_plugin import kubeconfig, properties
from lab.kubernetes_plugin.errors import KubeconfigError
from lab.kubernetes_plugin.properties import Properties

_PREFIX = "kubernetes:config:"
_IDENTIFIER = "clusterIdentifier"
_WHERE = ("kubeconfig", "context", "cluster")
_NOT_COVERED = ("renderYamlToDirectory", "strictMode", "alwaysRender")
# Each with the variable that decides where the setting is absent, and what holds without either.
_FLAGS = {
    "enableServerSideApply": ("PULUMI_K8S_ENABLE_SERVER_SIDE_APPLY", True),
    "deleteUnreachable": ("PULUMI_K8S_DELETE_UNREACHABLE", False),
    "skipUpdateUnreachable": ("PULUMI_K8S_SKIP_UPDATE_UNREACHABLE", False),
    "enablePatchForce": ("PULUMI_K8S_ENABLE_PATCH_FORCE", False),
    "enableSecretMutable": ("PULUMI_K8S_ENABLE_SECRET_MUTABLE", False),
    "upsertExistingObjects": ("PULUMI_K8S_UPSERT_EXISTING_OBJECTS", False),
}


@dataclass(frozen=True)
class Settings:
    """One configured provider.

    Attributes:
        kubeconfig: text or the name of a file; never shown.
        namespace: of objects that name none.
    """

    kubeconfig: str = field(default="", repr=False)
    context: str = ""
    cluster: str = ""
    namespace: str = ""
    server_side_apply: bool = True
    delete_unreachable: bool = False
    skip_update_unreachable: bool = False
    patch_force: bool = False
    secret_mutable: bool = False
    upsert: bool = False


def settings(
    variables: Mapping[str, str], args: Properties, environment: Mapping[str, str]
) -> Settings:
    """The settings from the engine's `Configure`, which sends them twice and as texts.

    Args:
        variables: `kubernetes:config:…`; they win.
        args: the same as properties.
        environment: decides where a setting is absent.
    """
    found: Properties = dict(properties.plain(args))
    found |= {key.removeprefix(_PREFIX): value for key, value in variables.items()}

    def flag(name: str) -> bool:
        variable, default = _FLAGS[name]
        value = found.get(name)
        if value is None:
            value = environment.get(variable)
        return default if value is None else str(value).lower() == "true"

    def text(name: str) -> str:
        value = found.get(name) or ""
        return value if isinstance(value, str) else json.dumps(value)

    return Settings(
        kubeconfig=text("kubeconfig"),
        context=text("context"),
        cluster=text("cluster"),
        namespace=text("namespace"),
        server_side_apply=flag("enableServerSideApply"),
        delete_unreachable=flag("deleteUnreachable"),
        skip_update_unreachable=flag("skipUpdateUnreachable"),
        patch_force=flag("enablePatchForce"),
        secret_mutable=flag("enableSecretMutable"),
        upsert=flag("upsertExistingObjects"),
    )


def access(chosen: Settings) -> kubeconfig.Access:
    """Where the settings lead.

    Raises:
        KubeconfigError: nowhere.
        NotCoveredError: the kubeconfig asks for something that is not covered.
    """
    if not chosen.kubeconfig:
        message = "the provider has no kubeconfig"
        raise KubeconfigError(message)
    return kubeconfig.access(
        kubeconfig.load(chosen.kubeconfig), context=chosen.context, cluster=chosen.cluster
    )


def refusals(news: Properties) -> list[tuple[str, str]]:
    """Settings that cannot be followed, each with the reason.

    A broken kubeconfig is none: as with the official plugin it is a cluster out of reach.
    """
    found = properties.plain(news)
    reasons = [
        (key, f"{key} is not covered by the lab's stand-in; install the official plugin")
        for key in _NOT_COVERED
        if found.get(key) not in (None, "", False, "false")
    ]
    if str(found.get("enableServerSideApply", "true")).lower() == "false":
        reason = (
            "client-side apply is not covered by the lab's stand-in; install the official plugin"
        )
        reasons.append(("enableServerSideApply", reason))
    return reasons


def changes(olds: Properties, news: Properties) -> tuple[list[str], list[str]]:
    """The settings that differ, and those of them for which every object is made anew.

    An identifier that stays decides alone that nothing is; one that changes, that everything is.
    Without it a change of the active cluster's settings does, and so does a kubeconfig that is
    only known after the update.
    """
    old, new = properties.plain(olds), properties.plain(news)
    differing = sorted(key for key in {*old, *new} if old.get(key) != new.get(key))
    identified = old.get(_IDENTIFIER), new.get(_IDENTIFIER)
    if identified[1] and identified[0] == identified[1]:
        return differing, []
    replacing = [_IDENTIFIER] if all(identified) else []
    unknown = [key for key in _WHERE if properties.has_unknown(new.get(key))]
    if unknown:
        return differing, replacing + unknown
    was, now = _active(old), _active(new)
    if was and now and was != now:
        replacing += [key for key in _WHERE if key in differing]
    return differing, replacing


def _active(found: Mapping[str, Any]) -> Any:
    try:
        config = kubeconfig.load(str(found.get("kubeconfig") or "{}"))
    except KubeconfigError:
        return None
    return kubeconfig.active_cluster(
        config, str(found.get("context") or ""), str(found.get("cluster") or "")
    )
