"""The provider that serves a stack's dynamic resources.

Not the default one: that has the whole configuration as its inputs, and Pulumi moves resources
between stacks only if the inputs of their providers are equal.
"""

from __future__ import annotations

from functools import lru_cache

import pulumi
from pulumi.runtime import settings

from cks_components.engine.stack_state import stack_state

_NAME = "cks-access"
"""Lies in the state of every stack, and never changes."""
_TYPE = "pulumi:providers:pulumi-python"


def is_recorded() -> bool:
    """Whether the state has the provider, so that declaring it changes nothing."""
    return any(urn.endswith(f"::{_TYPE}::{_NAME}") for urn in stack_state().resources)


def declared() -> pulumi.ProviderResource:
    """The provider of the running stack; the first call declares it."""
    return _declared(settings.get_monitor())


@lru_cache(maxsize=1)
def _declared(_monitor: object) -> pulumi.ProviderResource:
    return pulumi.ProviderResource("pulumi-python", _NAME, {})
