"""How to reach the CKS API, read from the environment when it is needed and never stored."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import unquote, urlsplit

from cks_components.api import token_source
from cks_components.api.errors import SettingsError
from cks_components.api.token_source import TokenSource, origin_of
from cks_components.api.urls import parts_of

TOKEN = token_source.TOKEN
ENDPOINT = "COREWEAVE_API_ENDPOINT"
TIMEOUT = "COREWEAVE_HTTP_TIMEOUT"
REQUESTS_PER_SECOND = "CKS_ACCESS_REQUESTS_PER_SECOND"
TRACEBACK = "CKS_ACCESS_TRACEBACK"
EXEC_INFO = "KUBERNETES_EXEC_INFO"
KUBECONFIG = "KUBECONFIG"
CERTIFICATES = "SSL_CERT_FILE"
DELETE_UNREACHABLE = "PULUMI_K8S_DELETE_UNREACHABLE"
JOB_URL = "ACTIONS_ID_TOKEN_REQUEST_URL"
JOB_TOKEN = "ACTIONS_ID_TOKEN_REQUEST_TOKEN"  # noqa: S105 - the variable's name, not a token
DEFAULT_ENDPOINT = "https://api.coreweave.com"
DEFAULT_TIMEOUT_SECONDS = 30.0
DEFAULT_REQUESTS_PER_SECOND = 10.0
_SYSTEM = "the system's settings"
_SECRET = re.compile(r"(TOKEN|SECRET|PASSPHRASE|PASSWORD|CREDENTIALS|_KEY)$")
_LEAST_SECRET = 8
_LOGIN = re.compile(r"(?<=://)[^/@:\s]*:([^/@\s]+)(?=@)")
"""The user and the password of a URL, such as that of a backend or a proxy."""
_VARIABLES: Mapping[str, str] = os.environ  # noqa: TID251 - this is the module that reads the environment
"""All of them as they are now; what is set later is seen."""
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


@dataclass(frozen=True)
class ApiAccess:
    """Where the API is, with which token, and how long one request may take (seconds).

    Attributes:
        token: to send; empty where `source` gives it, or where none is sent.
        source: gives the token for each request instead.
        requests_per_second: how many requests a process may send, as `RequestBudget` counts them.
        origin: where the endpoint comes from, as messages name it.
        proxy_url: and the next two, as `Address` has them.
    """

    endpoint: str
    token: str = field(repr=False)
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS
    requests_per_second: float = DEFAULT_REQUESTS_PER_SECOND
    origin: str = field(default=ENDPOINT, compare=False)
    proxy_url: str = ""
    tls_server_name: str = ""
    certificate_authority: str = field(default="", repr=False)
    source: TokenSource | None = field(default=None, repr=False)

    def present_token(self, refused: str = "") -> str:
        """The token to send now; the arguments and errors are those of `TokenSource.token`."""
        return self.source.token(refused) if self.source else self.token


@dataclass(frozen=True)
class Proxy:
    """The proxy that the environment names for a URL.

    Attributes:
        url: may hold a user and a password; empty where there is no proxy.
        origin: the variable that names it, or why there is none.
    """

    url: str = field(repr=False)
    origin: str


def proxy_of(url: str) -> Proxy:
    """Find the proxy for a URL in the usual environment variables."""
    from urllib.request import getproxies, proxy_bypass  # it imports http and ssl

    parts = urlsplit(url)
    named = {k: v for k, v in getproxies().items() if v}
    for kind in (parts.scheme, "all"):
        if kind in named:
            origin = next((n for n in _spelt(kind) if _VARIABLES.get(n) == named[kind]), "")
            if proxy_bypass(parts.netloc.rpartition("@")[2]):
                return Proxy("", f"NO_PROXY exempts it from {origin or _SYSTEM}")
            proxy = named[kind] if "://" in named[kind] else f"http://{named[kind]}"
            return Proxy(proxy, origin or _SYSTEM)
    return Proxy("", f"{parts.scheme.upper()}_PROXY is not set")


def _spelt(kind: str) -> tuple[str, str]:
    return f"{kind}_proxy", f"{kind.upper()}_PROXY"


def token_origin() -> str:
    """How messages name the CoreWeave token: "the token in COREWEAVE_API_TOKEN"."""
    return origin_of(_VARIABLES)


def job_access(environment: Mapping[str, str] | None = None) -> ApiAccess:
    """Read where a GitHub Actions job gets its OIDC tokens, and with which bearer token.

    Raises:
        SettingsError: this is not a GitHub Actions job, or it lacks the permission.
    """
    values = _VARIABLES if environment is None else environment
    url, token = values.get(JOB_URL, ""), values.get(JOB_TOKEN, "")
    if not url or not token:
        message = (
            f"cannot get the token of a GitHub Actions job: {JOB_URL} and {JOB_TOKEN} are not set; "
            'give the job "permissions: id-token: write" (jobs of pull requests from forks never '
            "get it)"
        )
        raise SettingsError([message])
    if not may_carry_a_token(url.partition("?")[0]):
        message = (
            f"cannot get the token of a GitHub Actions job: {JOB_URL} is not an https "
            "URL; only GitHub's runner sets it, so unset it elsewhere"
        )
        raise SettingsError([message])
    return ApiAccess(endpoint=url, token=token, origin=JOB_URL)


def exec_info() -> str:
    """What kubectl tells an exec plugin, as JSON text; empty if the variable is not set."""
    return _VARIABLES.get(EXEC_INFO, "")


def kubeconfig_files() -> list[Path]:
    """The kubeconfigs that kubectl reads, each once: KUBECONFIG lists them, or the user's own."""
    listed = filter(None, _VARIABLES.get(KUBECONFIG, "").split(os.pathsep))
    files = list({os.path.realpath(name): Path(name) for name in listed}.values())
    return files or [Path.home() / ".kube" / "config"]


