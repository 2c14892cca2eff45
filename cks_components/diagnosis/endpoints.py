"""Whether a cluster's unmanaged endpoint answers, where people and pipelines log in."""

from __future__ import annotations

from cks_components.api.server_probe import Probe
from cks_components.diagnosis.result import Result, fine, warning, wrong

_SERVER_ERROR = 500
_NOT_LOGGED_IN = (401, 403)
_NOT_PUBLIC = "the cluster is not public, so it is reached from its own network only"


def unmanaged(key: str, server: str, found: Probe, *, is_public: bool) -> Result:
    """Whether people and pipelines reach the unmanaged endpoint, and kube-apiserver behind it.

    Args:
        key: the cluster's, for messages.
        server: the endpoint's URL.
        found: what came of a request without credentials. kube-apiserver answers it with a version
            or with a Status, and what stands before it may refuse it in another form.
        is_public: as the CKS API has it.
    """
    subject = f"cluster {key}: unmanaged endpoint"
    if found.is_untrusted:
        text = (
            f"the certificate of {server} is not trusted ({found.problem}); check the address, and "
            "certificateAuthority"
        )
        return wrong(subject, text)
    if found.problem:
        text = f"{server} does not answer ({found.problem}), and logins go there"
        if not is_public:
            return warning(subject, f"{text}; {_NOT_PUBLIC}")
        return wrong(subject, f"{text}; check the network, HTTPS_PROXY and NO_PROXY")
    if found.status >= _SERVER_ERROR:
        return wrong(
            subject, f"{server} answers {found.status}; look at the cluster in the console"
        )
    is_known = found.status in _NOT_LOGGED_IN or {"gitVersion", "kind"} & found.content.keys()
    if not is_known:
        text = f"{server} answers {found.status}, and not as kube-apiserver does; check the address"
        return wrong(subject, text)
    return fine(subject, f"{server} answers")
