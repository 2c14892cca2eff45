"""Why a token is refused, or who its bearer becomes, from the command line."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from cks_components.api.environment import ApiAccess
from cks_components.engine import provider_call
from cks_components.kubernetes.client import KubernetesClient
from lab.api import fleet
from tests.issuer import Issuer, running_issuer
from tests.tokens import BLOCK, In, Token, claims, header

if TYPE_CHECKING:
    from tests.conftest import World
    from tests.unit.conftest import Folder, Printed

ROOT = Path(__file__).resolve().parents[3]
CLUSTER = {"id": fleet.CONTROL_PLANE, "alias": "east"}
IDENTITY = {"provider": "generic", **BLOCK}
BINDING = {"groups": ["ml"], "clusterRole": "edit", "namespaces": ["training"]}
DEPLOYER = {"name": "deployer", "namespace": "ci", "clusterRole": "edit"}
OWN = f"https://oidc.cks.coreweave.com/id/{fleet.CONTROL_PLANE}"
PIPELINE = claims(
    iss=OWN,
    aud=[OWN],
    **{"kubernetes.io": {"namespace": "ci", "serviceaccount": {"name": "deployer"}}},
)
KEYS = {"accepted", "username", "groups", "rule", "reason", "signature", "bindings"}


@pytest.fixture
def block(tmp_path: Path) -> str:
    path = tmp_path / "oidc.json"
    path.write_text(json.dumps(BLOCK))
    return str(path)


@pytest.fixture
def issuer(tmp_path: Path) -> Iterator[Issuer]:
    with running_issuer(tmp_path / "issuer") as running:
        yield running


def offline(folder: Folder, block: str, token: str, *more: str) -> Printed:
    return folder.run("explain", "--block", block, "--offline", *more, token)


def test_a_file_with_a_block_and_a_token_need_nothing_else(folder: Folder, block: str) -> None:
    printed = offline(folder, block, claims(groups=["ml"]).signed(), "--json")

    assert printed.code == 0
    assert json.loads(printed.out) == {
        "accepted": True,
        "username": "alice@example.com",
        "groups": ["oidc:ml", "system:authenticated"],
        "rule": "",
        "reason": "the signature was not checked: nothing was fetched, because of --offline",
        "signature": "unchecked",
        "bindings": [],
    }


def test_a_refused_token_is_something_found(folder: Folder, block: str) -> None:
    printed = offline(folder, block, claims(aud="other").signed())

    assert (printed.code, printed.err) == (2, "")
    assert printed.out.startswith('refused (audience): the token\'s "aud" is "other"')


USELESS = {
    "half a token": (Token(text="{header}.{payload}"), "malformed"),
    "a JWE": (Token(text="{token}.{payload}.{signature}"), "malformed"),
    "an opaque access token": (Token(text="CW-opaque"), "malformed"),
    "another issuer's": (claims(iss="https://other.example.com"), "issuer"),
    "an expired one": (claims(exp=In(-60)), "expired"),
}


@pytest.mark.parametrize(("token", "rule"), USELESS.values(), ids=list(USELESS))
def test_a_token_that_no_setting_would_help_is_an_error_in_one_line(
    folder: Folder, block: str, token: Token, rule: str
) -> None:
    text = token.signed()

    printed = offline(folder, block, text)

    assert (printed.code, printed.out) == (1, "")
    assert printed.err.startswith(f"cks-access: the token is refused ({rule}): ")
    assert printed.err.count("\n") == 1
    assert not any(piece in printed.err for piece in text.split("."))
    found = offline(folder, block, text, "--json")
    assert (found.code, found.err, json.loads(found.out)["rule"]) == (1, "", rule)


@pytest.mark.parametrize(
    "written",
    ["\n {}\n", "\ufeff{}\r\n", '\ufeff{{"id_token": "{}"}}'],
    ids=["spaces", "a byte order mark", "a byte order mark before JSON"],
)
def test_a_token_is_read_from_standard_input(
    folder: Folder, block: str, monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(written.format(Token().signed())))

    assert offline(folder, block, "-").code == 0


@pytest.mark.parametrize(
    "wrapped",
    ['{{"kind": "ExecCredential", "status": {{"token": "{}"}}}}', '{{"id_token": "{}"}}'],
    ids=["an exec plugin's answer", "a token endpoint's answer"],
)
def test_a_token_is_taken_out_of_an_answer(
    folder: Folder, block: str, monkeypatch: pytest.MonkeyPatch, wrapped: str
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(wrapped.format(Token().signed())))

    assert offline(folder, block, "-").code == 0


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ('{"access_token": "SECRET"}', "holds neither the status.token of an exec plugin nor"),
        ('{"id_token": "SECRET', "holds neither the status.token of an exec plugin nor"),
        ('{"payload": "SECRET", "signatures": []}', "is a JWS in JSON form; send it in compact"),
        (f"'{Token().signed()}'", "the token is in quotes; pass it without them"),
    ],
    ids=["an access token", "half an answer", "a JWS in JSON", "quotes"],
)
def test_what_is_no_bare_token_is_said(folder: Folder, block: str, given: str, told: str) -> None:
    printed = offline(folder, block, given)

    assert (printed.code, printed.out) == (1, "")
    assert told in printed.err
    assert "SECRET" not in printed.err


def test_a_file_in_the_place_of_a_token_is_said(folder: Folder, block: str) -> None:
    printed = offline(folder, block, block)

    assert (printed.code, printed.out) == (1, "")
    assert printed.err == (
        "cks-access: cannot explain a token: the argument is the path of a file, and is not read as "
        'one; write "- <" before the path\n'
    )


@pytest.mark.parametrize("given", ["a" * 5000, "a\0b"])
def test_a_text_that_can_be_no_path_is_judged_as_a_token(
    folder: Folder, block: str, given: str
) -> None:
    assert "the token is refused (malformed)" in offline(folder, block, given).err


def test_an_empty_token_is_said(folder: Folder, block: str) -> None:
    printed = offline(folder, block, " \n")

    assert printed.code == 1
    assert printed.err == "cks-access: cannot explain a token: it is empty; pass the ID token\n"


@pytest.mark.parametrize(
    "given", [[], ["SECRET1", "SECRET2"], ["SECRET", "--from-kubeconfig", "x"]]
)
def test_not_exactly_one_token_is_a_wrong_use_that_repeats_none(
    folder: Folder, block: str, given: list[str]
) -> None:
    printed = folder.run("explain", "--block", block, *given)

    assert printed.code == 1
    assert "give one token, or - to read it from standard input" in printed.err
    assert "SECRET" not in printed.err


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["explain", "--from-kubeconfig"],
        ["explain", "x", "--block"],
        ["explain", "x", "--stack"],
    ],
    ids=" ".join,
)
def test_a_token_in_the_wrong_place_is_not_repeated(folder: Folder, arguments: list[str]) -> None:
    token = Token().signed()

    for given in (token, token[:40]):
        printed = folder.run(*arguments, given)

        assert printed.code == 1
        assert "[token]" in printed.err
        assert not any(part in printed.err for part in given.split("."))


def kubeconfig(folder: Folder, **user: str) -> str:
    """Write a kubeconfig whose context "people" has this user."""
    path = folder.path / "kubeconfig"
    content = {
        "clusters": [{"name": "c", "cluster": {"server": "https://k8s.example.com"}}],
        "contexts": [{"name": "people", "context": {"cluster": "c", "user": "u"}}],
        "users": [{"name": "u", "user": user}],
    }
    path.write_text(json.dumps(content))
    return str(path)


def test_the_token_of_a_context_is_explained(
    folder: Folder, block: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", kubeconfig(folder, token=Token().signed()))

    printed = folder.run("explain", "--block", block, "--offline", "--from-kubeconfig", "people")

    assert printed.code == 0
    assert 'accepted as "alice@example.com"' in printed.out


def test_a_context_that_impersonates_somebody_says_so(
    folder: Folder, block: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = {"token": Token().signed(), "as": "bob"}
    monkeypatch.setenv("KUBECONFIG", kubeconfig(folder, **user))

    printed = folder.run("explain", "--block", block, "--offline", "--from-kubeconfig", "people")

    assert printed.code == 0
    assert '! the context says "as: bob", so kubectl asks to act as that user' in printed.out


def test_without_kubeconfig_variable_it_is_that_of_the_user(
    folder: Folder, block: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("HOME", str(folder.path))

    printed = folder.run("explain", "--block", block, "--from-kubeconfig", "people")

    assert f"there is no kubeconfig at {folder.path}/.kube/config" in printed.err


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("[1]", "is not an oidc block"),
        ('{"cluster": 5}', "is not an oidc block"),
        (
            '{"issuerURL": "x", "clientID": "y"}',
            'is not an oidc block: no block has "issuerURL" (the nearest is "issuerUrl"), "clientID" ',
        ),
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        (
            '{"issuerUrl": 5, "signingAlgorithms": "RS256"}',
            "is not an oidc block: issuerUrl has to be text; signingAlgorithms has to be a list; wri",
        ),
    ],
)
def test_a_file_that_is_no_block_is_named(
    folder: Folder, block: str, content: str, told: str
) -> None:
    Path(block).write_text(content)

    printed = offline(folder, block, Token().signed())

    assert printed.code == 1
    assert f"{block} {told}" in printed.err


@pytest.mark.parametrize(
    "wrapped",
    [
        {"oidc": BLOCK},
        {"id": "1", "oidc": BLOCK},
        {"cluster": {"id": "1", "oidc": BLOCK}},
    ],
)
def test_a_block_is_taken_out_of_an_answer_of_the_api(
    folder: Folder, block: str, wrapped: dict[str, object]
) -> None:
    Path(block).write_text(f"\ufeff{json.dumps(wrapped)}")

    assert offline(folder, block, Token().signed()).code == 0


@pytest.mark.parametrize(
    "content", ["null", "{}", '{"cluster": {"oidc": null}}', '{"id": "1", "name": "x"}']
)
def test_no_block_is_a_cluster_that_accepts_no_token(
    folder: Folder, block: str, content: str
) -> None:
    Path(block).write_text(content)

    assert "the cluster has no OIDC block" in offline(folder, block, Token().signed()).err


def test_a_block_is_read_from_standard_input(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(BLOCK)))

    assert offline(folder, "-", Token().signed()).code == 0


def test_keys_that_no_block_has_are_named_with_the_nearest_one(folder: Folder, block: str) -> None:
    Path(block).write_text(json.dumps({**BLOCK, "groupClaim": "groups", "x": 1}))

    printed = offline(folder, block, Token().signed())

    told = 'they are ignored: "groupClaim" (the nearest is "groupsClaim"), "x"'
    assert printed.code == 0
    assert f"! {block} has keys that no oidc block has, and {told}" in printed.out
    assert told in json.loads(offline(folder, block, Token().signed(), "--json").out)["reason"]


def test_a_missing_file_is_named(folder: Folder) -> None:
    printed = offline(folder, "missing.json", Token().signed())

    assert printed.err.startswith("cks-access: cannot read missing.json: No such file")


@pytest.mark.parametrize(
    "options",
    [
        ["--block", "x", "--stack", "y"],
        ["--block", "x", "--cluster", "y"],
        ["--block", "x", "--live"],
        ["--block", "-", "-"],
        ["--offline", "--live"],
        ["--offline", "--cluster", "y"],
    ],
)
def test_options_that_contradict_each_other_are_a_wrong_use(
    folder: Folder, options: list[str]
) -> None:
    printed = folder.run("explain", "x", *options)

    assert printed.code == 1
    assert "exclude each other" in printed.err


def test_a_stack_file_says_what_the_bearer_may_do(folder: Folder) -> None:
    folder.write(clusters=[CLUSTER], identity=IDENTITY, bindings=[BINDING])
    token = claims(groups=["ml"]).signed()

    printed = folder.run("explain", "--stack", "test", "--offline", token)
    found = json.loads(folder.run("explain", "--stack", "test", "--offline", "--json", token).out)

    assert printed.code == 0
    assert "on east: edit in training, by Group oidc:ml (ml): may change most" in printed.out
    assert set(found) == KEYS
    assert [b["source"] for b in found["bindings"]] == ["bindings[0]"]


def test_a_stack_without_identity_points_at_the_cluster(folder: Folder) -> None:
    path = folder.write(clusters=[CLUSTER], bindings=[BINDING])

    printed = folder.run("explain", "--stack", str(path), Token().signed())

    assert printed.code == 1
    assert f"{path} has no identity, so the clusters' blocks are made elsewhere" in printed.err


def test_a_pipelines_token_is_known_by_the_id_of_a_cluster(folder: Folder) -> None:
    folder.write(clusters=[CLUSTER], identity=IDENTITY, automation=[DEPLOYER])

    printed = folder.run("explain", "--stack", "test", "--offline", PIPELINE.signed())

    assert 'accepted as "system:serviceaccount:ci:deployer"' in printed.out
    assert "on east: edit cluster wide, by ServiceAccount" in printed.out


def test_what_only_the_cluster_knows_of_a_service_account_is_said(
    folder: Folder, issuer: Issuer
) -> None:
    trusting = {**IDENTITY, "issuerUrl": issuer.url, "ca": issuer.ca}
    folder.write(clusters=[CLUSTER], identity=trusting)

    printed = folder.run("explain", "--stack", "test", PIPELINE.signed())
    found = json.loads(folder.run("explain", "--stack", "test", "--json", PIPELINE.signed()).out)

    assert printed.code == 0
    assert "signature: not checked (only the cluster has the key)" in printed.out
    assert "! whether the account still exists was not checked either, so a forged" in printed.out
    assert "--live" in printed.out
    assert found["reason"].startswith("the signature was not checked: only the cluster has the key")
    assert issuer.asked == []


def test_an_authentication_webhook_is_mentioned_where_it_may_still_accept(folder: Folder) -> None:
    hook = {"authentication": {"server": "https://hook.example.com"}}
    folder.write(clusters=[CLUSTER], identity=IDENTITY, webhooks=hook)

    printed = folder.run("explain", "--stack", "test", "--offline", claims(aud="x").signed())

    assert "the authentication webhook is asked about every token" in printed.out


@pytest.mark.parametrize(
    ("key", "code", "signature"), [("rsa", 0, "verified"), ("foreign", 2, "failed")]
)
def test_a_signature_is_verified_with_the_keys_of_the_issuer(
    folder: Folder, block: str, issuer: Issuer, key: str, code: int, signature: str
) -> None:
    Path(block).write_text(json.dumps({**BLOCK, "issuerUrl": issuer.url, "ca": issuer.ca}))

    printed = folder.run("explain", "--block", block, "--json", Token(key=key).signed(issuer.url))

    assert printed.code == code
    assert json.loads(printed.out)["signature"] == signature
    assert issuer.asked == ["/.well-known/openid-configuration", "/keys"]


def test_an_issuer_that_does_not_answer_leaves_the_signature_unchecked(
    folder: Folder, block: str, issuer: Issuer
) -> None:
    dead = issuer.url.replace("127.0.0.1", "127.0.0.2")
    Path(block).write_text(json.dumps({**BLOCK, "issuerUrl": dead, "ca": issuer.ca}))

    printed = folder.run("explain", "--block", block, Token().signed(dead))

    assert printed.code == 0
    assert "signature: not checked (the issuer's keys could not be read from here: " in printed.out


def test_a_token_of_another_issuer_makes_nobody_fetch_anything(
    folder: Folder, block: str, issuer: Issuer
) -> None:
    Path(block).write_text(json.dumps({**BLOCK, "issuerUrl": issuer.url, "ca": issuer.ca}))

    assert folder.run("explain", "--block", block, Token().signed()).code == 1
    assert issuer.asked == []


def test_a_cluster_without_a_block_accepts_no_token(folder: Folder, block: str) -> None:
    Path(block).write_text("{}")

    printed = folder.run("explain", "--block", block, Token().signed())

    assert printed.code == 1
    assert "the cluster has no OIDC block" in printed.err


class Reviewer:
    """A managed endpoint that answers every TokenReview alike."""

    def __init__(self, world: World) -> None:
        self.answer: httpx.Response | Exception = httpx.Response(
            201, json={"status": {"error": "[invalid bearer token, why]"}}
        )
        self.tokens: list[str] = []
        access = ApiAccess(f"https://{fleet.endpoint('local-east')}", world.token)
        transport = httpx.MockTransport(self._answer)
        client = KubernetesClient(access, transport=transport, clock=world.time.clock)
        provider_call.kubernetes_clients[access] = client

    def accept(self, username: str, *groups: str) -> None:
        user = {"username": username, "groups": [*groups, "system:authenticated"]}
        self.answer = httpx.Response(201, json={"status": {"authenticated": True, "user": user}})

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.tokens.append(json.loads(request.content)["spec"]["token"])
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def reviewer(world: World) -> Iterator[Reviewer]:
    yield Reviewer(world)
    provider_call.kubernetes_clients.clear()


def test_the_live_block_of_a_cluster_counts_and_not_that_of_the_stack_file(
    folder: Folder, world: World
) -> None:
    world.emulator.change(fleet.CONTROL_PLANE, oidc={**BLOCK, "clientId": "another"})
    folder.write(clusters=[CLUSTER], identity=IDENTITY, bindings=[BINDING])

    printed = folder.run(
        "explain", "--stack", "test", "--cluster", "east", claims(groups=["ml"]).signed()
    )

    assert printed.code == 2
    assert 'the block\'s clientId is "another"' in printed.out


@pytest.mark.parametrize("name", ["local-east", fleet.CONTROL_PLANE])
def test_a_cluster_is_found_without_a_stack_file(folder: Folder, world: World, name: str) -> None:
    world.emulator.change(fleet.CONTROL_PLANE, oidc=BLOCK)

    printed = folder.run("explain", "--cluster", name, claims(aud="x").signed())

    assert (printed.code, printed.out[:19]) == (2, "refused (audience):")


def test_a_cluster_that_is_being_made_has_no_address_yet(folder: Folder) -> None:
    printed = folder.run("explain", "--cluster", "newborn", "x")

    assert printed.code == 1
    assert "has no apiServerEndpoint yet (CREATING)" in printed.err


def test_an_unknown_cluster_is_an_error(folder: Folder) -> None:
    printed = folder.run("explain", "--cluster", "nowhere", "x")

    assert printed.code == 1
    assert 'no cluster "nowhere" is visible to this token' in printed.err


def test_an_api_that_does_not_answer_is_one_line_without_the_token(
    folder: Folder, world: World
) -> None:
    def refuse(_request: httpx.Request) -> None:
        message = "connection refused"
        raise httpx.ConnectError(message)

    world.connecting = refuse
    token = claims().signed()

    printed = folder.run("explain", "--cluster", "local-east", token)

    assert (printed.code, printed.out) == (1, "")
    (line,) = (line for line in printed.err.splitlines() if line.startswith("cks-access: "))
    assert "cannot list the clusters: no answer came back" in line
    assert token not in printed.err


def test_the_words_of_the_cluster_stand_beside_our_verdict(
    folder: Folder, reviewer: Reviewer
) -> None:
    folder.write(clusters=[CLUSTER], identity=IDENTITY)
    token = claims(aud="x").signed()

    printed = folder.run("explain", "--stack", "test", "--live", token)

    assert printed.code == 2
    assert "the cluster itself: refuses it: [invalid bearer token, why]" in printed.out
    assert reviewer.tokens == [token]


def test_a_cluster_that_answers_our_token_with_403_leaves_our_verdict(
    folder: Folder, reviewer: Reviewer
) -> None:
    reviewer.answer = httpx.Response(403, json={"message": "forbidden"})
    folder.write(clusters=[CLUSTER], identity=IDENTITY)

    printed = folder.run("explain", "--stack", "test", "--live", header(alg="none").signed())

    assert printed.code == 2
    assert "there is no answer of the cluster itself: cannot ask the cluster about" in printed.out


def test_a_cluster_that_does_not_answer_leaves_our_verdict_within_seconds(
    folder: Folder, world: World, reviewer: Reviewer
) -> None:
    reviewer.answer = httpx.ConnectTimeout("timed out")
    folder.write(clusters=[CLUSTER], identity=IDENTITY)
    began = world.time.now

    printed = folder.run("explain", "--stack", "test", "--live", PIPELINE.signed())

    assert printed.code == 0
    assert 'accepted as "system:serviceaccount:ci:deployer"' in printed.out
    assert "! there is no answer of the cluster itself: cannot ask the cluster about" in printed.out
    assert "only the cluster itself can tell" in printed.out
    assert len(reviewer.tokens) > 1
    assert world.time.now - began < 10


def test_a_cluster_that_the_stack_file_names_is_asked_by_the_id_that_it_has(
    folder: Folder, reviewer: Reviewer
) -> None:
    reviewer.accept(
        "system:serviceaccount:ci:deployer", "system:serviceaccounts", "system:serviceaccounts:ci"
    )
    named = {"name": "local-east", "alias": "east"}
    folder.write(clusters=[named], identity=IDENTITY, automation=[DEPLOYER])

    printed = folder.run("explain", "--stack", "test", "--live", PIPELINE.signed())

    assert (printed.code, printed.err) == (0, "")
    first, *_, server, right = printed.out.splitlines()
    assert first == 'accepted as "system:serviceaccount:ci:deployer"'
    assert server.startswith("the cluster itself: accepts it as")
    assert right.startswith("on east: edit cluster wide, by ServiceAccount")
    assert "!" not in printed.out


HOOK = {"server": "https://hook.example.com/authn"}


@pytest.mark.parametrize(
    ("arguments", "live", "why"),
    [
        (["--cluster", "local-east"], {"oidc": BLOCK, "authnWebhook": HOOK}, "webhook is asked"),
        (["--stack", "test"], {"oidc": BLOCK, "authnWebhook": HOOK}, "webhook is asked"),
        (["--stack", "test"], {"oidc": {**BLOCK, "clientId": "x"}}, "has another block now than"),
        (["--stack", "test"], {"oidc": BLOCK}, "knows more than can be seen from here"),
    ],
    ids=["a webhook", "a webhook beside a stack file", "another block", "the cluster alone knows"],
)
@pytest.mark.parametrize("token", [token for token, _ in USELESS.values()], ids=list(USELESS))
def test_a_token_that_the_cluster_accepts_is_accepted_with_why_we_differ(
    folder: Folder,
    world: World,
    reviewer: Reviewer,
    arguments: list[str],
    live: dict[str, object],
    why: str,
    token: Token,
) -> None:
    reviewer.accept("hook:dave", "hook:on-call")
    world.emulator.change(fleet.CONTROL_PLANE, **live)
    folder.write(clusters=[CLUSTER], identity=IDENTITY)
    given = token.signed()

    printed = folder.run("explain", *arguments, "--live", given)
    found = json.loads(folder.run("explain", *arguments, "--live", "--json", given).out)

    assert (printed.code, printed.err) == (0, "")
    assert printed.out.startswith('the cluster itself: accepts it as "hook:dave", groups hook:on-')
    assert "\nour own checks: refused (" in printed.out
    assert why in printed.out
    assert (found["accepted"], found["username"]) == (True, "hook:dave")
    assert why in found["reason"]


def test_a_useless_token_that_the_cluster_refuses_too_shows_its_reason_below(
    folder: Folder, reviewer: Reviewer
) -> None:
    folder.write(clusters=[CLUSTER], identity=IDENTITY)

    printed = folder.run("explain", "--stack", "test", "--live", "CW-opaque")

    assert (printed.code, printed.out) == (1, "")
    ours, theirs = printed.err.splitlines()
    assert ours.startswith("cks-access: the token is refused (malformed): ")
    assert theirs == "the cluster itself: refuses it: [invalid bearer token, why]"
    assert reviewer.tokens == ["CW-opaque"]


def test_an_account_that_only_the_cluster_knows_to_be_gone_is_refused(
    folder: Folder, world: World, reviewer: Reviewer
) -> None:
    world.emulator.change(fleet.CONTROL_PLANE, oidc=BLOCK)

    printed = folder.run("explain", "--cluster", "local-east", "--live", PIPELINE.signed())

    assert printed.code == 2
    first, second, *_ = printed.out.splitlines()
    assert first == "the cluster itself: refuses it: [invalid bearer token, why]"
    assert second == 'our own checks: accepted as "system:serviceaccount:ci:deployer"'
    assert len(reviewer.tokens) == 1


def test_which_of_several_clusters_is_asked_has_to_be_said(folder: Folder) -> None:
    path = folder.write(clusters=[CLUSTER, {"name": "foreign"}], identity=IDENTITY)

    printed = folder.run("explain", "--stack", "test", "--live", "x")

    assert printed.code == 1
    assert (
        f"--live asks one cluster, and {path.relative_to(folder.path)} has east, foreign"
        in printed.err
    )


def test_a_judgement_without_network_loads_no_library_of_the_network() -> None:
    code = (
        "import sys; from cks_components.cli.command import main; main(sys.argv[1:]); "
        "heavy = {'httpx', 'pulumi', 'grpc', 'joserfc', 'cryptography'}; "
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    arguments = ["explain", "--block", "/dev/stdin", "--offline", Token().signed()]

    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        input=json.dumps(BLOCK),
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_pulumi_is_asked_for_the_configuration_on_demand(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write(clusters=[CLUSTER], identity=IDENTITY)
    monkeypatch.setenv("PATH", "/nowhere")

    printed = folder.run("explain", "--stack", "test", "--resolve", "x")

    assert printed.code == 1
    assert "pulumi" in printed.err
