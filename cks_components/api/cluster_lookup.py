"""Finds clusters: by id, or by a name that matches exactly one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from cks_components.api.client import Client
from cks_components.api.environment import token_origin
from cks_components.api.errors import NotFoundError, SettingsError
from cks_components.api.models import Cluster
from cks_components.api.retry import READ_DEADLINE_SECONDS


@dataclass(frozen=True, kw_only=True)
class Selector:
    """A cluster as the stack file names it: by name or by id.

    If both id and endpoint are given, nothing has to be looked up.

    Attributes:
        path: its place in the stack file, if it is in one.
    """

    path: str = ""
    name: str | None = None
    id: str | None = None
    endpoint: str | None = None

    @classmethod
    def of(cls, text: str) -> Self:
        """A cluster as a person names it: by id if the text is a UUID, by name if not.

        Raises:
            SettingsError: the text is empty.
        """
        if not text.strip():
            message = "cannot find a cluster: the name is empty; write a cluster's name or id"
            raise SettingsError([message])
        try:
            return cls(id=str(UUID(text)))
        except ValueError:
            return cls(name=text)

    @property
    def is_pinned(self) -> bool:
        """Whether id and endpoint are both given."""
        return bool(self.id and self.endpoint)


def select(
    selectors: Sequence[Selector],
    connect: Callable[[], Client] = Client.from_environment,
    *,
    verify: bool = False,
    warn: Callable[[str], None] = lambda _: None,
    deadline_seconds: float = READ_DEADLINE_SECONDS,
) -> list[tuple[str, str]]:
    """Find id and `apiServerEndpoint` of every selected cluster, in their order.

    One list request serves all; none is sent if every cluster is pinned and nothing is verified. A
    listed name must match exactly one cluster; an id that the list lacks is read with a request
    of its own, because a list may be partial.

    Args:
        selectors: as the stack file names the clusters.
        connect: makes the client, only if something has to be looked up.
        verify: look pinned clusters up as well, and compare their endpoints. One that is not found
            does not stop the others: its own resources find out whether it is gone.
        warn: is called for a pinned cluster that is not found.
        deadline_seconds: for each request, retries included.

    Returns:
        Each cluster's id, in lower case, and its endpoint, as it is pinned or as the API has it.

    Raises:
        SettingsError: every selector that matches none or several, has no endpoint yet, or pins
            the endpoint of another cluster.
        CksError: the request to the API failed.
    """
    each = select_each(
        selectors, connect, verify=verify, warn=warn, deadline_seconds=deadline_seconds
    )
    problems = [found for found in each if isinstance(found, str)]
    if problems:
        raise SettingsError(problems)
    return [found for found in each if not isinstance(found, str)]


def select_each(
    selectors: Sequence[Selector],
    connect: Callable[[], Client] = Client.from_environment,
    *,
    verify: bool = False,
    warn: Callable[[str], None] = lambda _: None,
    deadline_seconds: float = READ_DEADLINE_SECONDS,
) -> list[tuple[str, str] | str]:
    """As `select`, with what is wrong in the place of a cluster, so that it stops no other.

    Raises:
        CksError: the request to the API failed.
    """
    if not verify and all(s.is_pinned for s in selectors):
        return _named_once(selectors, [(str(s.id).lower(), str(s.endpoint)) for s in selectors])
    client = connect()
    listed = client.list_clusters(deadline_seconds=deadline_seconds)
    found = [_selected(selector, client, listed, warn) for selector in selectors]
    return _named_once(selectors, found)


def find_clusters(
    client: Client,
    selectors: Sequence[Selector],
    *,
    deadline_seconds: float = READ_DEADLINE_SECONDS,
) -> list[Cluster]:
    """Read every selected cluster, in their order, whatever its state; one list request serves all.

    Raises:
        SettingsError: with every selector that matches none or several.
        CksError: the request to the API failed.
    """
    found = look_up(client, selectors, deadline_seconds=deadline_seconds)
    findings = [problem for problem in found if isinstance(problem, str)]
    if findings:
        raise SettingsError(findings)
    return [cluster for cluster in found if isinstance(cluster, Cluster)]


def look_up(
    client: Client,
    selectors: Sequence[Selector],
    *,
    deadline_seconds: float = READ_DEADLINE_SECONDS,
) -> list[Cluster | str]:
    """Read every selected cluster, as `find_clusters`, or say why there is no such cluster.

    Raises:
        CksError: the request to the API failed.
    """
    listed = client.list_clusters(deadline_seconds=deadline_seconds)
    matches = [(selector, _matches(client, listed, selector)) for selector in selectors]
    return [
        found[0] if len(found) == 1 else _no_single_match(selector, found, listed)
        for selector, found in matches
    ]


def _selected(
    selector: Selector, client: Client, listed: Sequence[Cluster], warn: Callable[[str], None]
) -> tuple[str, str] | str:
    matches = _matches(client, listed, selector)
    if not matches and selector.id and selector.endpoint:
        warn(_no_single_match(selector, matches, listed))
        return selector.id.lower(), selector.endpoint
    if len(matches) != 1:
        return _no_single_match(selector, matches, listed)
    (cluster,) = matches
    endpoint = selector.endpoint or cluster.api_server_endpoint
    if not same_host(endpoint, cluster.api_server_endpoint):
        return f"{selector.path}.endpoint: {wrong_endpoint(cluster, endpoint)}"
    if not endpoint:
        return (
            f"{selector.path}: cluster {cluster.label} has no apiServerEndpoint yet "
            f"({cluster.status}); wait until it is RUNNING"
        )
    return cluster.id, endpoint


def _named_once(
    selectors: Sequence[Selector], found: Sequence[tuple[str, str] | str]
) -> list[tuple[str, str] | str]:
    """The same, with what is wrong in the place of a cluster that an earlier selector names."""
    ids = [one if isinstance(one, str) else one[0] for one in found]
    first = [ids.index(id_) for id_ in ids]
    return [
        one
        if isinstance(one, str) or first[index] == index
        else f"{selectors[index].path}: is the same cluster as {selectors[first[index]].path} "
        f"({one[0]}); remove one of the two"
        for index, one in enumerate(found)
    ]


def none_visible(client: Client) -> str:
    """Say that the token sees no cluster, and what to check."""
    owner = client.whoami()
    whose = f" of organisation {owner.org_uid}" if owner and owner.org_uid else ""
    return (
        f"no cluster is visible to {token_origin()}{whose}; if there should be one, "
        "check the token's organisation, and that its owner has the role CKS Viewer"
    )


def same_host(one: str, other: str) -> bool:
    """Whether two endpoints name one cluster, with or without scheme, `api.`, slash and capitals.

    An endpoint that is not known yet (empty) counts as equal to any.
    """
    return not one or not other or _host(one) == _host(other)


def wrong_endpoint(cluster: Cluster, pinned: str) -> str:
    """Say that a pinned endpoint is not a cluster's, and what to do about it."""
    return (
        f'"{pinned}" is not the endpoint of cluster {cluster.label}, whose apiServerEndpoint is '
        f'"{cluster.api_server_endpoint}": bindings and kubeconfigs would go to another cluster; '
        'correct "endpoint" or "id" (to reach the cluster at another address, write "servers")'
    )


def _host(endpoint: str) -> str:
    bare = endpoint.strip().lower().rpartition("://")[2].rstrip("/")
    return bare.removesuffix(":443").removeprefix("api.")


def _matches(client: Client, listed: Sequence[Cluster], selector: Selector) -> list[Cluster]:
    if selector.name is not None:
        return [c for c in listed if c.name == selector.name]
    wanted = str(selector.id).lower()
    matches = [c for c in listed if c.id == wanted]
    if matches:
        return matches
    try:
        return [client.get_cluster(wanted)]
    except NotFoundError:
        return []


def _no_single_match(
    selector: Selector, matches: Sequence[Cluster], listed: Sequence[Cluster]
) -> str:
    wanted = selector.name or selector.id
    place = f"{selector.path}: " if selector.path else ""
    if matches:
        ids = ", ".join(c.id for c in matches)
        return f'{place}{len(matches)} clusters are called "{wanted}"; write the id of one: {ids}'
    known = ", ".join(sorted({c.name for c in listed})) or "none"
    return (
        f'{place}no cluster "{wanted}" is visible to this token (visible: {known}); '
        "check the spelling and the token's organisation"
    )
