"""Compares the identity provider and the webhooks that the CKS API has for a cluster with the file."""

from __future__ import annotations

from collections.abc import Iterator

from cks_components.api.models import (
    AuthenticationWebhook,
    AuthorizationWebhook,
    Block,
    Cluster,
    OidcConfig,
    Webhook,
)
from cks_components.api.update_mask import differences, readable
from cks_components.audit.finding import FULL_CONTROL, AuditFinding, Kind
from cks_components.rbac.authorizer import PRIVILEGED
from cks_components.stack_file.settings import StackSettings

_HOOKS: tuple[type[Webhook], ...] = (AuthenticationWebhook, AuthorizationWebhook)


def owned(settings: StackSettings, index: int, cluster: Cluster) -> list[Block]:
    """The blocks of a cluster that are as the stack file at an index asks for them."""
    return [live for live, wanted in _pairs(settings, index, cluster) if live == wanted]


def findings(settings: StackSettings, index: int, cluster: Cluster) -> Iterator[AuditFinding]:
    """Yield what the cluster trusts and the stack file does not ask for."""
    for live, wanted in _pairs(settings, index, cluster):
        if live != wanted:
            changed = [] if wanted.is_unset else differences(live, wanted, wanted="in the file")
            yield AuditFinding(
                kind=_kind(live),
                place=place(live),
                who=(who(live),),
                what=what(live),
                paths=(FULL_CONTROL,) if _is_unlimited(live) else (),
                notes=tuple(changed),
            )


def place(block: Block) -> str:
    """Where a block is, such as "authentication webhook of the CKS API"."""
    return f"{block.title.removeprefix('the ')} of the CKS API"


def who(block: Block) -> str:
    """The issuer or the server that a block trusts."""
    found: str | None = getattr(block, block.essential[0])
    return found or "nobody"


def what(block: Block) -> str:
    """What it may do by a block, in words."""
    if isinstance(block, OidcConfig):
        kept = {k: v for k, v in readable(block).items() if k not in ("issuerUrl", "ca")}
        return f"names who logs in ({', '.join(f'{k}: {v}' for k, v in kept.items())})"
    if isinstance(block, AuthenticationWebhook):
        return "names the bearer of every token that is not accepted otherwise, system:masters too"
    return "may allow whatever RBAC does not allow"


def _pairs(settings: StackSettings, index: int, cluster: Cluster) -> Iterator[tuple[Block, Block]]:
    """Each block that the cluster has, and what the file asks for instead."""
    given = settings.webhooks_on(index)
    pairs: list[tuple[Block, Block]] = [(cluster.oidc, settings.oidc)]
    for kind in _HOOKS:
        entry = given[kind].value if kind in given else None
        wanted = kind(server=entry.server, ca=entry.ca) if entry else kind()
        pairs.append((cluster.block(kind), wanted))
    yield from ((live, wanted) for live, wanted in pairs if not live.is_unset)


def _kind(block: Block) -> Kind:
    return "foreign-login" if isinstance(block, OidcConfig) else "cluster-webhook"


def _is_unlimited(block: Block) -> bool:
    """Whether it can give everything without any binding: by the group `system:masters`, or by itself."""
    if isinstance(block, OidcConfig):
        prefix = block.groups_prefix or ""
        return block.groups_claim is not None and PRIVILEGED.startswith(prefix)
    return True
