"""A kubeconfig is merged into a file, and what others wrote stays as it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from cks_components.api.errors import SettingsError
from cks_components.kubernetes.kubeconfig import (
    Login,
    admin_credential,
    build_kubeconfig,
    person_credential,
)
from cks_components.kubernetes.kubeconfig_merge import holds_secret, is_mergeable, merge

FILE = Path("config")
NAME = "production/train-east/people"
SECRET = "s3cr3t-" + "value"
THEIRS = """\
# written by hand
apiVersion: v1
kind: Config
preferences: {}
clusters:
- name: theirs
  cluster: {server: "https://other.example.com", insecure-skip-tls-verify: true}
users:
- name: 2026-01-01
  user:
    token: 'abc'
contexts:
- context: {cluster: theirs, user: 2026-01-01, namespace: 'off'}
  name: theirs
current-context: theirs
x-odd: 0x1F
"""


def config(name: str = NAME, client: str = "cks", **more: Any) -> str:
    login = Login(issuer_url="https://idp.example.com", client_id=client)
    return build_kubeconfig(
        name,
        **{
            "server": "https://api.a.example.com",
            "user": name,
            "credential": person_credential(login),
        }
        | more,
    )


def merged(text: str, *configs: str, **options: Any) -> str:
    return merge({FILE: text}, configs or [config()], **options).texts.get(FILE, text)


def entries(text: str, key: str) -> dict[str, Any]:
    return {entry["name"]: entry[key] for entry in yaml.safe_load(text)[f"{key}s"]}


def test_a_new_file_is_a_kubeconfig_with_its_first_context_in_use() -> None:
    found = yaml.safe_load(merged("", config(), config("b")))

    assert (found["apiVersion"], found["kind"], found["current-context"]) == ("v1", "Config", NAME)
    for key in ("clusters", "users", "contexts"):
        assert [entry["name"] for entry in found[key]] == [NAME, "b"]
    assert found["users"][0]["user"]["exec"]["command"] == "kubectl-oidc_login"


def test_what_others_wrote_keeps_its_text_and_its_order() -> None:
    text = merged(THEIRS)

    assert '- name: theirs\n  cluster: {server: "https://other.example.com", ' in text
    assert "- name: 2026-01-01\n  user:\n    token: 'abc'\n" in text
    assert "{cluster: theirs, user: 2026-01-01, namespace: 'off'}" in text
    assert "x-odd: 0x1F" in text
    assert "current-context: theirs" in text
    assert list(entries(text, "context")) == ["theirs", NAME]


def test_json_stays_json() -> None:
    text = merged('{"kind": "Config", "clusters": [], "contexts": [], "users": []}')

    assert [entry["name"] for entry in json.loads(text)["clusters"]] == [NAME]


def test_json_may_be_indented_with_tabs() -> None:
    assert json.loads(merged('{\n\t"kind": "Config"\n}')) == json.loads(
        merged('{"kind": "Config"}')
    )


def test_words_that_kubectl_takes_for_text_or_not_stay_so() -> None:
    theirs = THEIRS.replace("tls-verify: true", "tls-verify: y").replace("'abc'", "'y'")

    text = merged(theirs, config("n"))

    assert "insecure-skip-tls-verify: y}" in text
    assert "token: 'y'" in text
    assert "- name: 'n'" in text
    assert merged(text, config("n")) == text


@pytest.mark.parametrize("name", ["y", "Y", "n", "yes", "1e3", "08", "0o17"])
def test_a_file_with_a_name_that_kubectl_does_not_take_for_text_is_left_as_it_is(name: str) -> None:
    with pytest.raises(
        SettingsError, match=r"kubectl cannot load config: users\[0\].name has to be"
    ):
        merged(THEIRS.replace("- name: 2026-01-01", f"- name: {name}"))


@pytest.mark.parametrize(
    "empty", ["clusters: null", "clusters: []", "apiVersion: v1", "\n", "null", "# nothing yet\n"]
)
def test_lists_that_are_empty_or_missing_are_filled(empty: str) -> None:
    assert list(entries(merged(empty), "cluster")) == [NAME]


def test_merging_the_same_again_changes_nothing() -> None:
    once = merged(THEIRS)

    again = merge({FILE: once}, [config()])

    assert (again.texts, again.replaced) == ({}, ())


def test_an_entry_of_ours_follows_the_stack() -> None:
    again = merge({FILE: merged(THEIRS)}, [config(client="new")])

    text = again.texts[FILE]
    assert "--oidc-client-id=new" in entries(text, "user")[NAME]["exec"]["args"]
    assert again.replaced == (f'the user "{NAME}"',)
    assert len(entries(text, "user")) == 2


def test_a_namespace_that_a_person_set_in_our_context_stays() -> None:
    text = merged("").replace(f"    user: {NAME}\n", f"    user: {NAME}\n    namespace: training\n")

    again = merged(text, config(server="https://api.b.example.com"))

    assert entries(again, "context")[NAME]["namespace"] == "training"
    pipeline = merged(text, config(namespace="ci"))
    assert entries(pipeline, "context")[NAME]["namespace"] == "ci"


def test_an_equal_entry_without_our_mark_is_left_as_it_is() -> None:
    plain = config()

    again = merge({FILE: plain}, [plain])

    assert again.texts == {}


def test_entries_of_others_with_our_names_are_refused_all_at_once_and_without_their_values() -> (
    None
):
    theirs = config(server="https://elsewhere.example.com", credential={"token": SECRET})

    with pytest.raises(SettingsError) as refused:
        merged(theirs)

    text = str(refused.value)
    assert f'the cluster "{NAME}" (server differs), the user "{NAME}" (token, exec differs)' in text
    assert "nothing was written" in text
    assert "--overwrite" in text
    assert SECRET not in text


def test_entries_of_others_are_replaced_on_demand() -> None:
    theirs = config(server="https://elsewhere.example.com")

    text = merged(theirs, overwrite=True)

    assert entries(text, "cluster")[NAME]["server"] == "https://api.a.example.com"


def test_the_current_context_is_changed_on_demand_only() -> None:
    assert merge({FILE: THEIRS}, [config()]).current == "theirs"
    assert merge({FILE: THEIRS}, [config()], use=True).current == NAME
    assert f"current-context: {NAME}" in merged(THEIRS, use=True)


@pytest.mark.parametrize(
    "text",
    [
        "just text",
        "[1, 2]",
        "kind: Secret",
        "replicas: 3",
        "clusters: {a: b}",
        "clusters: text",
        "clusters: 5",
        "users: [1]",
        "contexts: [{name: a, context: 1}]",
        "clusters: [{name: a, cluster: [1]}]",
        "a: 2026-13-45",
    ],
)
def test_what_is_no_kubeconfig_is_not_touched(text: str) -> None:
    with pytest.raises(SettingsError, match="config is not a kubeconfig, so it was not changed"):
        merged(text)


@pytest.mark.parametrize(
    ("text", "where"),
    [("clusters: [", r"YAML \(line 1\)"), ("users: []\na: b: c", r"YAML \(line 2\)")],
)
def test_what_is_no_yaml_is_not_touched(text: str, where: str) -> None:
    with pytest.raises(SettingsError, match=f"is not valid {where}"):
        merged(text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "users: [{name: u, user: {token: a}}, {name: u}]",
            'users has to be a list with each name once, and repeats "u"; correct it, or write to',
        ),
        (
            "clusters: [{cluster: {certificate-authority-data: '!!'}}]",
            r"clusters\[0\].cluster.certificate-authority-data has to be base64; correct it",
        ),
        ("current-context: off", "current-context has to be text"),
    ],
)
def test_what_kubectl_cannot_load_is_not_touched(text: str, told: str) -> None:
    with pytest.raises(SettingsError, match=f"kubectl cannot load config: {told}"):
        merged(f"{text}\nkind: Config")


def test_of_several_documents_none_is_lost() -> None:
    with pytest.raises(SettingsError, match="config has several YAML documents, of which kubectl"):
        merged(f"{THEIRS}---\n{THEIRS}")


def test_a_date_stays_the_text_that_it_is_to_kubectl() -> None:
    text = merged('{"users": [{"name": "u", "user": {"username": "2026-01-01"}}]}')

    assert json.loads(text)["users"][0]["user"] == {"username": "2026-01-01"}


@pytest.mark.parametrize(
    ("credential", "expected"),
    [
        ({"token": SECRET}, True),
        (person_credential(Login(issuer_url="https://i", client_id="c", client_secret="s")), True),
        (person_credential(Login(issuer_url="https://i", client_id="c")), False),
        (admin_credential(), False),
    ],
    ids=["a pipeline", "a client secret", "a person", "an operator"],
)
def test_a_kubeconfig_with_a_secret_is_told_from_others(
    credential: dict[str, Any], expected: bool
) -> None:
    assert holds_secret(config(credential=credential)) is expected


def test_a_text_of_this_program_can_be_merged() -> None:
    assert is_mergeable(config())


@pytest.mark.parametrize(
    "other",
    [
        5,
        None,
        "not: a: kubeconfig",
        "a: 2026-13-45",
        "just text",
        "kind: Config",
        config().replace(f"- name: {NAME}\n  cluster:", "- cluster:"),
        config().replace("  user:\n    exec:", "  other:\n    exec:"),
    ],
)
def test_what_has_no_entries_to_merge_is_told_from_a_kubeconfig(other: object) -> None:
    assert not is_mergeable(other)


def test_the_text_is_not_shown_by_accident() -> None:
    assert SECRET not in repr(merge({FILE: ""}, [config(credential={"token": SECRET})]))


ONE, TWO = Path("one"), Path("two")


def test_in_several_files_the_first_current_context_stays() -> None:
    without = THEIRS.replace("current-context: theirs\n", "")

    found = merge({ONE: without, TWO: THEIRS}, [config()])

    assert found.current == "theirs"
    assert list(found.texts) == [ONE]
    assert "current-context" not in found.texts[ONE]
    used = merge({ONE: without, TWO: THEIRS}, [config()], use=True).texts
    assert f"current-context: {NAME}" in used[ONE]


def test_an_entry_of_ours_is_changed_in_its_own_file() -> None:
    ours = merged("")

    found = merge({ONE: THEIRS, TWO: ours}, [config(client="new")])

    assert list(found.texts) == [TWO]
    assert "--oidc-client-id=new" in found.texts[TWO]
    assert merge({ONE: "", TWO: ours}, [config()]).texts == {}


def test_entries_of_others_are_refused_in_every_file() -> None:
    theirs = yaml.safe_load(config(server="https://elsewhere.example.com"))
    other = yaml.safe_load(config(credential={"token": SECRET}))
    texts = {
        ONE: yaml.safe_dump({"kind": "Config", "clusters": theirs["clusters"]}),
        TWO: yaml.safe_dump({"kind": "Config", "users": other["users"]}),
    }

    with pytest.raises(SettingsError) as refused:
        merge(texts, [config()])

    assert (
        f'one has entries of the same names that cks-access did not write: the cluster "{NAME}"'
        in (str(refused.value))
    )
    assert (
        f'two has entries of the same names that cks-access did not write: the user "{NAME}"'
        in (str(refused.value))
    )
    found = merge(texts, [config()], overwrite=True)
    assert list(found.texts) == [ONE, TWO]
    assert SECRET not in found.texts[TWO]
    assert list(entries(found.texts[ONE], "context")) == [NAME]
