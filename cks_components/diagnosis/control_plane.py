"""What a cluster's control plane answers about a token that nobody has.

It tells from outside what is else in the control plane's log only: whether it could read what the
issuer publishes, and whether its webhooks work.
"""

from __future__ import annotations

import base64
import json
import secrets
from typing import Any

from cks_components.api.models import Cluster, OidcConfig
from cks_components.diagnosis.result import Result, fine, warning, wrong
from cks_components.kubernetes.answers import AccessReview, Review

NOBODY = "cks-access-doctor"
"""A user that no identity provider and no binding names."""
_NOT_INITIALIZED = "authenticator not initialized"
_NO_KEYS = "fetching keys"
_FAILURES = ('Post "', "an error on the server", "version/kind", "conversion", "webhook")
"""In kube-apiserver's words, what went wrong between it and a webhook (client-go, util/webhook)."""


def unsigned_token(block: OidcConfig) -> str:
    """A new token of the block's issuer, which is refused for its signature if for nothing else."""
    header = {"alg": "RS256", "kid": NOBODY}
    claims = {
        "iss": block.issuer_url,
        "aud": block.client_id,
        "jti": secrets.token_hex(8),
        "exp": 0,
    }
    return ".".join([_part(header), _part(claims), _base64url(bytes(256))])


def issuer(key: str, block: OidcConfig, review: Review) -> Result:
    """Whether the control plane has read what the issuer publishes.

    Args:
        key: the cluster's, for messages.
        block: the cluster's live block.
        review: what the cluster says of `unsigned_token`.
    """
    subject = f"cluster {key}: control plane and issuer"
    if _NOT_INITIALIZED in review.reason:
        text = (
            f"the control plane has not read the discovery document of {block.issuer_url} "
            f'("{review.reason}"), so every token is refused. It tries again every ten seconds; if this '
            "stays, the issuer cannot be reached from there, its certificate is not trusted (ca), "
            "or the document names another issuer"
        )
        return wrong(subject, text)
    if _NO_KEYS in review.reason:
        text = (
            f"the control plane cannot read the keys of {block.issuer_url} ({review.reason}); let "
            "the provider publish its keys where the control plane reaches them"
        )
        return wrong(subject, text)
    return fine(subject, "the control plane has read what the issuer publishes")


def authentication_webhook(key: str, cluster: Cluster, review: Review) -> Result:
    """Whether the authentication webhook answers.

    Args:
        key: the cluster's, for messages.
        cluster: as the CKS API has it.
        review: what the cluster says of `unsigned_token`.
    """
    subject = f"cluster {key}: authentication webhook"
    server = cluster.authn_webhook.server
    if not review.reason:
        text = f"{server} accepts a token that nobody signed, as {review.username!r}; repair it"
        return wrong(subject, text)
    if any(sign in review.reason for sign in _FAILURES):
        text = (
            f"{server} does not answer as a webhook does ({review.reason}), so its users get 401, "
            "and every unknown token may take five seconds; repair it, or remove "
            "webhooks.authentication"
        )
        return wrong(subject, text)
    return fine(subject, f"{server} answers")


def authorization_webhook(key: str, cluster: Cluster, review: AccessReview) -> Result:
    """Whether the authorization webhook decides.

    Args:
        key: the cluster's, for messages.
        cluster: as the CKS API has it.
        review: what the cluster says of a request of `NOBODY`.
    """
    subject = f"cluster {key}: authorization webhook"
    server = cluster.authz_webhook.server
    if review.problem:
        text = (
            f"{server} does not decide ({review.problem}), so requests that RBAC does not allow "
            "end with 500 instead of 403, and may take seconds; repair it, or remove "
            "webhooks.authorization"
        )
        return wrong(subject, text)
    if review.is_allowed:
        text = f"{server} allows a user whom nobody knows to read Secrets; check what it decides"
        return warning(subject, text)
    return fine(subject, f"{server} decides")


def _part(content: dict[str, Any]) -> str:
    return _base64url(json.dumps(content, separators=(",", ":")).encode())


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
