"""The input of the rules for OIDC blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cks_components.api.models import OidcConfig
from cks_components.identity.preset import Preset
from cks_components.rules.rule import Violation


@dataclass(frozen=True, kw_only=True)
class JudgedBlock:
    """An OIDC block with its provider's preset and its clusters.

    Attributes:
        cluster_ids: the ids of the clusters that should get the block, as far as they are known.
        now: the time at which certificates must still be valid.
    """

    oidc: OidcConfig
    preset: Preset
    cluster_ids: Sequence[str]
    now: datetime


def at(leaf: str, text: str) -> Violation:
    """A violation at a leaf, which is given by its name in the model."""
    return Violation(str(OidcConfig.model_fields[leaf].alias), text)
