"""Kubeconfigs as plain data: for people (kubelogin), operators (managed endpoint) and pipelines.

Only those for pipelines contain a token; those for people contain the client secret, if one is set.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from string import Formatter
from typing import Any, NamedTuple, Self, TypeGuard

from cks_components.api.errors import SettingsError
from cks_components.kubernetes.address import Address

CLIENT_SECRET_OPTION = "--oidc-client-secret"  # noqa: S105 - an option, not a secret
LISTS = {"clusters": "cluster", "users": "user", "contexts": "context"}
"""The lists of a kubeconfig, each with the key of its entries' content."""
EXEC_API_VERSION = "client.authentication.k8s.io/v1"
_UNMANAGED = "api."
_INSTALL_HINT = (
    "Install int128/kubelogin 1.36.2 or newer as kubectl-oidc_login: "
    "https://github.com/int128/kubelogin#setup"
)
_PRINT_CREDENTIAL = (
    'if [ -z "$COREWEAVE_API_TOKEN" ] && command -v cks-access >/dev/null; then '
    "exec cks-access credential coreweave; fi; "
    'printf \'{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential",'
    '"status":{"token":"%s"}}\' '
    '"${COREWEAVE_API_TOKEN:?set COREWEAVE_API_TOKEN to a CoreWeave API access token}"'
)
_READ_IN_SHELL = "${COREWEAVE_API_TOKEN:?"
_COMMAND = "cks-access"
_CREDENTIAL = ["credential", "coreweave"]
_NO_SHELL_HINT = (
    "There is no sh here. Install cks-access on this machine, and write the kubeconfig there with: "
    "cks-access kubeconfig --for operators"
)
_NO_COMMAND_HINT = "Install cks-access on this machine; it prints the token in COREWEAVE_API_TOKEN."

PEOPLE = "people"
OPERATORS = "operators"
DEFAULT_CONTEXT = "{stack}/{cluster}/{kind}"
_PLACEHOLDERS = ("cluster", "environment", "kind", "stack")


def of_pipeline(name: str) -> str:
    """The kind of a pipeline's kubeconfig, which no other kind of kubeconfig has."""
    return f"pipeline-{name}"


def wrong_pattern(pattern: str) -> str:
    """The error in a pattern for contexts, as the rest of a sentence; empty if it is valid."""
    known = ", ".join(f"{{{name}}}" for name in _PLACEHOLDERS)
    try:
        parsed = list(Formatter().parse(pattern))
    except ValueError:
        return f'"{pattern}" has an unmatched brace; the placeholders are {known}'
    for _, name, spec, conversion in parsed:
        if name is not None and (name not in _PLACEHOLDERS or spec or conversion):
            return f'"{pattern}" has an unknown placeholder; the placeholders are {known}'
    return ""


class Entry(NamedTuple):
    """The names in one kubeconfig: one for its cluster and user, one for its context."""

    name: str
    context: str


@dataclass(frozen=True, kw_only=True)
class Naming:
    """How the entries of a stack's kubeconfigs are named, so that all can be merged.

    Clusters and users are always named after stack, cluster and kind; the pattern is for contexts,
    which users type.

    Attributes:
        stack: unique in the organisation.
        environment: stands for `{environment}`.
        context: the pattern; `{stack}`, `{environment}`, `{cluster}` and `{kind}` (`people`,
            `operators`, `pipeline-NAME`) stand for what they say.

    Raises:
        SettingsError: the pattern has another placeholder.
    """

    stack: str
    environment: str = ""
    context: str = DEFAULT_CONTEXT

    def __post_init__(self) -> None:
        """Refuse an invalid pattern."""
        wrong = wrong_pattern(self.context)
        if wrong:
            raise SettingsError([f"context: {wrong}"])

    def entry(self, cluster: str, kind: str) -> Entry:
        """The names for one cluster, by its name for people, and one kind of kubeconfig."""
        given = {
            "stack": self.stack,
            "environment": self.environment,
            "cluster": cluster,
            "kind": kind,
        }
        return Entry(DEFAULT_CONTEXT.format(**given), self.context.format(**given))


@dataclass(frozen=True, kw_only=True)
class Login:
    """How people log in: the issuer and client of kubelogin, and the scopes beside `openid`.

    Attributes:
        ca: base64 of the PEM text of the issuer's authority; None is the system's roots.
    """

    issuer_url: str
    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    extra_scopes: Sequence[str] = ()
    ca: str | None = None


def managed_server(endpoint: str) -> str:
    """The URL that accepts CoreWeave tokens only, from a cluster's `apiServerEndpoint`."""
    return f"https://{_host(endpoint).removeprefix(_UNMANAGED)}"


def unmanaged_server(endpoint: str) -> str:
    """The URL that accepts OIDC and service-account tokens, from `apiServerEndpoint`."""
    return f"https://{_UNMANAGED}{_host(endpoint).removeprefix(_UNMANAGED)}"


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """The addresses of a cluster: for operators and this program, for people, for pipelines."""

    managed: Address
    unmanaged: Address
    pipelines: Address

    @classmethod
    def of(cls, endpoint: str) -> Self:
        """The usual addresses, from a cluster's `apiServerEndpoint`."""
        unmanaged = Address(server=unmanaged_server(endpoint))
        managed = Address(server=managed_server(endpoint))
        return cls(managed=managed, unmanaged=unmanaged, pipelines=unmanaged)


