from __future__ import annotations

import json
from typing import Any

import pytest

from lab.kubernetes_plugin import settings
from lab.kubernetes_plugin.properties import UNKNOWN, Secret


def config(server: str, **more: Any) -> dict[str, Any]:
    clusters = [{"name": "c", "cluster": {"server": server}}]
    contexts = [{"name": "x", "context": {"cluster": "c"}}]
    text = json.dumps({"current-context": "x", "clusters": clusters, "contexts": contexts})
    return {"kubeconfig": text, **more}


@pytest.mark.parametrize(
    ("olds", "news", "replacing"),
    [
        (config("https://a"), config("https://b"), ["kubeconfig"]),
        (config("https://a", user="x"), config("https://a", user="y"), []),
        (config("https://a"), config("https://a", clusterIdentifier="1"), []),
        (
            config("https://a", clusterIdentifier="1"),
            config("https://b", clusterIdentifier="1"),
            [],
        ),
        (
            config("https://a", clusterIdentifier="1"),
            config("https://a", clusterIdentifier="2"),
            ["clusterIdentifier"],
        ),
        (config("https://a"), {"kubeconfig": UNKNOWN}, ["kubeconfig"]),
        (
            config("https://a", clusterIdentifier="1"),
            {"kubeconfig": UNKNOWN, "clusterIdentifier": "1"},
            [],
        ),
    ],
    ids=[
        "another server",
        "another setting",
        "an identifier comes",
        "another server, the same identifier",
        "another identifier",
        "a kubeconfig not known yet",
        "the same with the same identifier",
    ],
)
def test_everything_is_made_anew_only_for_another_cluster(
    olds: dict[str, Any], news: dict[str, Any], replacing: list[str]
) -> None:
    differing, found = settings.changes(olds, news)

    assert differing
    assert found == replacing


def test_equal_settings_do_not_differ() -> None:
    olds = config("https://a")

    assert settings.changes(olds, {key: Secret(value) for key, value in olds.items()}) == ([], [])


def test_settings_arrive_as_texts_and_as_properties() -> None:
    found = settings.settings(
        {"kubernetes:config:skipUpdateUnreachable": "true"},
        {"kubeconfig": Secret("a: kubeconfig"), "deleteUnreachable": True, "namespace": "team"},
        {},
    )

    assert found.skip_update_unreachable
    assert found.delete_unreachable
    assert (found.kubeconfig, found.namespace) == ("a: kubeconfig", "team")
    assert found.server_side_apply
    assert "a: kubeconfig" not in repr(found)


def test_the_environment_decides_where_a_setting_is_absent() -> None:
    environment = {"PULUMI_K8S_DELETE_UNREACHABLE": "true"}

    assert settings.settings({}, {}, environment).delete_unreachable
    assert not settings.settings({}, {"deleteUnreachable": "false"}, environment).delete_unreachable


def test_settings_that_cannot_be_followed_are_refused_all_at_once() -> None:
    found = settings.refusals({"enableServerSideApply": "false", "renderYamlToDirectory": "out"})

    assert sorted(key for key, _ in found) == ["enableServerSideApply", "renderYamlToDirectory"]
    assert all("install the official plugin" in reason for _, reason in found)
    assert settings.refusals({"enableServerSideApply": "true", "kubeconfig": UNKNOWN}) == []
