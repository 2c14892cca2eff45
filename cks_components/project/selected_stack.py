"""The stack that is selected in a folder, as Pulumi remembers it.

Source: Pulumi 3.259, `pkg/workspace` and `pkg/backend/state/stacks.go`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha1
from pathlib import Path
from typing import Any

from cks_components.api import environment


def selected(project: str, manifest: Path) -> str | None:
    """The name of the selected stack; None if none is known.

    Args:
        project: the project's name.
        manifest: the absolute path of the project file.
    """
    named = environment.pulumi_stack()
    if named is not None:
        return named or None
    digest = sha1(str(manifest).encode(), usedforsecurity=False).hexdigest()
    path = environment.pulumi_home() / "workspaces" / f"{project}-{digest}-workspace.json"
    try:
        remembered = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return _remembered(remembered) if isinstance(remembered, Mapping) else None


def _remembered(settings: Mapping[str, Any]) -> str | None:
    """The selection for the backend in use; which that is, is known only if there is one."""
    by_backend = settings.get("stacks")
    if not isinstance(by_backend, Mapping) or not by_backend:
        return _name(settings.get("stack"))
    if len(by_backend) == 1:
        return _name(next(iter(by_backend.values())))
    return _name(by_backend.get(environment.state_backend()))


def _name(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
