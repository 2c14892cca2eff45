"""A stack file as one model: every finding at once, each with its path."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from cks_components.api.errors import SettingsError
from cks_components.kubernetes.address import Address
from cks_components.kubernetes.kubeconfig import Addresses
from cks_components.rules import examine
from cks_components.stack_file.base_model import StackFileModel
from cks_components.stack_file.reading import decoded, read
from cks_components.stack_file.settings import StackSettings

ID = "1b5274f2-8012-4b68-9010-cc4c51613302"
GOOD: dict[str, Any] = {
    "clusters": [{"name": "east"}],
    "identity": {
        "issuerUrl": "https://idp.example.com",
        "clientId": "cks",
        "usernameClaim": "email",
    },
}


def from_config(config: dict[str, Any]) -> StackSettings:
    return examine(decoded(config)).accepted()


def findings(**changes: Any) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        examine(GOOD | changes).accepted()
    return list(caught.value.findings)


CASES: list[tuple[str, dict[str, Any], str]] = [
    ("an unknown key", {"identiy": {}}, "identiy: is not a key of a stack file"),
    ("no cluster", {"clusters": []}, "clusters: is empty; write at least one entry"),
    (
        "no identity of a cluster",
        {"clusters": [{}]},
        "clusters[0]: must have either a name or an id",
    ),
    (
        "both name and id",
        {"clusters": [{"name": "a", "id": ID}]},
        "clusters[0]: must have either a name or an id",
    ),
    (
        "one cluster twice",
        {"clusters": [{"name": "a"}, {"name": "a"}]},
        "clusters[1]: has the name a, which clusters[0] has already; remove one of the two",
    ),
    (
        "one id under two names",
        {"clusters": [{"id": ID, "alias": "a"}, {"id": ID, "alias": "b"}]},
        f"clusters[1]: has the id {ID}, which clusters[0] has already",
    ),
    (
        "one name under two aliases",
        {"clusters": [{"name": "a", "alias": "x"}, {"name": "a", "alias": "y"}]},
        "clusters[1]: has the name a, which clusters[0] has already",
    ),
    (
        "one alias of two clusters",
        {"clusters": [{"name": "a", "alias": "x"}, {"name": "b", "alias": "x"}]},
        'clusters[1]: is called "x" in outputs and kubeconfigs, as clusters[0] is; give one of the '
        "two another alias",
    ),
    (
        "an alias that is the name of another cluster",
        {"clusters": [{"name": "a"}, {"name": "b", "alias": "a"}]},
        'clusters[1]: is called "a" in outputs and kubeconfigs, as clusters[0] is',
    ),
    ("no uuid", {"clusters": [{"id": "7"}]}, "clusters[0].id: must be a UUID, such as"),
    ("a bad duration", {"updateTimeout": "soon"}, "updateTimeout: write a duration"),
    ("a timeout without end", {"updateTimeout": "9" * 400}, "updateTimeout: write a duration"),
    (
        "a lifetime that no clock can count",
        {
            "automation": [
                {
                    "name": "a",
                    "namespace": "b",
                    "clusterRole": "view",
                    "token": {"lifetime": 10**30, "renewBefore": "7d"},
                }
            ]
        },
        "automation[0].token.lifetime: write a duration",
    ),
    (
        "nobody bound",
        {"bindings": [{"clusterRole": "view"}]},
        "bindings[0]: names no users and no groups; write at least one",
    ),
    (
        "a mistyped key of a binding",
        {"clusters": [{"name": "a", "bindings": [{"clusterrole": "view", "groups": ["x"]}]}]},
        'clusters[0].bindings[0].clusterrole: is not a key of a stack file; did you mean "clusterRole"?',
    ),
    (
        "a wildcard",
        {"bindings": [{"clusterRole": "view", "groups": ["ml*"]}]},
        'bindings[0].groups[0]: "ml*" can never match',
    ),
    (
        "a name of Kubernetes' own",
        {"bindings": [{"clusterRole": "view", "groups": ["system:masters"]}]},
        'bindings[0].groups[0]: "system:masters" is one of Kubernetes\' own names',
    ),
    (
        "half a block",
        {"identity": {"issuerUrl": "https://idp.example.com"}},
        'identity.clientId: is missing; write it, such as "clientId: 0oa1example"',
    ),
    (
        "a number for a text",
        {"identity": {"issuerUrl": 7, "clientId": "cks"}},
        "identity.issuerUrl: must be text, but without quotes it is the number 7; put quotes",
    ),
    (
        "namespaces of which none is left",
        {"bindings": [{"clusterRole": "edit", "groups": ["ml"], "namespaces": None}]},
        "bindings[0].namespaces: is empty; write at least one entry, or remove the key",
    ),
    (
        "no word from the list",
        {"environment": "prod"},
        "environment: must be development, staging or production",
    ),
    ("identity is not an object", {"identity": "okta"}, "identity: must be a mapping of keys"),
    (
        "an algorithm beside RS256",
        {"identity": GOOD["identity"] | {"signingAlgorithms": ["ES256"]}},
        "identity.signingAlgorithms: ES256 cannot be set on CKS",
    ),
]


@pytest.mark.parametrize(
    ("changes", "beginning"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_a_mistake_is_found_at_its_path(changes: dict[str, Any], beginning: str) -> None:
    found = findings(**changes)

    assert any(f.startswith(beginning) for f in found), found


def test_findings_of_shape_and_of_rules_come_together() -> None:
    found = findings(
        identity={"issuerUrl": "http://x", "clientId": "c", "usernameClaim": "email", "a": 1},
        updateTimeout="x",
    )

    assert len(found) == 3


@pytest.mark.parametrize("wrong", [None, 7, True, "x", "", [], ["x"], [None], {}, {"x": 1}, "a\nb"])
@pytest.mark.parametrize(
    "path", ["clusters", "identity", "bindings", "automation", "kubeconfig", "waivers", "webhooks"]
)
def test_no_message_speaks_of_the_program(path: str, wrong: Any) -> None:
    parts = [
        wrong,
        [wrong],
        [{"name": wrong, "servers": wrong, "id": wrong, "bindings": wrong, "alias": wrong}],
        [{"clusterRole": wrong, "groups": wrong, "namespaces": wrong, "token": wrong}],
        {"adopt": wrong, "onDrift": wrong, "context": wrong, "authentication": wrong},
    ]
    for part in parts:
        told = "\n".join(map(str, examine(GOOD | {path: part}).findings))

        for word in ("Settings", "instance", "dictionary", "validation", "pattern", "should", "^"):
            assert word not in told


@pytest.mark.parametrize("namespaces", ["training", [], None])
def test_namespaces_that_cannot_be_read_are_not_the_whole_cluster(namespaces: Any) -> None:
    binding = {"clusterRole": "edit", "users": ["a@b.example"], "namespaces": namespaces}

    found = examine(GOOD | {"bindings": [binding]}).findings

    in_bindings = [f for f in found if "bindings" in f.path]
    assert {f.path for f in in_bindings} == {"bindings[0].namespaces"}
    assert "so these rules were not applied: OIDC-19, RBAC-05, RBAC-10" in in_bindings[-1].text


def test_an_entry_of_a_wrong_shape_holds_back_no_other() -> None:
    found = findings(
        bindings=["ml", {"clusterRole": "view", "groups": ["system:masters"]}],
        waivers=["RBAC-05", {"rule": "RBAC-99", "reason": "x"}],
        clusters=[7, {"name": "a", "bindings": [None, {"clusterRole": "*", "groups": ["x"]}]}],
    )

    for beginning in (
        "bindings[0]: must be a mapping of keys to values",
        'bindings[1].groups[0]: "system:masters" is one',
        "waivers[0]: must be a mapping",
        "waivers[1].rule:",
        "clusters[0]: must be a mapping",
        "clusters[1].bindings[0]: is empty; write keys and values, or remove its dash",
        'clusters[1].bindings[1].clusterRole: "*" is not the name of a role',
    ):
        assert any(text.startswith(beginning) for text in found), (beginning, found)


def test_a_client_secret_is_in_no_message() -> None:
    secret = "s3cr3t-" + "value"
    found = findings(
        identity=GOOD["identity"] | {"clientSecret": [secret], "issuerUrl": "http://x"}
    )

    assert secret not in "\n".join(found)


def test_a_good_file_is_read_from_the_engines_texts() -> None:
    settings = from_config(
        {
            "cks-access:clusters": '[{"name": "east"}]',
            "cks-access:identity": json.dumps(GOOD["identity"]),
            "cks-access:updateTimeout": "1m30s",
            "other:key": "{",
        }
    )

    assert settings.update_timeout == 90
    assert settings.clusters[0].key == "east"
    assert settings.identity is not None
    assert settings.identity.oidc.client_id == "cks"


@pytest.mark.parametrize("key", ["cks_access:bindings", "cksaccess:webhooks", "CKS-Access:waivers"])
def test_a_key_behind_a_misspelt_project_is_refused_and_not_overlooked(key: str) -> None:
    config = {"cks-access:clusters": '[{"name": "east"}]', "kubernetes:bindings": "1", key: "[]"}

    with pytest.raises(SettingsError, match=f"{key}: is not a key of a stack file"):
        from_config(config)


def test_text_that_only_looks_like_json_is_reported_not_crashed_on() -> None:
    with pytest.raises(SettingsError, match="clusters: "):
        from_config({"cks-access:clusters": "[nonsense"})


def test_a_cluster_is_reached_by_its_own_names_unless_it_is_said() -> None:
    (usual,) = examine(GOOD).accepted().clusters
    (said,) = (
        examine(
            GOOD
            | {
                "clusters": [
                    {
                        "name": "east",
                        "servers": {"managed": "https://east.ts.example/"},
                        "proxyUrl": {"unmanaged": "socks5://p.example:1080", "pipelines": ""},
                        "tlsServerName": "east.example",
                    }
                ]
            }
        )
        .accepted()
        .clusters
    )

    assert usual.addresses("host") == Addresses.of("host")
    reached = said.addresses("host")
    assert reached.managed == Address(
        server="https://east.ts.example", tls_server_name="east.example"
    )
    assert reached.unmanaged == Address(
        server="https://api.host",
        proxy_url="socks5://p.example:1080",
        tls_server_name="east.example",
    )
    assert reached.pipelines == Address(server="https://api.host", tls_server_name="east.example")


def test_what_is_wrong_on_the_way_to_a_cluster_is_found_at_its_path() -> None:
    cluster = {
        "name": "east",
        "servers": {"managed": "http://east.ts.example"},
        "proxyUrl": "http://me:hunter2@p.example",
        "tlsServerName": {"managed": "https://x", "people": "y"},
        "certificateAuthority": 1,
    }

    found = findings(clusters=[{"name": "west"}, cluster])

    assert [text.partition(": ")[0] for text in found] == [
        "clusters[1].tlsServerName.people",
        "clusters[1].certificateAuthority",
        "clusters[1].servers.managed",
        "clusters[1].proxyUrl",
        "clusters[1].tlsServerName.managed",
    ]
    assert "hunter2" not in "".join(found)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"identity": None}, "identity"),
        ({"webhooks": {"authentication": None}}, "webhooks.authentication"),
        (
            {
                "automation": [
                    {"name": "a", "namespace": "ci", "clusterRole": "view", "token": None}
                ]
            },
            "automation[0].token",
        ),
    ],
)
def test_an_emptied_key_does_not_take_away_what_it_stood_for(
    changes: dict[str, Any], path: str
) -> None:
    """Without the key a deployed block would be given up, and people with it."""
    bound = {"bindings": [{"clusterRole": "view", "users": ["a@b.example"]}]}

    assert f"{path}: is empty; write keys and values" in "\n".join(findings(**bound, **changes))


@pytest.mark.parametrize(
    ("written", "received", "told"),
    [
        (
            "110169484474386276334",
            "110169484474386270000",
            "must be text, but is the number 110169484474386270000, which is what Pulumi kept of a "
            "longer one that was written without quotes: its last digits are lost. Copy the value "
            "again from where it comes from, and put quotes around it",
        ),
        (
            "1234567890123456789",
            "1234567890123456789",
            "must be text, but without quotes it is the number 1234567890123456789; put quotes "
            "around it",
        ),
        ("true", "true", "must be text, but without quotes it is the boolean true; put quotes "),
        ("1.10", "1.1", "must be text, but without quotes it is the number 1.1; put quotes around"),
        ("[a]", '["a"]', "must be text, and not a list"),
        ("{a: b}", '{"a": "b"}', "must be text, and not a mapping"),
        ("", "null", "is empty; write a text"),
        (
            "2024-01-01",
            '"2024-01-01 00:00:00 +0000 UTC"',
            "is what Pulumi makes of a date that is written without quotes; write what you mean in "
            'quotes, such as "2024-01-01"',
        ),
    ],
)
def test_a_program_says_the_same_of_what_the_engine_made_of_a_value(
    written: str, received: str, told: str
) -> None:
    """`received` is the JSON that the engine of the tests passes on for what is written."""
    identity = f'{{"issuerUrl": "https://idp.example.com", "clientId": {received}}}'

    with pytest.raises(SettingsError) as refused:
        from_config({"cks-access:clusters": '[{"name": "a"}]', "cks-access:identity": identity})

    assert any(line.startswith(f"identity.clientId: {told}") for line in refused.value.findings), (
        written
    )


def test_a_secret_that_looks_like_a_number_is_not_shown() -> None:
    for secret in (987654, 110169484474386276334):
        found = findings(identity=GOOD["identity"] | {"clientSecret": secret})

        assert "identity.clientSecret: must be text, but without quotes it is" in found[0]
        assert str(secret) not in "\n".join(found)


def test_a_date_below_an_unknown_key_is_not_said_twice() -> None:
    date = "2024-01-01 00:00:00 +0000 UTC"

    assert findings(nothing={"deep": [date]}) == [
        "nothing: is not a key of a stack file; check its spelling and its place"
    ]


@pytest.mark.parametrize("written", [None, ""])
def test_an_emptied_handover_is_not_an_absent_one(written: object) -> None:
    (found,) = findings(identity=GOOD["identity"] | {"handover": written})

    assert found.startswith("identity.handover: is empty; write a duration")


def test_one_second_is_one_second() -> None:
    file = {"clusters": [{"name": "a"}], "updateTimeout": 1}
    found = [str(each) for each in examine(file).findings]

    assert any("updateTimeout: 1 has no unit and means 1 second; write" in each for each in found)


def test_an_emptied_key_is_empty_for_the_program_too() -> None:
    with pytest.raises(SettingsError, match=r"^identity: is empty; write keys"):
        from_config(
            {
                "cks-access:clusters": '[{"name": "a"}]',
                "cks-access:bindings": '[{"clusterRole": "view", "groups": ["a"]}]',
                "cks-access:identity": "",
            }
        )


def test_a_cluster_without_a_name_has_no_other_finding() -> None:
    found = findings(clusters=[{}, {"name": "a"}], kubeconfig={"context": "{stack}/{kind}"})

    assert found == ["clusters[0]: must have either a name or an id; write one of the two"]


def test_a_required_key_that_is_missing_is_named_with_a_value_that_it_may_have() -> None:
    values: dict[str, Any] = {
        "clusters": [{"name": "east", "webhooks": {"authentication": {}}}],
        "identity": {},
        "roles": [{"rules": [{}]}],
        "automation": [{"token": {}}],
        "waivers": [{}],
        "acknowledge": [{}],
    }

    told: dict[str, str] = {}
    for path, text in (*read(values).malformed, *read({}).malformed):
        key = path.rpartition(".")[2]
        assert text.startswith(f'is missing; write it, such as "{key}: ')
        told[key] = text

    assert {*told} == {
        str(field.alias)
        for model in _models(StackFileModel)
        for field in model.model_fields.values()
        if field.is_required()
    }


def _models(base: type[StackFileModel]) -> Iterator[type[StackFileModel]]:
    for model in base.__subclasses__():
        yield model
        yield from _models(model)
