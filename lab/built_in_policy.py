"""Reads from a real kube-apiserver the roles, bindings and resources that every cluster has.

`python -m lab.built_in_policy FILE` starts a control plane of the pinned version for it, and writes
the file that `cks_components.rbac.built_in` reads.
"""

from __future__ import annotations

import json
import ssl
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from lab.api import fleet
from lab.authority import Authority
from lab.control_plane import ControlPlane
from lab.state import PROGRAMS

Read = Callable[[str], Any]
"""GETs a path of kube-apiserver and returns the JSON of the answer."""

_RBAC = "/apis/rbac.authorization.k8s.io/v1"
_BOOTSTRAP = {"kubernetes.io/bootstrapping": "rbac-defaults"}
"""The label of the objects that kube-apiserver itself creates, and restores at every start."""
_ORIGIN = (
    "made by `python -m lab.built_in_policy` from a kube-apiserver with its default flags; "
    "do not change by hand"
)


def policy(read: Read) -> str:
    """The file's text: roles, bindings and resources, one on each line."""
    parts: dict[str, list[Any]] = {
        "roles": [*_listed(read, "clusterroles"), *_listed(read, "roles")],
        "bindings": [*_listed(read, "clusterrolebindings"), *_listed(read, "rolebindings")],
        "resources": sorted(_resources(read), key=lambda r: (r["group"], r["name"])),
    }
    lines = [f'"origin": {json.dumps(_ORIGIN)}', f'"version": "{read("/version")["gitVersion"]}"']
    for name, entries in parts.items():
        rows = ",\n".join(json.dumps(entry, separators=(",", ":")) for entry in entries)
        lines.append(f'"{name}": [\n{rows}\n]')
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _listed(read: Read, kind: str) -> Iterator[dict[str, Any]]:
    for item in read(f"{_RBAC}/{kind}")["items"]:
        metadata = item["metadata"]
        if (metadata.get("labels") or {}).items() >= _BOOTSTRAP.items():
            kept = {k: metadata[k] for k in ("name", "namespace", "labels") if k in metadata}
            yield {"metadata": kept, **_content(item)}


def _content(item: Mapping[str, Any]) -> dict[str, Any]:
    """What decides; the rules of an aggregated role are left out, because they follow from others."""
    if "aggregationRule" in item:
        return {"aggregationRule": item["aggregationRule"]}
    return {key: item[key] for key in ("rules", "roleRef", "subjects") if item.get(key)}


def _resources(read: Read) -> list[dict[str, Any]]:
    """Every resource of every served version, each once with the verbs of all versions."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    versions = [
        f"/apis/{v['groupVersion']}" for g in read("/apis")["groups"] for v in g["versions"]
    ]
    for version in ["/api/v1", *versions]:
        group = version.removeprefix("/apis/").rpartition("/")[0] if "apis" in version else ""
        for kind in read(version)["resources"]:
            key = (group, kind["name"])
            one = found.setdefault(
                key,
                {
                    "group": group,
                    "name": kind["name"],
                    "namespaced": kind["namespaced"],
                    "verbs": [],
                },
            )
            one["verbs"] = sorted({*one["verbs"], *kind["verbs"]})
    return list(found.values())


def main(target: Path) -> None:
    """Write the file from a control plane that is started for it, and ended."""
    with tempfile.TemporaryDirectory() as folder:
        authority = Authority(Path(folder) / "pki")
        plane = ControlPlane(
            Path(folder) / "cluster",
            programs=PROGRAMS,
            authority=authority,
            cluster_id=fleet.CONTROL_PLANE,
            environment={},
        )
        try:
            plane.start({})
            context = ssl.create_default_context(cafile=str(authority.certificate))
            context.load_cert_chain(*plane.client)
            opener = urllib.request.build_opener(
                urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
            )

            def read(path: str) -> Any:
                with opener.open(f"https://127.0.0.1:{plane.port}{path}", timeout=30) as answer:
                    return json.load(answer)

            target.write_text(policy(read))
        finally:
            plane.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
