"""The part about clusters of a new stack that another stack of its folder has."""

from __future__ import annotations

from cks_components.access.markdown_report import quote
from cks_components.api.errors import SettingsError
from cks_components.project import stack_config
from cks_components.project.stack_config import StackConfig
from cks_components.review.part import Attention, Part, Point


def of_new_stack(file: StackConfig) -> tuple[Part, ...]:
    """What a copied file has left from its original; nothing if each cluster is its own.

    A cluster that is written by name here and by id there is not recognised, and a file that cannot
    be read is left out.

    Args:
        file: the new stack's.
    """
    own = _references(file)
    points = []
    for stack in file.project.stacks():
        path = file.project.file_of(stack)
        if path.resolve() == file.path.resolve():
            continue
        try:
            shared = own & _references(stack_config.find(str(path)))
        except SettingsError:
            continue
        if shared:
            text = (
                f"{', '.join(map(quote, sorted(shared)))}: the stack {quote(stack)} of this folder "
                "has the same; two stacks undo each other's OIDC block and webhooks on a cluster, so "
                "name the clusters of this stack if its file is a copy"
            )
            points.append(Point(Attention.WARNING, text))
    if not points:
        return ()
    return (
        Part(
            attention=Attention.WARNING,
            verdict="another stack has the same clusters",
            points=tuple(points),
            command=f"cks-access check {file.stack}",
        ),
    )


def _references(file: StackConfig) -> set[str]:
    """The ids and names by which a file has its clusters."""
    settings = file.examined.shown
    clusters = (settings.known("clusters") or ()) if settings is not None else ()
    return {text for c in clusters for text in (c.known("id"), c.known("name")) if text}
