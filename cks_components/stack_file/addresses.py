"""AddressSettings: how the servers of a cluster are reached, if not at their usual addresses."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from cks_components.kubernetes.address import Address
from cks_components.kubernetes.kubeconfig import Addresses
from cks_components.stack_file.base_model import StackFileModel
from cks_components.stack_file.unknown_values import deferred


class ApartSettings(StackFileModel):
    """A value for each kind of client: operators and this program, people, pipelines.

    Pipelines have the value of people, unless they have their own; an empty text is no value.
    """

    managed: str | None = Field(
        None,
        description="For operators, the Kubernetes provider, and every check and token of this program.",
    )
    unmanaged: str | None = Field(None, description="For people.")
    pipelines: str | None = Field(None, description="For pipelines; absent: as for people.")

    @property
    def for_pipelines(self) -> str | None:
        """The value for pipelines."""
        return self.unmanaged if self.pipelines is None else self.pipelines

    def texts(self, key: str) -> dict[str, str]:
        """Each text by its path; a text that operators and people share has the key as its path."""
        values = {name: getattr(self, name) for name in ApartSettings.model_fields}
        written = {k: v for k, v in values.items() if v is not None}
        if set(written) == {"managed", "unmanaged"} and self.managed == self.unmanaged:
            return {key: written["managed"]}
        return {f"{key}.{reader}": value for reader, value in written.items()}


def _for_all(value: Any) -> Any:
    return {"managed": value, "unmanaged": value} if isinstance(value, str) else value


Apart = Annotated[
    ApartSettings, BeforeValidator(_for_all, json_schema_input_type=str | ApartSettings)
]
"""One text for all clients, or one for each kind."""


class AddressSettings(StackFileModel):
    """The addresses of a cluster's servers."""

    servers: ApartSettings = Field(
        ApartSettings.model_construct(),
        description="URLs to use instead of the cluster's own names.",
    )
    proxy_url: Apart = Field(
        ApartSettings.model_construct(),
        description="The proxy to use instead of HTTPS_PROXY and NO_PROXY.",
    )
    tls_server_name: Apart = Field(
        ApartSettings.model_construct(), description="The name in the server's certificate."
    )
    certificate_authority: Apart = Field(
        ApartSettings.model_construct(),
        description="PEM text to use instead of the system's roots.",
    )

    @property
    def address_texts(self) -> dict[str, Mapping[str, str]]:
        """The texts of each key of the addresses, by their paths below the cluster's."""
        return {
            key: deferred(partial(self._texts, name, key))
            for key, name in AddressSettings.fields_by_key().items()
        }

    def _texts(self, name: str, key: str) -> dict[str, str]:
        given: ApartSettings = getattr(self, name)
        return given.texts(key)

    def addresses(self, endpoint: str) -> Addresses:
        """The addresses of a cluster with this `apiServerEndpoint`."""
        usual = Addresses.of(endpoint)
        return Addresses(
            managed=self._address(usual.managed, "managed"),
            unmanaged=self._address(usual.unmanaged, "unmanaged"),
            pipelines=self._address(usual.pipelines, "for_pipelines"),
        )

    def _address(self, usual: Address, whose: str) -> Address:
        return Address(
            server=(getattr(self.servers, whose) or usual.server).rstrip("/"),
            proxy_url=getattr(self.proxy_url, whose) or "",
            tls_server_name=getattr(self.tls_server_name, whose) or "",
            certificate_authority=getattr(self.certificate_authority, whose) or "",
        )
