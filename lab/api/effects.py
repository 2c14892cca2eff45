"""What a fault does to a request, one function per kind; their arguments are its options.

A redirect is a `text`; plain http and an untrusted certificate are a matter of the server.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from lab.api import edits
from lab.api import refusal as refusals
from lab.api.emulator import Answer, json_answer
from lab.api.fault import Call, Effect, Fault
from lab.api.update import RUNNING, UPDATING, Pending


def refusal(
    *,
    code: int,
    message: str = "refused",
    after: bool = False,
    headers: dict[str, str] | None = None,
) -> Effect:
    """F7 to F14, F17, F25: an error object with this code; `after` the request was processed."""
    error = refusals.RefusalError(code, message)
    answer = json_answer(error.body, error.status)
    return _instead(replace(answer, headers={**answer.headers, **(headers or {})}), after)


def text(
    *, status: int, body: str = "", after: bool = False, headers: dict[str, str] | None = None
) -> Effect:
    """F10 to F12, F21, F23: any answer, such as a gateway's page, `{}` or a redirect."""
    return _instead(Answer(status, body.encode(), headers or {"content-type": "text/html"}), after)


def _instead(answer: Answer, after: bool) -> Effect:
    def effect(call: Call) -> Answer:
        if after:
            call.genuine()
        return answer

    return effect


def busy(*, code: int = 9) -> Effect:
    """F7, F8: the cluster is not ready, whatever its status says."""

    def effect(call: Call) -> Answer:
        error = refusals.busy(call.target, UPDATING, code)
        return json_answer(error.body, error.status)

    return effect


def cut(*, after: bool = False) -> Effect:
    """F9, F10: the connection ends before the request is processed, or after."""
    return _instead(Answer(0, b"", cut=True), after)


