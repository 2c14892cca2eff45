"""Rules for pipelines: their service accounts, and the tokens that are stored for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from cks_components.rules.excessive_rights import CLUSTER_ADMIN
from cks_components.rules.rule import ERROR, GROWING, WARNING, Rule, Violation
from cks_components.stack_file.pipeline import PipelineSettings, TokenSettings
from cks_components.stack_file.settings import Located
from cks_components.stack_file.unknown_values import each_known

SHORTEST = timedelta(minutes=10)
"""The shortest lifetime that the API server accepts."""
LONGEST = timedelta(days=366)
_LONG = timedelta(days=90)
_ACCOUNT_OF_PODS = "default"
_SYSTEM = "kube-"


def clashes(entries: Sequence[Located[PipelineSettings]]) -> Iterator[Violation]:
    """Report the pipelines of one cluster that have the same name.

    A pipeline's service account and resources are named after it.
    """
    names: dict[str, str] = {}

    def judge(entry: Located[PipelineSettings]) -> Iterator[Violation]:
        path, pipeline = entry
        first = names.setdefault(pipeline.name, path)
        if first != path:
            yield Violation(
                f"{path}.name",
                f'"{pipeline.name}" is the name of {first} as well; give each pipeline of a '
                "cluster its own name",
            )

    return each_known(entries, judge)


def _own_account(pipeline: PipelineSettings) -> Iterator[Violation]:
    if pipeline.name == _ACCOUNT_OF_PODS:
        yield Violation(
            "name",
            '"default" is the service account of every pod in its namespace; give the pipeline its '
            "own name",
        )


def _own_namespace(pipeline: PipelineSettings) -> Iterator[Violation]:
    if pipeline.namespace.startswith(_SYSTEM):
        yield Violation(
            "namespace",
            f'"{pipeline.namespace}" is one of Kubernetes\' own namespaces; give pipelines their '
            "own namespace, such as ci",
        )


def _deletes_without_creating(pipeline: PipelineSettings) -> Iterator[Violation]:
    if pipeline.deletes_namespace and not pipeline.creates_namespace:
        yield Violation(
            "deleteNamespace",
            "would delete a namespace that this stack did not create; write createNamespace: true "
            "as well, or remove deleteNamespace",
        )


def _admin(pipeline: PipelineSettings) -> Iterator[Violation]:
    if pipeline.cluster_role == CLUSTER_ADMIN:
        yield Violation(
            "clusterRole",
            "cluster-admin gives everybody who can change the pipeline full control of the "
            "cluster; write a narrower role, or waive RBAC-03 with a reason",
        )


def _shortest(token: TokenSettings) -> Iterator[Violation]:
    if token.lifetime < SHORTEST:
        yield Violation(
            "lifetime", "is less than 10 minutes, which the API server refuses; write 10m or more"
        )


def _longest(token: TokenSettings) -> Iterator[Violation]:
    if token.lifetime > LONGEST:
        yield Violation(
            "lifetime",
            "is more than 366 days, but updates renew the token, so it need not live for years; "
            "write 30d",
        )


def _long(token: TokenSettings) -> Iterator[Violation]:
    if _LONG < token.lifetime <= LONGEST:
        yield Violation(
            "lifetime",
            "is more than 90 days: a stolen token works until it expires, and a cluster may "
            "shorten the lifetime; write 30d, or waive TOKEN-03 with a reason",
        )


def _renews_too_early(token: TokenSettings) -> Iterator[Violation]:
    if not timedelta() <= token.renew_before < token.lifetime:
        yield Violation(
            "renewBefore",
            "must be less than the lifetime, or every update rotates the token; write a quarter of "
            "the lifetime",
        )


RULES: tuple[Rule[PipelineSettings], ...] = (
    Rule("PIPE-01", "a pipeline does not use the service account `default`", ERROR, _own_account),
    Rule(
        "PIPE-02", "a pipeline is not in one of Kubernetes' own namespaces", ERROR, _own_namespace
    ),
    Rule(
        "PIPE-05",
        "`deleteNamespace` is set only together with `createNamespace`",
        ERROR,
        _deletes_without_creating,
    ),
    Rule("RBAC-03", "no pipeline gets `cluster-admin`", GROWING, _admin),
)
TOKEN_RULES: tuple[Rule[TokenSettings], ...] = (
    Rule("TOKEN-01", "a token lives for at least 10 minutes", ERROR, _shortest, False),
    Rule("TOKEN-02", "a stored token lives for at most 366 days", ERROR, _longest),
    Rule("TOKEN-03", "a stored token lives for at most 90 days", WARNING, _long),
    Rule("TOKEN-04", "`renewBefore` is less than `lifetime`", ERROR, _renews_too_early, False),
)
