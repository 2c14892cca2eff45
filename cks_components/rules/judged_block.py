"""What the rules of an OIDC block look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cks_components.api.models import OidcConfig
from cks_components.identity.providers import Preset
from cks_components.rules.rule import Violation


@dataclass(frozen=True, kw_only=True)
class JudgedBlock:
    """An OIDC block with what is known around it.

    Attributes:
        cluster_ids: the clusters that shall trust it, as far as their ids are known.
        now: the time at which certificates are judged.
    """

    oidc: OidcConfig
    preset: Preset
    cluster_ids: Sequence[str]
    now: datetime


def at(leaf: str, text: str) -> Violation:
    """What is wrong at a leaf, which is named as the model names it."""
    return Violation(str(OidcConfig.model_fields[leaf].alias), text)
