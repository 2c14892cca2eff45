"""An answer becomes one error with one message."""

from __future__ import annotations

import json

import pytest

from cks_components.api import errors
from cks_components.api.client import CKS_API
from cks_components.api.errors import error_from_response

CASES = [
    (400, 3, errors.InvalidRequestError),
    (400, 9, errors.ConflictError),
    (400, "failed_precondition", errors.ConflictError),
    (401, 16, errors.UnauthenticatedError),
    (403, 7, errors.ForbiddenError),
    (404, 5, errors.NotFoundError),
    (409, 10, errors.ConflictError),
    (422, 3, errors.InvalidRequestError),
    (429, 8, errors.RateLimitedError),
    (500, 13, errors.ServerError),
    (503, 14, errors.ServerError),
]


def make(status: int, text: str, *, writing: bool = True, request_id: str = "") -> errors.CksError:
    return error_from_response(
        "set OIDC on cluster c",
        status=status,
        headers={"x-request-id": request_id},
        text=text,
        writing=writing,
        server=CKS_API,
    )


@pytest.mark.parametrize(("status", "code", "kind"), CASES)
def test_status_and_code_decide_the_class(
    status: int, code: object, kind: type[errors.ApiError]
) -> None:
    error = make(status, json.dumps({"code": code, "message": "no"}))

    assert type(error) is kind


def test_the_message_says_what_where_what_came_back_and_what_to_do() -> None:
    error = make(403, json.dumps({"code": 7, "message": "permission denied"}), request_id="7f3a")

    assert str(error) == (
        'cannot set OIDC on cluster c: the API answered 403 "permission denied" (request 7f3a); '
        "give the token's owner the role CKS Admin, then run the command again"
    )


def test_a_reader_is_told_the_readers_role() -> None:
    assert "CKS Viewer" in str(make(403, "{}", writing=False))


def test_violations_are_shown_as_the_api_spells_fields() -> None:
    body = {
        "code": 3,
        "message": "validation error",
        "details": [
            "odd",
            {"fieldViolations": [{"field": "oidc.issuer_url", "description": "value is empty"}]},
            {"debug": {"violations": [{"type": "STATE", "description": "busy"}, 7]}},
        ],
    }

    error = make(400, json.dumps(body))

    assert isinstance(error, errors.InvalidRequestError)
    assert error.violations == {"oidc.issuerUrl": "value is empty", "STATE": "busy"}
    assert "(oidc.issuerUrl: value is empty; STATE: busy)" in str(error)


def test_a_404_that_is_not_the_apis_is_not_a_deleted_cluster() -> None:
    error = make(404, "<html>nginx</html>")

    assert isinstance(error, errors.UnexpectedAnswerError)
    assert "this does not mean that the cluster was deleted" in str(error)


def test_a_redirect_is_an_error() -> None:
    assert isinstance(make(302, ""), errors.UnexpectedAnswerError)


@pytest.mark.parametrize("text", ["", "[]", "null"])
def test_an_empty_body_still_makes_a_message(text: str) -> None:
    assert str(make(502, text)).startswith("cannot set OIDC on cluster c: the API answered 502")


def test_credentials_in_an_answer_are_never_shown() -> None:
    secret = "CW-SECRET-" + "abc"
    text = f"bad Authorization: Bearer {secret} and eyJhbGciOi.eyJpc3Mi.c2ln {'x' * 400}"

    shown = str(make(500, text))

    assert secret not in shown
    assert "eyJ" not in shown
    assert "xxx…" in shown
