"""The result of an audit as lines, JSON and CSV."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from cks_components.access import page as html
from cks_components.access.matrix import Cell, State
from cks_components.api.models import Block
from cks_components.audit import cluster_blocks
from cks_components.audit.baseline import Baseline, remark
from cks_components.audit.finding import AuditFinding, place
from cks_components.audit.fleet import ClusterAudit
from cks_components.audit.judgement import Audited
from cks_components.rbac.policy import Binding
from cks_components.stack_file.moment import moment_text
from cks_components.stack_file.visible_text import visible

_COLUMNS = ("cluster", "id", "kind", "place", "who", "what", "paths", "notes", "accepted")


def found(audits: Sequence[ClusterAudit]) -> list[tuple[str, AuditFinding]]:
    """Every finding with its cluster."""
    return [(a.cluster, f) for a in audits if a.result for f in a.result.findings]


def new(audits: Sequence[ClusterAudit], baseline: Baseline) -> list[AuditFinding]:
    """The findings that nobody has accepted."""
    return [
        finding
        for cluster, finding in found(audits)
        if not baseline.accepts(baseline.acceptance(cluster, finding))
    ]


def lines(audits: Sequence[ClusterAudit], baseline: Baseline) -> Iterator[str]:
    """One line for each finding; equal ones of several clusters are one. New ones stand first."""
    together: dict[tuple[bool, AuditFinding, str], list[str]] = {}
    for cluster, finding in found(audits):
        entry = baseline.acceptance(cluster, finding)
        is_new = not baseline.accepts(entry)
        text = "" if entry is None else f" ({remark(entry, is_over=is_new)})"
        together.setdefault((is_new, finding, text), []).append(cluster)
    ordered = sorted(together.items(), key=lambda item: (not item[0][0], item[0][1].rank))
    for (_, finding, text), clusters in ordered:
        yield f"{finding.id} {', '.join(clusters)}: {finding}{text}"


def summary(audits: Sequence[ClusterAudit], baseline: Baseline) -> str:
    """One line that counts."""
    read = [audit.result for audit in audits if audit.result]
    owned = sum(len(result.owned) for result in read)
    made = sum(len(result.made) for result in read)
    blocks = sum(len(result.blocks) for result in read)
    others = f", {made} other objects" if made else ""
    others += f" and {blocks} logins and webhooks" if blocks else ""
    total = sum(len(result.findings) for result in read)
    fresh = len(new(audits, baseline))
    kinds = Counter(finding.kind for _, finding in found(audits))
    by_kind = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    return (
        f"{len(read)} of {len(audits)} clusters read: {owned} bindings{others} of this stack; "
        f"{total} findings, {fresh} of them not accepted{f' ({by_kind})' if by_kind else ''}"
    )


def data(audits: Sequence[ClusterAudit], baseline: Baseline) -> dict[str, Any]:
    """The result for programs."""
    return {
        "clusters": [
            {
                "cluster": audit.cluster,
                "isRead": audit.result is not None,
                "problems": list(audit.problems),
                "owned": _owned(audit.result) if audit.result else [],
            }
            for audit in audits
        ],
        "findings": [_row(cluster, f, baseline) for cluster, f in found(audits)],
    }


def table(audits: Sequence[ClusterAudit], baseline: Baseline) -> str:
    """The findings, and what the stack owns, as CSV."""
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, restval="", extrasaction="ignore")
    writer.writeheader()
    for cluster, finding in found(audits):
        row = _row(cluster, finding, baseline)
        accepted = row["accepted"]
        writer.writerow(
            {key: _cell(value) for key, value in row.items()}
            | {"accepted": _cell(accepted["reason"]) if accepted else ""}
        )
    for audit in audits:
        for owned in _owned(audit.result) if audit.result else ():
            cells = {key: _cell(owned[key]) for key in ("place", "who", "what")}
            writer.writerow({"cluster": _cell(audit.cluster), "kind": "owned", **cells})
    return text.getvalue()


def page(title: str, audits: Sequence[ClusterAudit], baseline: Baseline) -> str:
    """The bindings as a page; what is found and is no binding stands below the matrix."""
    cells: dict[tuple[str, ...], Cell] = {}
    notes = [f"cannot audit all of cluster {a.cluster}: {p}" for a in audits for p in a.problems]
    for audit in audits:
        for binding in audit.result.owned if audit.result else ():
            for cell in _cells(audit.cluster, binding, binding.name, "same"):
                cells[cell.key] = cell
    for cluster, finding in found(audits):
        if finding.binding is None:
            notes.append(f"{cluster}: {finding}")
            continue
        entry = baseline.acceptance(cluster, finding)
        accepted = f" ({remark(entry, is_over=not baseline.accepts(entry))})" if entry else ""
        for cell in _cells(cluster, finding.binding, f"{finding}{accepted}", "foreign"):
            cells[cell.key] = cell
    ordered = sorted(cells.values(), key=lambda cell: (cell.state != "foreign", cell.subject))
    return html.page(title, summary(audits, baseline), ordered, notes)


def _cells(cluster: str, binding: Binding, why: str, state: State) -> Iterator[Cell]:
    for subject in binding.subjects:
        yield Cell(
            cluster=cluster,
            namespace=binding.namespace or "",
            subject=subject.text,
            known_as="",
            role=binding.role.text,
            base=binding.role.text,
            why=(why,),
            state=state,
        )


def _row(cluster: str, finding: AuditFinding, baseline: Baseline) -> dict[str, Any]:
    entry = baseline.acceptance(cluster, finding)
    accepted = None
    if entry is not None and baseline.accepts(entry):
        accepted = {"reason": entry.reason, "until": moment_text(entry.until)}
    keys = ("kind", "place", "who", "what", "paths", "notes")
    given = {key: getattr(finding, key) for key in keys}
    return {"cluster": cluster, "id": finding.id, **given, "accepted": accepted}


def _owned(result: Audited) -> list[dict[str, Any]]:
    """What the stack made, or asks for as it is."""
    made = [{"place": one.place, "who": [], "what": "made by this stack"} for one in result.made]
    return [*map(_owned_binding, result.owned), *made, *map(_owned_block, result.blocks)]


def _owned_block(block: Block) -> dict[str, Any]:
    what = cluster_blocks.what(block)
    return {"place": cluster_blocks.place(block), "who": [cluster_blocks.who(block)], "what": what}


def _owned_binding(binding: Binding) -> dict[str, Any]:
    return {
        "place": place(binding),
        "who": [subject.text for subject in binding.subjects],
        "what": binding.right,
    }


def _cell(value: object) -> str:
    """A value in one cell; a spreadsheet must not take a name on a cluster for a formula."""
    text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value or "")
    text = visible(text)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