def wants_no_colour() -> bool:
    """Whether NO_COLOR is set, as https://no-color.org has it."""
    return bool(_VARIABLES.get("NO_COLOR"))


def trusted_certificates() -> str:
    """How messages name the system's roots: "the trusted certificates (SSL_CERT_FILE)"."""
    named = _VARIABLES.get(CERTIFICATES, "")
    is_missing = bool(named) and not Path(named).is_file()
    hint = f' names "{named}", which is not a file; correct or unset it' if is_missing else ""
    return f"the trusted certificates ({CERTIFICATES}{hint})"


def keeps_tracebacks() -> bool:
    """Whether errors should show their traceback, for a bug report."""
    return bool(_VARIABLES.get(TRACEBACK))


def forgets_unreachable() -> bool:
    """Whether the Kubernetes plugin is set to forget resources on clusters that it cannot reach."""
    return _VARIABLES.get(DELETE_UNREACHABLE) == "true"


def pulumi_home() -> Path:
    """Pulumi's home folder on this machine."""
    named = _VARIABLES.get("PULUMI_HOME")
    return Path(named) if named else Path.home() / ".pulumi"


def home() -> Path:
    """The folder of cks-access inside Pulumi's home folder on this machine."""
    return pulumi_home() / "cks-access"


def pulumi_stack() -> str | None:
    """The stack that the environment selects for Pulumi; None if it says nothing."""
    return _VARIABLES.get("PULUMI_STACK")


def state_backend() -> str:
    """Where Pulumi keeps its state, if the environment says so; empty otherwise."""
    return _VARIABLES.get("PULUMI_BACKEND_URL", "")


def variables() -> dict[str, str]:
    """All variables, for a program that is started, and for what a CI system tells its jobs."""
    return dict(_VARIABLES)


def without_secrets(text: str, values: Mapping[str, str], *spellings: Callable[[str], str]) -> str:
    """A text without the values of variables that are secret by their names, and passwords in URLs.

    A value of fewer than eight characters is left: it would be found in other words too. Of a URL
    the user and the password go together, however short they are.

    Args:
        text: the text.
        values: the variables.
        spellings: how the text may write a value otherwise, such as with its markup escaped.
    """
    logins = [found for value in values.values() for found in _LOGIN.finditer(value)]
    named = [value for name, value in values.items() if _SECRET.search(name)]
    secret = [*named, *(found[1] for found in logins), *(unquote(found[1]) for found in logins)]
    hidden = [value for value in secret if len(value) >= _LEAST_SECRET]
    hidden += [f"{found[0]}@" for found in logins]
    written = {*hidden, *(spelling(value) for spelling in spellings for value in hidden)}
    for value in sorted(written, key=len, reverse=True):
        text = text.replace(value, "[secret]@" if value.endswith("@") else "[secret]")
    return text


def duration_seconds(text: str) -> float | None:
    """Read "90", "30s", "1m30s", "1h" or "30d" as seconds; None if it is none of these."""
    text = text.strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
        return float(text)
    parts = re.findall(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)", text)
    if not parts or "".join(n + u for n, u in parts) != text:
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def may_carry_a_token(endpoint: str) -> bool:
    """Whether a token may be sent there: https, or plain http to a loopback address."""
    parts = parts_of(endpoint)
    if parts is None or "@" in parts.netloc or parts.query or parts.fragment or not parts.hostname:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname))


def shown(url: str) -> str:
    """A URL for use in a message: without user, password, query and fragment."""
    scheme, mark, rest = url.partition("://") if "://" in url else ("", "", url)
    return f"{scheme}{mark}{rest.rpartition('@')[2].partition('?')[0].partition('#')[0]}"


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
