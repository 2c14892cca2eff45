"""KubeconfigFile: a resource of the team's own, which puts a kubeconfig where people find it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pulumi
from pulumi import dynamic


class _FileProvider(dynamic.ResourceProvider):
    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        path = Path(props["path"])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(props["kubeconfig"])
        path.chmod(0o600)
        return dynamic.CreateResult(str(path), props)

    def update(
        self, _id: str, _olds: dict[str, Any], props: dict[str, Any]
    ) -> dynamic.UpdateResult:
        self.create(props)
        return dynamic.UpdateResult(props)

    def delete(self, _id: str, props: dict[str, Any]) -> None:
        Path(props["path"]).unlink(missing_ok=True)


class KubeconfigFile(dynamic.Resource):
    """A file with a kubeconfig, which only its owner can read; a secret stays one in the state."""

    def __init__(self, name: str, *, path: str, kubeconfig: pulumi.Output[str | None]) -> None:
        super().__init__(_FileProvider(), name, {"path": path, "kubeconfig": kubeconfig})
