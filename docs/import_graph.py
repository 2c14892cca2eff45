"""The picture of what imports what, made from the import graph."""

from __future__ import annotations

from collections.abc import Iterable

import grimp

PACKAGE = "cks_components"
_BEGIN = "<!-- Imports: made by `make docs` from the import graph. -->\n"
_END = "<!-- End of imports. -->"
_RESOURCES = (
    "cluster_connection",
    "cluster_oidc",
    "cluster_webhooks",
    "namespace_guard",
    "service_account_token",
)
_TOGETHER = dict.fromkeys(_RESOURCES, "resources")
"""Modules of the top level that stand for one thing in the picture."""
_TITLES = {"resources": "resources: " + "<br/>".join(_RESOURCES)}

Edge = tuple[str, str]


def with_picture(page: str) -> str:
    """The page with a picture of the present imports in the place of the one in it."""
    before, _, rest = page.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return f"{before}{_BEGIN}\n{_picture()}\n{_END}{after}"


def _picture() -> str:
    edges = _without_shortcuts(_imports())
    names = sorted({name for edge in edges for name in edge})
    nodes = [f'  {name}["{_TITLES.get(name, name)}"]' for name in names]
    arrows = [f"  {importer} --> {imported}" for importer, imported in edges]
    return "\n".join(["```mermaid", "flowchart TD", *nodes, *arrows, "```"])


def _imports() -> set[Edge]:
    """Which folder, or module of the top level, imports which other."""
    graph = grimp.build_graph(PACKAGE)
    found = {
        (_place(importer), _place(imported))
        for importer in graph.modules - {PACKAGE}
        for imported in graph.find_modules_directly_imported_by(importer) - {PACKAGE}
    }
    return {(importer, imported) for importer, imported in found if importer != imported}


def _place(module: str) -> str:
    name = module.split(".")[1]
    return _TOGETHER.get(name, name)


def _without_shortcuts(edges: Iterable[Edge]) -> list[Edge]:
    """The imports that do not follow from others; there are no circles (import-linter)."""
    direct: dict[str, set[str]] = {}
    for importer, imported in edges:
        direct.setdefault(importer, set()).add(imported)

    def below(name: str) -> set[str]:
        own = direct.get(name, set())
        return own.union(*(below(other) for other in own))

    return sorted(
        (importer, imported)
        for importer, own in direct.items()
        for imported in own
        if not any(imported in below(other) for other in own)
    )
