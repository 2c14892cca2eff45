"""A CI job, the issuer of its tokens and the service account that it may become."""

from __future__ import annotations

from tests.tokens import unsigned

UID = "11111111-2222-4333-8444-555555555555"
ISSUER, AUDIENCE = "https://gitlab.example.com", "https://coreweave.com/iam"
OURS = unsigned(iss=ISSUER, aud=AUDIENCE, ref="main", exp=2000)
"""A token of a job on the branch that is trusted."""
