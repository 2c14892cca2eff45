"""Blocks, tokens and what kube-apiserver 1.36 makes of them, as it was observed.

The unit tests judge each row with the issuer's keys at hand; a test of the lab asks kube-apiserver.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from cks_components.kubernetes.user import User
from tests.tokens import ABSENT, ALICE, BLOCK, ISSUER, In, Token, claims, header

Outcome = User | str
"""Who the bearer becomes, or the rule that refuses the token."""
EVERYBODY = "system:authenticated"
GOOGLE = "https://accounts.google.com"
AUTH0 = "https://acme.eu.auth0.com/"
TENANT = "11111111-2222-3333-4444-555555555555"
ENTRA = f"https://login.microsoftonline.com/{TENANT}/v2.0"
GITHUB = "https://token.actions.githubusercontent.com"
KEYCLOAK = "https://sso.example.com/realms/eng"
GITLAB = "https://gitlab.example.com"
DEX = "https://dex.example.com"
WITH_A_SLASH = "https://slash.example.com"
"""Its discovery document names it with a slash at the end."""
WITHOUT_KEYS = "https://keyless.example.com"
"""Its discovery document has no jwks_uri."""
NEVER_INITIALIZED = (WITH_A_SLASH, WITHOUT_KEYS)
SOURCE = {"src1": {"endpoint": f"{ISSUER}/no/groups"}}
"""An endpoint that answers 404."""


class Row(NamedTuple):
    """One token and its outcome."""

    name: str
    token: Token
    outcome: Outcome


class Configuration(NamedTuple):
    """A block and the tokens that are tried with it."""

    block: dict[str, Any]
    rows: list[Row]
    is_about_flags: bool = False
    """Whether it shows how flags are read, so that no other form of configuration can stand in."""

    @property
    def name(self) -> str:
        """The leaves that differ from the usual block."""
        differing = {k: v for k, v in self.block.items() if BLOCK.get(k) != v}
        missing = [f"no {leaf}" for leaf in BLOCK if leaf not in self.block]
        return " ".join([*(f"{k}={v}" for k, v in differing.items()), *missing]) or "usual"


def becomes(*groups: str, user: str = ALICE) -> User:
    """A user with groups, everybody's added."""
    return User(user, (*groups, EVERYBODY))


def with_leaves(**leaves: Any) -> dict[str, Any]:
    """The usual block with other leaves; None leaves one out."""
    return {k: v for k, v in {**BLOCK, **leaves}.items() if v is not None}


def by_claim(claim: str, *outcomes: tuple[Any, Outcome]) -> Iterator[Row]:
    """Rows that differ in the value of one claim."""
    for value, outcome in outcomes:
        shown = "absent" if value is ABSENT else repr(value)
        yield Row(f"{claim} {shown}"[:70], claims(**{claim: value}), outcome)


def groups(*outcomes: tuple[Any, Outcome]) -> Iterator[Row]:
    """Rows that differ in the groups."""
    return by_claim("groups", *outcomes)


