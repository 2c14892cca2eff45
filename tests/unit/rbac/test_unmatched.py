"""What a rule names and kube-apiserver never matches is found, with what to write."""

from __future__ import annotations

from cks_components.rbac import unmatched
from cks_components.rbac.rule import PolicyRule


def found(**fields: tuple[str, ...]) -> list[tuple[str, str]]:
    return list(unmatched.problems(PolicyRule(**{"verbs": ("get",), **fields})))


def test_an_asterisk_is_a_wildcard_alone_and_before_a_subresource() -> None:
    assert found(api_groups=("*",), resources=("*", "*/log", "pods/log")) == []
    assert found(resources=("pods/*", "po*")) == [
        (
            "resources[0]",
            '"pods/*" matches nothing, because the wildcards of RBAC are * alone and */log; write '
            "each subresource, such as pods/log",
        ),
        (
            "resources[1]",
            '"po*" matches nothing, because the wildcards of RBAC are * alone and */log; write '
            "each resource",
        ),
    ]
    assert found(api_groups=("*.x-k8s.io",)) == [
        (
            "apiGroups[0]",
            '"*.x-k8s.io" matches nothing, because * is a wildcard only alone; write each group',
        )
    ]


def test_names_have_no_wildcards_and_urls_only_at_their_end() -> None:
    assert found(non_resource_urls=("*", "/a/*", "/a/**", "/a")) == []
    assert found(non_resource_urls=("/a/*/b",)) == [
        (
            "nonResourceURLs[0]",
            '"/a/*/b" has a * that is no wildcard, because it is not at the end; write each URL',
        )
    ]
    assert found(resource_names=("db", "db-*")) == [
        ("resourceNames[1]", '"db-*" has a *, and names have no wildcards; write each name')
    ]


def test_a_name_may_stand_for_every_signer_of_a_domain() -> None:
    names = ("example.com/*", "example.com/a*", "*/*")

    assert found(resources=("signers",), resource_names=names) == [
        (
            f"resourceNames[{index}]",
            f'"{name}" has a *, and names have no wildcards; write each name',
        )
        for index, name in enumerate(names)
        if index
    ]
    assert len(found(resources=("secrets",), resource_names=names)) == len(names)


def test_requests_that_have_no_name_are_never_allowed_by_a_rule_with_names() -> None:
    verbs = ("create", "get", "list", "deletecollection")

    assert found(verbs=verbs, resources=("secrets",)) == []
    assert found(verbs=verbs, resources=("pods/exec",), resource_names=("db",)) == []
    assert found(verbs=verbs, resources=("secrets",), resource_names=("db",)) == [
        (
            "verbs[0]",
            '"create" gives nothing in a rule with resourceNames, because such a request has no '
            "name (only a server-side apply has); write it into a rule without resourceNames",
        ),
        (
            "verbs[3]",
            '"deletecollection" gives nothing in a rule with resourceNames, because such a request '
            "has no name; write it into a rule without resourceNames",
        ),
    ]
