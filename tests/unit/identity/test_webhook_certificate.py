"""A webhook's certificate, and what is said when it does not fit."""

from __future__ import annotations

import httpx
import pytest

from cks_components.identity.webhook_certificate import certificate_problem

SERVER = "https://hook.example.com/authn"


def raising(text: str) -> httpx.MockTransport:
    def answer(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(text)

    return httpx.MockTransport(answer)


def test_a_certificate_that_is_not_trusted_is_said_with_the_reason() -> None:
    text = "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate"

    assert (
        certificate_problem(SERVER, ca=None, transport=raising(text)) == "self-signed certificate"
    )


@pytest.mark.parametrize("text", ["connection refused", "[Errno -2] Name or service not known"])
def test_a_server_that_is_out_of_reach_from_here_says_nothing(text: str) -> None:
    assert certificate_problem(SERVER, ca=None, transport=raising(text)) == ""


def test_whatever_a_trusted_server_answers_says_nothing() -> None:
    transport = httpx.MockTransport(lambda _request: httpx.Response(500))

    assert certificate_problem(SERVER, ca=None, transport=transport) == ""