def build_kubeconfig(
    name: str,
    *,
    server: str | Address,
    user: str,
    credential: dict[str, Any],
    namespace: str | None = None,
    context: str | None = None,
) -> str:
    """Make the YAML text of a kubeconfig with one cluster, one user and one context.

    Args:
        name: of the cluster.
        server: the API server's URL, or its address if it needs more settings.
        user: the user's name in the file.
        credential: the user's entry, such as `person_credential` or `admin_credential` return.
        namespace: the default namespace of commands.
        context: the context's name; that of the cluster where None.
    """
    called = context or name
    details = {"cluster": name, "user": user} | ({"namespace": namespace} if namespace else {})
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": _cluster(server)}],
        "users": [{"name": user, "user": credential}],
        "contexts": [{"name": called, "context": details}],
        "current-context": called,
    }
    return _text(config)


def person_credential(login: Login) -> dict[str, Any]:
    """The user entry of a person: kubelogin, with PKCE unless a client secret is configured."""
    proof = (
        f"{CLIENT_SECRET_OPTION}={login.client_secret}"
        if login.client_secret
        else "--oidc-pkce-method=S256"  # "auto" uses PKCE only if discovery announces it
    )
    return _exec(
        "kubectl-oidc_login",
        [
            "get-token",
            f"--oidc-issuer-url={login.issuer_url}",
            f"--oidc-client-id={login.client_id}",
            proof,
            *(f"--oidc-extra-scope={scope}" for scope in login.extra_scopes),
            *([f"--certificate-authority-data={login.ca}"] if login.ca else []),
        ],
        provideClusterInfo=False,
        installHint=_INSTALL_HINT,
    )


def admin_credential() -> dict[str, Any]:
    """The user entry of an operator, which gets the token at each use.

    `sh` reads COREWEAVE_API_TOKEN, as every POSIX machine has one; without that variable, and on a
    machine without sh (Windows), it is this package's command, if that is on PATH.
    """
    if _uses_command():
        return _exec(_COMMAND, _CREDENTIAL, installHint=_NO_COMMAND_HINT)
    return _exec("sh", ["-c", _PRINT_CREDENTIAL], installHint=_NO_SHELL_HINT)


def sends_coreweave_token(user: Mapping[str, Any]) -> bool:
    """Whether a user entry is an operator's of this program, of this release or an earlier one."""
    plugin = user.get("exec") or {}
    command, args = plugin.get("command"), plugin.get("args") or []
    if command == _COMMAND:
        return bool(args == _CREDENTIAL)
    return command == "sh" and any(_READ_IN_SHELL in str(argument) for argument in args)


def for_this_machine(kubeconfig: str) -> str:
    """An operator's kubeconfig that was made on another machine, as it works on this one.

    A text that is no kubeconfig stays as it is.
    """
    import yaml  # a provider's process, and an exec plugin, make no kubeconfig

    if not _uses_command():
        return kubeconfig
    try:
        config = yaml.safe_load(kubeconfig)
        (entry,) = config["users"]
        if entry["user"]["exec"]["args"][-1] != _PRINT_CREDENTIAL:
            return kubeconfig
    except (yaml.YAMLError, KeyError, IndexError, TypeError, ValueError):
        return kubeconfig
    entry["user"] = admin_credential()
    return _text(config)


def _text(config: Mapping[str, Any]) -> str:
    import yaml  # as above

    from cks_components.kubernetes.kubeconfig_yaml import FastDumper

    return yaml.dump(config, Dumper=FastDumper, sort_keys=False, width=1000)


def _uses_command() -> bool:
    """Whether this machine has no sh, and has this package's command instead."""
    from shutil import which  # an exec plugin does without

    return which("sh") is None and which(_COMMAND) is not None


def provider_kubeconfig(server: str | Address) -> str:
    """The kubeconfig of the program's Kubernetes provider: an operator's, with fixed names.

    It lies in the state, so a different text would change the provider.
    """
    credential = _exec("sh", ["-c", _PRINT_CREDENTIAL])
    if _uses_command():
        credential = _exec(_COMMAND, _CREDENTIAL)
    return build_kubeconfig("cluster", server=server, user="managed", credential=credential)


def pipeline_kubeconfig(entry: Entry, server: Address, *, place: str, token: str) -> str:
    """The kubeconfig of a pipeline, against the unmanaged endpoint; it holds the token.

    Args:
        entry: what its parts are called.
        server: where pipelines reach the unmanaged endpoint.
        place: the namespace of its work.
        token: of the service account.
    """
    return build_kubeconfig(
        entry.name,
        context=entry.context,
        server=server,
        user=entry.name,
        credential={"token": token},
        namespace=place,
    )


def is_kubeconfig(content: object) -> TypeGuard[Mapping[str, Any]]:
    """Whether the content of a YAML file is a kubeconfig; an empty mapping is one."""
    if not isinstance(content, Mapping) or (content.get("kind") or "Config") != "Config":
        return False
    is_known = not content or not content.keys().isdisjoint(("apiVersion", "kind", *LISTS))
    return is_known and all(_are_entries(content.get(key), kind) for key, kind in LISTS.items())


def _are_entries(value: object, kind: str) -> bool:
    return value is None or (
        isinstance(value, list)
        and all(isinstance(e, Mapping) and isinstance(e.get(kind) or {}, Mapping) for e in value)
    )


def _cluster(server: str | Address) -> dict[str, str]:
    if isinstance(server, str):
        return {"server": server}
    ca = base64.b64encode(server.certificate_authority.encode()).decode()
    entry = {
        "server": server.server,
        "proxy-url": server.proxy_url,
        "tls-server-name": server.tls_server_name,
        "certificate-authority-data": ca,
    }
    return {key: value for key, value in entry.items() if value}


def _exec(command: str, args: list[str], **more: object) -> dict[str, Any]:
    return {
        "exec": {
            "apiVersion": EXEC_API_VERSION,
            "interactiveMode": "Never",
            "command": command,
            "args": args,
            **more,
        }
    }


def _host(endpoint: str) -> str:
    return endpoint.strip().removeprefix("https://").removeprefix("http://").rstrip("/")