def cut_off() -> Effect:
    """F12: the answer ends in the middle of its JSON."""
    return lambda call: (lambda a: replace(a, body=a.body[: len(a.body) // 2]))(call.genuine())


def slow(*, seconds: float = 0.0, trickle: float = 0.0) -> Effect:
    """F24: the answer is late, or each of its bytes is."""
    return lambda call: replace(call.genuine(), delay=seconds, trickle=trickle)


def tolerant() -> Effect:
    """F22: unknown fields and algorithm names are dropped in silence."""

    def effect(call: Call) -> Answer:
        call.emulator.tolerant = True
        try:
            return call.genuine()
        finally:
            call.emulator.tolerant = False

    return effect


def connect_errors(*, style: str = "connect") -> Effect:
    """F21: errors as Connect writes them, with "unknown" details, or "empty"."""
    edit = edits.error_as(style)
    return lambda call: edits.error_edited(call.genuine(), edit)


def outside(
    *, change: dict[str, Any] | None = None, remove: bool = False, recreate: str = "", on: str = ""
) -> Effect:
    """F15 to F17: somebody acts `on` a cluster, or the requested one, just before the request."""

    def effect(call: Call) -> Answer:
        cluster_id = on or call.target
        if cluster_id not in {c["id"] for c in call.emulator.clusters()}:
            return call.genuine()
        if change:
            call.emulator.change(cluster_id, **change)
        if recreate:
            call.emulator.recreate(cluster_id, recreate)
        elif remove:
            call.emulator.remove(cluster_id)
        return call.genuine()

    return effect


def _on_update(interfere: Callable[[Call, Pending, dict[str, Any]], Answer | None]) -> Effect:
    """Interfere with the update that a PATCH has started, given the cluster before it."""

    def effect(call: Call) -> Answer:
        before = next((c for c in call.emulator.clusters() if c["id"] == call.target), {})
        answer = call.genuine()
        update = call.emulator.pending.get(call.target)
        if answer.status != 200 or update is None:
            return answer
        return interfere(call, update, before) or answer

    return effect


def stale_reads(*, reads: int = 3) -> Effect:
    """F1: after a PATCH, so many reads show the cluster as it was, and RUNNING."""

    def interfere(call: Call, _update: Pending, before: dict[str, Any]) -> None:
        _show(call, lambda _cluster: before, times=reads)

    return _on_update(interfere)


def early_values(*, reads: int = 1) -> Effect:
    """F2: the new values at once, for so many reads still RUNNING, then UPDATING."""

    def interfere(call: Call, update: Pending, before: dict[str, Any]) -> Answer:
        after = update.outcome(before)

        def updating(cluster: dict[str, Any]) -> dict[str, Any]:
            underway = call.emulator.pending.get(call.target) is update
            return after | {"status": UPDATING} if underway else cluster

        _show(call, lambda _cluster: after | {"status": RUNNING}, times=reads)
        _show(call, updating, times=None)
        return json_answer({"cluster": after | {"status": RUNNING}})

    return _on_update(interfere)


def _show(call: Call, edit: edits.Edit, *, times: int | None) -> None:
    shown = Fault(call.emulator, _rewriting(edit), "GET", call.target, times=times, lists=True)
    # Behind all others, so that a read which they spoil is not counted as one that showed this.
    call.emulator.faults.append(shown)


def ends_in(*, status: str) -> Effect:
    """F3: the update fails, and the old values stay."""

    def interfere(_call: Call, update: Pending, _before: dict[str, Any]) -> None:
        update.end, update.lost = status, True

    return _on_update(interfere)


def never_ends() -> Effect:
    """F4: UPDATING for ever, or until `Emulator.finish`."""

    def interfere(_call: Call, update: Pending, _before: dict[str, Any]) -> None:
        update.due = float("inf")

    return _on_update(interfere)


def lost(*, at_once: bool = False) -> Effect:
    """F5: accepted, then RUNNING with the old values; `at_once` means never UPDATING."""

    def interfere(call: Call, update: Pending, _before: dict[str, Any]) -> None:
        update.lost = True
        if at_once:
            call.emulator.finish(call.target)

    return _on_update(interfere)


_KEEP = object()


def leaf(*, path: str, value: Any = _KEEP) -> Effect:
    """F6: one leaf is ignored, or stored as another value."""

    def interfere(_call: Call, update: Pending, _before: dict[str, Any]) -> None:
        if value is _KEEP:
            update.ignored.add(path)
        else:
            update.normalised[path] = value

    return _on_update(interfere)


def _rewriting(edit: edits.Edit) -> Effect:
    return lambda call: edits.edited(call.genuine(), edit, call.wanted)


def unset_as(*, spelling: str) -> Effect:
    """F18: unset values "absent", as "null", or "empty" (`""`, `[]` and `{}`)."""
    return _rewriting(edits.unset_as(spelling))


def numbers() -> Effect:
    """F19: status and algorithms as numbers."""
    return _rewriting(edits.numbers)


def shown_status(*, status: str | int) -> Effect:
    """F19: a status that is only shown, such as an unknown name or 42."""
    return _rewriting(lambda cluster: cluster | {"status": status})


def noise() -> Effect:
    """F20: unknown fields, other order, odd spacing, nine digits, a missing timestamp."""
    return lambda call: edits.noisy(edits.edited(call.genuine(), edits.noise, call.wanted))


def hidden(*, cluster: str) -> Effect:
    """F14: a cluster is missing in the list, but there by id."""
    return lambda call: edits.listed(
        call.genuine(), lambda items: [c for c in items if c["id"] != cluster]
    )


def empty_list() -> Effect:
    """F26: a list without clusters."""
    return lambda call: edits.listed(call.genuine(), lambda _items: [])


def paged(*, page: str = "next") -> Effect:
    """F26: a list that says there is more."""
    return lambda call: edits.listed(call.genuine(), list, nextPageToken=page)


def other_organisation(*, org_uid: str) -> Effect:
    """F25: the token belongs to another organisation."""

    def effect(call: Call) -> Answer:
        mine, call.emulator.org_uid = call.emulator.org_uid, org_uid
        try:
            return call.genuine()
        finally:
            call.emulator.org_uid = mine

    return effect
