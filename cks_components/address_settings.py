"""The keys of a cluster in a stack file that say how its servers are reached."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator

from cks_components.api.address import Address
from cks_components.kubeconfig import Addresses
from cks_components.setting import STRICT


class ApartSettings(BaseModel):
    """A value for each kind of reader: operators and this program, people, pipelines.

    Pipelines have what people have, unless it is said; an empty text is no value.
    """

    model_config = STRICT

    managed: str | None = None
    unmanaged: str | None = None
    pipelines: str | None = None

    @property
    def for_pipelines(self) -> str | None:
        """What pipelines have."""
        return self.unmanaged if self.pipelines is None else self.pipelines


def _for_all(value: Any) -> Any:
    return {"managed": value, "unmanaged": value} if isinstance(value, str) else value


Apart = Annotated[
    ApartSettings, BeforeValidator(_for_all, json_schema_input_type=str | ApartSettings)
]
"""One text for everybody, or one for each."""


class AddressSettings(BaseModel):
    """How the servers of a cluster are reached where it is not by their own names."""

    model_config = STRICT

    servers: ApartSettings = ApartSettings()
    proxy_url: Apart = ApartSettings()
    tls_server_name: Apart = ApartSettings()
    certificate_authority: Apart = ApartSettings()

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
