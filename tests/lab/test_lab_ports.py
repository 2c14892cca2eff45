"""A free port for a server is one that no outgoing connection can take."""

from __future__ import annotations

from lab.control_plane import free_port

FIRST_OUTGOING = 32768


def test_a_free_port_is_never_one_that_an_outgoing_connection_may_take() -> None:
    ports = [free_port() for _ in range(300)]

    assert max(ports) < FIRST_OUTGOING
    assert len(set(ports)) == len(ports)
