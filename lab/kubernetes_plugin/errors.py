"""What goes wrong, in the words a person reads behind `error:`.

```
PluginError            the text is complete; the engine shows it as it is
├─ NotCoveredError     a kind or setting that only the official plugin has
├─ KubeconfigError     the kubeconfig cannot be used
├─ CredentialError     an exec credential was not to be had
├─ UnreachableError    no answer that could come from this cluster's API
└─ ApiError            the API refused                          .status .reason
```
"""

from __future__ import annotations

from http import HTTPStatus


class PluginError(Exception):
    """Base of everything this plugin reports to the engine."""


class NotCoveredError(PluginError):
    """A kind or setting that only the official plugin has."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what} is not covered by the lab's stand-in; install the official plugin"
        )


class KubeconfigError(PluginError):
    """The kubeconfig cannot be used."""


class CredentialError(PluginError):
    """An exec credential was not to be had."""


class UnreachableError(PluginError):
    """No answer came that could be this cluster's API."""


class ApiError(PluginError):
    """The API refused.

    Attributes:
        status: the HTTP status.
        reason: the API's word for it, such as `AlreadyExists` or `Conflict`.
    """

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason

    @property
    def is_not_found(self) -> bool:
        """The object, or the namespace it would be in, does not exist."""
        return self.status == HTTPStatus.NOT_FOUND

    @property
    def is_forbidden(self) -> bool:
        """The credential is good, its rights are not enough."""
        return self.status == HTTPStatus.FORBIDDEN