USUAL: list[Row] = [
    *groups(
        (["platform", "ml"], becomes("oidc:platform", "oidc:ml")),
        ("platform", becomes("oidc:platform")),
        ("platform,ml", becomes("oidc:platform,ml")),
        (ABSENT, becomes()),
        (None, becomes()),
        ([], becomes()),
        ("", becomes("oidc:")),
        (["", "ml"], becomes("oidc:", "oidc:ml")),
        (["ml", None], becomes("oidc:ml", "oidc:")),
        (7, "groups-type"),
        (1.5, "groups-type"),
        (False, "groups-type"),
        ({"ml": True}, "groups-type"),
        ([1, 2], "groups-type"),
        ([{}], "groups-type"),
        ([{"name": "ml"}], "groups-type"),
        (["ml", "ml"], becomes("oidc:ml", "oidc:ml")),
        ([f"g{n}" for n in range(2000)], becomes(*(f"oidc:g{n}" for n in range(2000)))),
        (["system:masters"], becomes("oidc:system:masters")),
    ),
    Row("two spellings of groups", claims(groups=["ml"], Groups=["root"]), becomes("oidc:ml")),
    *by_claim(
        "email",
        (ABSENT, "username-missing"),
        (None, becomes(user="")),
        (5, "username-type"),
        (True, "username-type"),
        ("alice", becomes(user="alice")),
    ),
    *by_claim(
        "email_verified",
        (True, becomes()),
        (False, "email-unverified"),
        (None, "email-unverified"),
        ("true", "email-verified-type"),
        ("", "email-verified-type"),
        ([True], "email-verified-type"),
    ),
    *by_claim(
        "aud",
        ("other", "audience"),
        (["a", "b"], "audience"),
        (ABSENT, "audience"),
        (None, "audience"),
        ("", "audience"),
        ("kubernetes other", "audience"),
        (["other", "kubernetes"], becomes()),
        (5, "claims"),
        ({"kubernetes": True}, "claims"),
    ),
    Row("another azp", claims(azp="someone-else"), becomes()),
    *by_claim(
        "exp",
        (In(-2), "expired"),
        (ABSENT, "expired"),
        (-1, "expired"),
        (In(315_000_000), becomes()),
        (In(600, as_text=True), becomes()),
        (In(600.5), becomes()),
        ("tomorrow", "claims"),
        (None, "claims"),
    ),
    *by_claim(
        "nbf",
        (In(30), becomes()),
        ("1", becomes()),
        (None, becomes()),
        (In(90), "not-yet-valid"),
        (In(300), "not-yet-valid"),
        ("soon", "claims"),
    ),
    *by_claim("iat", (In(3600), becomes()), ("yesterday", "claims"), (True, "claims")),
    *(
        Row(f"alg {name}", header(alg=name), "algorithm")
        for name in ("ES256", "RS384", "RS512", "HS256", "none", ABSENT)
    ),
    Row("no kid", header(kid=ABSENT), becomes()),
    Row("empty kid", header(kid=""), becomes()),
    Row("unknown kid, right key", header(kid="new"), "signature"),
    Row("unknown kid, foreign key", Token(header={"kid": "new"}, key="foreign"), "signature"),
    Row("right kid, foreign key", Token(key="foreign"), "signature"),
    Row("unknown critical parameter", header(crit=["x"], x=1), "signature"),
    Row("access token's typ", header(typ="at+jwt"), becomes()),
    Row("no typ", header(typ=ABSENT), becomes()),
    Row("foreign jku", header(jku="https://x.example", x5u="https://x.example"), becomes()),
    Row("at_hash and nonce", claims(at_hash="wrong", nonce="any"), becomes()),
    *by_claim("nonce", (5, "claims")),
    *by_claim("sub", (5, "claims"), (["a"], "claims"), (ABSENT, becomes())),
    *by_claim("jti", ("abc-123", becomes()), (5, becomes())),
    *by_claim("unknown", (5, becomes()), ([{}], becomes()), (None, becomes())),
    *by_claim(
        "iss",
        (f"{ISSUER}/", "issuer"),
        ("https://IDP.example.com", "issuer"),
        ("https://other.example.com", "issuer"),
        (ABSENT, "issuer"),
        (5, "issuer"),
        (None, "issuer"),
    ),
    Row("Iss for iss", claims(iss=ABSENT, Iss=ISSUER), becomes()),
    Row("Aud for aud", claims(aud=ABSENT, Aud="kubernetes"), becomes()),
    Row(
        "aud, then a right AUD",
        Token(payload='{{"aud":"x",{claims},"AUD":"kubernetes"}}'),
        becomes(),
    ),
    Row("aud, then a wrong AUD", Token(payload='{{{claims},"AUD":"x"}}'), "audience"),
    Row("opaque", Token(text="CW-SECRET-0123456789"), "malformed"),
    Row("two parts", Token(text="{header}.{payload}"), "malformed"),
    Row("five parts", Token(text="{token}.{payload}.{signature}"), "malformed"),
    Row("padded payload", Token(text="{header}.{payload}==.{signature}"), "malformed"),
    Row(
        "JSON form", Token(text='{{"payload":"{payload}","signature":"{signature}"}}'), "malformed"
    ),
    Row("payload that is no JSON", Token(payload="hello"), "malformed"),
    Row(
        "groups at an endpoint",
        claims(_claim_names={"groups": "src1"}, _claim_sources=SOURCE),
        "distributed-claim",
    ),
    Row("groups without sources", claims(_claim_names={"groups": "src1"}), "claim-source"),
    Row("groups at an empty source", claims(_claim_names={"groups": ""}), "claim-source"),
    Row("no names and no sources", claims(_claim_names={}), "distributed-claim"),
    Row("names in an array", claims(_claim_names=["groups"]), "claims"),
    Row("a number for a source", claims(_claim_names={"groups": 5}), "claims"),
    Row(
        "another claim's source",
        claims(_claim_names={"wids": "src1"}, _claim_sources=SOURCE),
        becomes(),
    ),
    Row(
        "an inline source",
        claims(_claim_names={"groups": "s"}, _claim_sources={"s": {"JWT": "x"}}),
        becomes(),
    ),
    Row("hasgroups", claims(hasgroups=True), becomes()),
    Row("wrong aud and expired", claims(aud="x", exp=In(-9)), "audience"),
    Row("expired and unverified", claims(exp=In(-9), email_verified=False), "expired"),
    Row("nbf ahead and expired", claims(nbf=In(300), exp=In(-9)), "expired"),
    Row("foreign key and expired", Token({"exp": In(-9)}, key="foreign"), "signature"),
    Row(
        "wrong aud and overage",
        claims(aud="x", _claim_names={"groups": "src1"}, _claim_sources=SOURCE),
        "audience",
    ),
    Row("unverified and bad groups", claims(email_verified=False, groups=7), "email-unverified"),
    Row("email 5 and bad groups", claims(email=5, groups=7), "username-type"),
]
CONFIGURATIONS: list[Configuration] = [
    Configuration(dict(BLOCK), USUAL, is_about_flags=True),
    Configuration(
        with_leaves(groupsPrefix=None),
        [
            *groups(
                (["ml"], becomes("ml")),
                (["system:masters"], becomes("system:masters")),
                ([""], becomes("")),
                (["system:nodes"], becomes("system:nodes")),
                (
                    ["system:serviceaccounts:kube-system"],
                    becomes("system:serviceaccounts:kube-system"),
                ),
                (["system:unauthenticated"], User(ALICE, ("system:unauthenticated",))),
                (["system:authenticated"], User(ALICE, (EVERYBODY,))),
            )
        ],
    ),
    Configuration(
        with_leaves(groupsClaim=None),
        [
            *groups((["system:masters"], becomes()), (7, becomes())),
            Row(
                "groups at an endpoint",
                claims(_claim_names={"groups": "src1"}, _claim_sources=SOURCE),
                becomes(),
            ),
            Row("groups without sources", claims(_claim_names={"groups": "src1"}), "claim-source"),
        ],
    ),
    Configuration(
        with_leaves(groupsPrefix="-", usernamePrefix="-", usernameClaim="sub"),
        [
            *groups((["ml"], becomes("-ml", user="u-1"))),
            *by_claim(
                "sub",
                ("", becomes(user="")),
                ("-", becomes(user="-")),
                ("system:admin", becomes(user="system:admin")),
                ("system:kube-controller-manager", becomes(user="system:kube-controller-manager")),
                (
                    "system:serviceaccount:kube-system:default",
                    becomes(user="system:serviceaccount:kube-system:default"),
                ),
                ("system:anonymous", User("system:anonymous", ())),
            ),
        ],
        is_about_flags=True,
    ),
    Configuration(
        with_leaves(groupsPrefix="system:", usernamePrefix="system:", usernameClaim="sub"),
        [
            Row(
                "masters",
                claims(sub="admin", groups=["masters"]),
                becomes("system:masters", user="system:admin"),
            )
        ],
    ),
    Configuration(
        with_leaves(groupsClaim="realm_access.roles"),
        [*by_claim("realm_access", ({"roles": ["admin"]}, becomes()))],
    ),
    Configuration(
        with_leaves(groupsClaim="realm_access"),
        [*by_claim("realm_access", ({"roles": ["admin"]}, "groups-type"))],
    ),
    Configuration(
        with_leaves(groupsClaim="https://acme.example/groups"),
        [*by_claim("https://acme.example/groups", (["ml"], becomes("oidc:ml")))],
    ),
    Configuration(
        with_leaves(groupsClaim="role"), [*by_claim("role", ("lead", becomes("oidc:lead")))]
    ),
    Configuration(with_leaves(groupsClaim="sub"), [Row("base", Token(), becomes("oidc:u-1"))]),
    Configuration(
        with_leaves(usernameClaim=None),
        [
            Row("base", Token(), becomes(user=f"{ISSUER}#u-1")),
            *by_claim("email_verified", (False, becomes(user=f"{ISSUER}#u-1"))),
            *by_claim("sub", (ABSENT, "username-missing")),
        ],
        is_about_flags=True,
    ),
    Configuration(
        with_leaves(usernameClaim="preferred_username"),
        [
            *by_claim(
                "preferred_username",
                ("alice", becomes(user=f"{ISSUER}#alice")),
                (ABSENT, "username-missing"),
            ),
            Row(
                "unverified",
                claims(preferred_username="alice", email_verified=False),
                becomes(user=f"{ISSUER}#alice"),
            ),
        ],
    ),
    Configuration(with_leaves(usernameClaim="name"), [*by_claim("name", (["a"], "username-type"))]),
    Configuration(
        with_leaves(usernameClaim="Email"),
        [
            Row(
                "unverified",
                claims(Email=ALICE, email_verified=False),
                becomes(user=f"{ISSUER}#{ALICE}"),
            )
        ],
    ),
    Configuration(
        with_leaves(usernamePrefix="-"),
        [Row("base", Token(), becomes()), *by_claim("email_verified", (False, "email-unverified"))],
    ),
    Configuration(
        with_leaves(usernamePrefix="corp#"), [Row("base", Token(), becomes(user=f"corp#{ALICE}"))]
    ),
    Configuration(
        with_leaves(usernamePrefix=f"{ISSUER}#"),
        [
            Row("base", Token(), becomes(user=f"{ISSUER}#{ALICE}")),
            *by_claim("email_verified", (False, "email-unverified")),
        ],
    ),
    Configuration(
        with_leaves(usernameClaim="sub", usernamePrefix="okta:"),
        [
            *by_claim(
                "sub",
                ("u-1", becomes(user="okta:u-1")),
                ("okta:u-1", becomes(user="okta:okta:u-1")),
            )
        ],
    ),
    Configuration(
        with_leaves(
            signingAlgorithms=[f"SIGNING_ALGORITHM_{a}" for a in ("RS256", "ES256", "PS256")]
        ),
        [
            Row("ES256", Token(header={"alg": "ES256", "kid": "ec"}, key="ec"), becomes()),
            Row("RS256", Token(), becomes()),
            Row("RS384", header(alg="RS384"), "algorithm"),
        ],
        is_about_flags=True,
    ),
    Configuration(
        with_leaves(issuerUrl=AUTH0),
        [
            Row("with slash", claims(iss=AUTH0), becomes()),
            Row("without", claims(iss=AUTH0[:-1]), "issuer"),
        ],
    ),
    Configuration(
        with_leaves(issuerUrl=WITH_A_SLASH), [*by_claim("iss", (WITH_A_SLASH, "not-initialized"))]
    ),
    Configuration(
        with_leaves(issuerUrl=WITHOUT_KEYS), [*by_claim("iss", (WITHOUT_KEYS, "not-initialized"))]
    ),
    Configuration(
        {},
        [Row("a JWT", Token(), "issuer"), Row("opaque", Token(text="opaque"), "malformed")],
        is_about_flags=True,
    ),
    Configuration(
        with_leaves(requiredClaim="hd=example.com"),
        [
            *by_claim(
                "hd",
                ("example.com", becomes()),
                ("gmail.com", "required-value"),
                ("", "required-value"),
                (ABSENT, "required-missing"),
                (True, "required-type"),
                (["example.com"], "required-type"),
            ),
            Row("unverified", claims(email_verified=False, hd="x"), "email-unverified"),
            Row("no email and no hd", claims(email=ABSENT), "username-missing"),
        ],
    ),
    Configuration(
        with_leaves(requiredClaim="hd="),
        [*by_claim("hd", ("", becomes()), ("x", "required-value"), (ABSENT, "required-missing"))],
    ),
    Configuration(
        with_leaves(requiredClaim="level=5"),
        [*by_claim("level", ("5", becomes()), (5, "required-type"))],
    ),
    Configuration(
        with_leaves(requiredClaim="email_verified=true"),
        [*by_claim("email_verified", (True, "required-type"), (ABSENT, "required-missing"))],
    ),
    Configuration(with_leaves(requiredClaim="q=a=b"), [*by_claim("q", ("a=b", becomes()))]),
    Configuration(with_leaves(requiredClaim="q=a,r=b"), [*by_claim("q", ("a,r=b", becomes()))]),
    Configuration(
        with_leaves(requiredClaim=" hd = example.com "),
        [*by_claim("hd", ("example.com", becomes()))],
        is_about_flags=True,
    ),
    Configuration(
        with_leaves(requiredClaim="aud=kubernetes"),
        [*by_claim("aud", ("kubernetes", becomes()), (["kubernetes"], "required-type"))],
    ),
    Configuration(
        with_leaves(requiredClaim=f"email={ALICE}"),
        [*by_claim("email", (ALICE, becomes()), ("bob@example.com", "required-value"))],
    ),
    Configuration(
        with_leaves(requiredClaim="repository_visibility=private"),
        [*by_claim("repository_visibility", ("private", becomes()), ("public", "required-value"))],
    ),
    Configuration(
        with_leaves(issuerUrl=GOOGLE, requiredClaim="hd=example.com", groupsClaim=None),
        [
            Row("work", claims(iss=GOOGLE, hd="example.com", email_verified=True), becomes()),
            Row("old spelling", claims(iss="accounts.google.com", hd="example.com"), becomes()),
            Row("private account", claims(iss=GOOGLE), "required-missing"),
        ],
    ),
    Configuration(
        with_leaves(
            issuerUrl=ENTRA,
            usernameClaim="preferred_username",
            usernamePrefix="entra:",
            groupsPrefix="entra:",
        ),
        [
            Row(
                "groups",
                claims(iss=ENTRA, preferred_username="a", groups=[TENANT]),
                becomes(f"entra:{TENANT}", user="entra:a"),
            ),
            Row(
                "common",
                claims(iss="https://login.microsoftonline.com/common/v2.0", preferred_username="a"),
                "issuer",
            ),
            Row(
                "overage",
                claims(
                    iss=ENTRA,
                    preferred_username="a",
                    _claim_names={"groups": "src1"},
                    _claim_sources=SOURCE,
                ),
                "distributed-claim",
            ),
            Row(
                "hasgroups",
                claims(iss=ENTRA, preferred_username="a", hasgroups=True),
                becomes(user="entra:a"),
            ),
        ],
    ),
    Configuration(
        with_leaves(
            issuerUrl=ENTRA,
            usernameClaim="oid",
            usernamePrefix="entra:",
            groupsClaim="roles",
            groupsPrefix="entra:",
        ),
        [
            Row("no roles", claims(iss=ENTRA, oid="o-1"), becomes(user="entra:o-1")),
            Row(
                "unverified",
                claims(iss=ENTRA, oid="o-1", email_verified=False),
                becomes(user="entra:o-1"),
            ),
        ],
    ),
    Configuration(
        with_leaves(issuerUrl=ENTRA, usernameClaim="upn", usernamePrefix="entra:"),
        [Row("no upn", claims(iss=ENTRA), "username-missing")],
    ),
    Configuration(
        with_leaves(
            issuerUrl=GITHUB,
            usernameClaim="sub",
            usernamePrefix="github:",
            groupsClaim="environment",
            groupsPrefix="github-environment:",
            requiredClaim="repository_owner_id=65",
        ),
        [
            Row(
                name,
                claims(iss=GITHUB, email=ABSENT, **{"repository_owner_id": "65", **job}),
                outcome,
            )
            for name, job, outcome in (
                (
                    "old",
                    {"sub": "repo:acme/infra:environment:production", "environment": "production"},
                    becomes(
                        "github-environment:production",
                        user="github:repo:acme/infra:environment:production",
                    ),
                ),
                (
                    "immutable",
                    {"sub": "repo:acme@65/infra@77:environment:production"},
                    becomes(user="github:repo:acme@65/infra@77:environment:production"),
                ),
                (
                    "another owner",
                    {"sub": "repo:evil/infra:ref:refs/heads/main", "repository_owner_id": "66"},
                    "required-value",
                ),
                (
                    "default audience",
                    {"sub": "repo:acme/infra", "aud": "https://github.com/acme"},
                    "audience",
                ),
                (
                    "pull request",
                    {"sub": "repo:acme/infra:pull_request"},
                    becomes(user="github:repo:acme/infra:pull_request"),
                ),
                (
                    "two audiences",
                    {"sub": "repo:acme/infra", "aud": ["x", "kubernetes"]},
                    becomes(user="github:repo:acme/infra"),
                ),
            )
        ],
    ),
    Configuration(
        with_leaves(issuerUrl=KEYCLOAK, groupsPrefix="kc:"),
        [
            Row(
                "full path",
                claims(iss=KEYCLOAK, groups=["/eng/ops"], email_verified=True),
                becomes("kc:/eng/ops"),
            ),
            Row("made by an admin", claims(iss=KEYCLOAK, email_verified=False), "email-unverified"),
            Row("access token", claims(iss=KEYCLOAK, aud="account", typ="Bearer"), "audience"),
        ],
    ),
    Configuration(
        with_leaves(
            issuerUrl=GITLAB,
            usernameClaim="sub",
            usernamePrefix="gitlab:",
            groupsClaim=None,
            requiredClaim="namespace_id=72",
        ),
        [
            Row(
                "job",
                claims(
                    iss=GITLAB,
                    sub="project_path:acme/infra:ref_type:branch:ref:main",
                    namespace_id="72",
                ),
                becomes(user="gitlab:project_path:acme/infra:ref_type:branch:ref:main"),
            ),
            Row("default audience", claims(iss=GITLAB, aud=GITLAB, namespace_id="72"), "audience"),
        ],
    ),
    Configuration(
        with_leaves(issuerUrl=DEX, groupsPrefix="dex:"),
        [Row("team", claims(iss=DEX, groups=["acme:platform"]), becomes("dex:acme:platform"))],
    ),
]
