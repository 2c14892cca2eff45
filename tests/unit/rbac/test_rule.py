"""A rule allows what the sentences of Kubernetes' evaluation_helpers.go say."""

from __future__ import annotations

import pytest

from cks_components.rbac.rule import PolicyRule, Request, ResourceRequest, UrlRequest

READ_PODS = PolicyRule(verbs=("get", "list"), api_groups=("",), resources=("pods",))
ONE_SECRET = PolicyRule(
    verbs=("get",), api_groups=("",), resources=("secrets",), resource_names=("db",)
)
SCALE = PolicyRule(verbs=("patch",), api_groups=("apps",), resources=("*/scale",))
EVERYTHING = PolicyRule(verbs=("*",), api_groups=("*",), resources=("*",))
ALL_URLS = PolicyRule(verbs=("get",), non_resource_urls=("*",))
SOME_URLS = PolicyRule(verbs=("get",), non_resource_urls=("/healthz", "/logs/**", "/a*b"))


def pods(verb: str = "get", **more: str) -> ResourceRequest:
    return ResourceRequest(verb=verb, resource="pods", **more)


CASES: list[tuple[str, PolicyRule, Request, bool]] = [
    ("a listed verb", READ_PODS, pods("list"), True),
    ("another verb", READ_PODS, pods("watch"), False),
    ("a verb in capitals", READ_PODS, pods("GET"), False),
    ("another group", READ_PODS, pods(group="metrics.k8s.io"), False),
    ("the asterisk is asked for and not listed", READ_PODS, pods("*"), False),
    ("a subresource is not its resource", READ_PODS, pods(subresource="log"), False),
    ("any name without names", READ_PODS, pods(name="web-0"), True),
    ("everything", EVERYTHING, pods("escalate", group="any", subresource="log"), True),
    ("everything of resources has no URLs", EVERYTHING, UrlRequest(verb="get", path="/"), False),
    ("a listed name", ONE_SECRET, ResourceRequest(verb="get", resource="secrets", name="db"), True),
    ("no name where names are listed", ONE_SECRET, ResourceRequest(verb="get", resource="secrets"), False),
    ("a subresource of every resource", SCALE, ResourceRequest(verb="patch", group="apps", resource="deployments", subresource="scale"), True),
    ("the resource itself", SCALE, ResourceRequest(verb="patch", group="apps", resource="deployments"), False),
    ("the whole of a subresource's name", SCALE, ResourceRequest(verb="patch", group="apps", resource="deployments", subresource="autoscale"), False),
    ("a URL", SOME_URLS, UrlRequest(verb="get", path="/healthz"), True),
    ("a URL below it", SOME_URLS, UrlRequest(verb="get", path="/healthz/etcd"), False),
    ("two asterisks at the end count as one", SOME_URLS, UrlRequest(verb="get", path="/logs/a/b"), True),
    ("an asterisk in the middle is no wildcard", SOME_URLS, UrlRequest(verb="get", path="/axb"), False),
    ("every URL", ALL_URLS, UrlRequest(verb="get", path="/anything"), True),
    ("a URL with another verb", ALL_URLS, UrlRequest(verb="post", path="/anything"), False),
    ("URLs have no resources", ALL_URLS, pods(), False),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "request_", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_a_rule_allows(rule: PolicyRule, request_: Request, expected: bool) -> None:
    assert rule.allows(request_) is expected
