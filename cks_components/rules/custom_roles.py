"""Rules for the roles of a stack: their shape, their names, and what they give beside."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from cks_components.rbac import escalation, unmatched
from cks_components.rbac.escalation import Escalation
from cks_components.rbac.known_names import KnownNames
from cks_components.rules import role_names
from cks_components.rules.role_names import WELL_KNOWN
from cks_components.rules.rule import (
    ERROR,
    ERROR_IN_PRODUCTION,
    GROWING,
    WARNING,
    Rule,
    Violation,
)
from cks_components.stack_file.role import GrantSettings, RoleSettings, RuleSettings
from cks_components.stack_file.settings import Located
from cks_components.stack_file.unknown_values import each_known


def misshapen(role: RoleSettings) -> Iterator[Violation]:
    """Report what kube-apiserver would refuse, or what makes no sense; paths begin at the role."""
    if role.extends and role.namespaces is not None:
        yield Violation(
            "extends",
            "is for ClusterRoles only, and a role with namespaces is a Role; remove one of the two",
        )
    if not role.extends and not role.rules:
        yield Violation("rules", "is empty, so the role would give nothing; write rules")
    for index, rule in enumerate(role.rules):
        for path, text in _misshapen_rule(rule, is_namespaced=role.namespaces is not None):
            yield Violation(f"rules[{index}]{path}", text)


def _misshapen_rule(rule: RuleSettings, *, is_namespaced: bool) -> Iterator[Violation]:
    if rule.non_resource_urls:
        if rule.api_groups or rule.resources or rule.resource_names:
            yield Violation(
                ".nonResourceURLs", "stands beside resources; write two rules, one for each"
            )
        if is_namespaced:
            yield Violation(
                ".nonResourceURLs",
                "is in no namespace; write the rule into a role without namespaces",
            )
    elif not rule.resources:
        yield Violation("", "names no resources and no nonResourceURLs; write one of the two")
    elif not rule.api_groups:
        groups = ", ".join(group or '""' for group in _groups(rule.resources))
        yield Violation(
            ".apiGroups", f"is missing, and a rule for resources has them; write [{groups}]"
        )


def _groups(resources: Sequence[str]) -> list[str]:
    """The first API group of each resource."""
    known = KnownNames()
    found = (next(iter(known.groups_of(resource)), "") for resource in resources)
    return list(dict.fromkeys(found))


def conflicts(
    roles: Sequence[Located[RoleSettings]], grants: Sequence[Located[GrantSettings]]
) -> Iterator[Violation]:
    """Report the roles of one cluster that have the same name, and entries that misuse a role."""
    first: dict[str, Located[RoleSettings]] = {}

    def judge(located: Located[RoleSettings]) -> Iterator[Violation]:
        path, role = located
        other = first.setdefault(role.name, located).path
        if other != path:
            yield Violation(
                f"{path}.name",
                f'"{role.name}" is the name of {other} as well; give each role of a cluster its '
                "own name",
            )

    def judge_grant(entry: Located[GrantSettings]) -> Iterator[Violation]:
        path, grant = entry
        yield from (Violation(f"{path}{p}", text) for p, text in _misuse(grant, first))

    yield from each_known(roles, judge)
    yield from each_known(grants, judge_grant)


def _misuse(
    grant: GrantSettings, roles: dict[str, Located[RoleSettings]]
) -> Iterator[tuple[str, str]]:
    if grant.cluster_role and grant.role:
        yield ".role", "stands beside clusterRole; write one of the two, and a second entry"
        return
    if not grant.cluster_role and not grant.role:
        yield ".clusterRole", "is missing; write a clusterRole, or a role and its namespaces"
        return
    kind = "role" if grant.role else "clusterRole"
    if grant.role and grant.namespaces is None and grant.role in role_names.WELL_KNOWN:
        yield (
            ".role",
            f'"{grant.role}" is a ClusterRole that every cluster has; write "clusterRole: '
            f'{grant.role}", and namespaces to give it in those only',
        )
    elif grant.role and grant.namespaces is None:
        yield ".namespaces", "is missing, and a Role holds in namespaces only; write them"
    if grant.role_ref.name not in roles:
        return
    path, role = roles[grant.role_ref.name]
    if role.ref.kind != grant.role_ref.kind:
        other, what = ("role", "Role") if kind == "clusterRole" else ("clusterRole", "ClusterRole")
        yield f".{kind}", f'"{role.name}" is a {what} ({path}); write "{other}: {role.name}"'
    elif grant.role:
        defined = role.namespaces or ()
        for index, namespace in enumerate(grant.namespaces or ()):
            if namespace not in defined:
                yield (
                    f".namespaces[{index}]",
                    f'{path} does not define the Role "{role.name}" in "{namespace}"; add the '
                    "namespace there, or remove it here",
                )


def _giving(one: Escalation, id_: str, cure: str) -> Callable[[RoleSettings], Iterator[Violation]]:
    def check(role: RoleSettings) -> Iterator[Violation]:
        for index, part in enumerate(one.parts(role.policy_rules)):
            if part:
                yield Violation(
                    f"rules[{index}]",
                    f'"{part}" lets its holder {one.consequence}; {cure}, or waive {id_} with a '
                    "reason",
                )

    return check


def _wildcards(role: RoleSettings) -> Iterator[Violation]:
    for index, rule in enumerate(role.policy_rules):
        fields = escalation.wildcards(rule)
        if fields:
            names = ", ".join(dict.fromkeys(one.name for one in escalation.included([rule])))
            given = f", and includes today: {names}" if names else ""
            yield Violation(
                f"rules[{index}].{fields[0]}",
                f'"*" also means everything that is added later{given}; write the names, or waive '
                "ROLE-08 with a reason",
            )


def _names_of_others(role: RoleSettings) -> Iterator[Violation]:
    if role.name in WELL_KNOWN:
        yield Violation(
            "name",
            f'"{role.name}" is a role that every cluster has, and would be replaced; write another '
            "name",
        )


def unknown_names(role: RoleSettings, known: KnownNames) -> Iterator[tuple[str, str]]:
    """The places in a role's rules where a name is unknown, and what is wrong there."""
    for index, rule in enumerate(role.policy_rules):
        verb_problem = known.url_verb_problem if rule.non_resource_urls else known.verb_problem
        problems = [
            *((f"verbs[{i}]", verb_problem(verb)) for i, verb in enumerate(rule.verbs)),
            *((f"apiGroups[{i}]", known.group_problem(g)) for i, g in enumerate(rule.api_groups)),
            *(
                (f"resources[{i}]", known.resource_problem(name, rule.api_groups))
                for i, name in enumerate(rule.resources)
            ),
            *(
                (f"nonResourceURLs[{i}]", f'"{url}" does not begin with a slash')
                for i, url in enumerate(rule.non_resource_urls)
                if url != "*" and not url.startswith("/")
            ),
        ]
        yield from ((f"rules[{index}].{path}", problem) for path, problem in problems if problem)


def _unknown(role: RoleSettings) -> Iterator[Violation]:
    for path, problem in unknown_names(role, KnownNames()):
        yield Violation(
            path,
            f"{problem}, so the rule would give nothing for it; correct it, or waive "
            "ROLE-11 if your clusters have it",
        )
    for index, rule in enumerate(role.policy_rules):
        for place, problem in unmatched.problems(rule):
            yield Violation(f"rules[{index}].{place}", problem)


RULES: tuple[Rule[RoleSettings], ...] = (
    Rule(
        "ROLE-01",
        "no role of the stack has `escalate`, or `bind` without `resourceNames`",
        ERROR_IN_PRODUCTION,
        _giving(
            escalation.GRANTING,
            "ROLE-01",
            "remove it and give roles in bindings, name the roles of bind in resourceNames",
        ),
    ),
    Rule(
        "ROLE-01",
        "no role of the stack has `bind` for `cluster-admin`, `admin`, `edit` or another of "
        "Kubernetes' own roles that lead to more",
        ERROR_IN_PRODUCTION,
        _giving(escalation.BINDING, "ROLE-01", "name weaker roles in resourceNames"),
    ),
    Rule(
        "ROLE-02",
        "no role of the stack has `impersonate`",
        ERROR_IN_PRODUCTION,
        _giving(escalation.IMPERSONATION, "ROLE-02", "remove it"),
    ),
    Rule(
        "ROLE-03",
        "no role of the stack creates `serviceaccounts/token` without `resourceNames`",
        ERROR_IN_PRODUCTION,
        _giving(escalation.TOKENS, "ROLE-03", "name the accounts in resourceNames"),
    ),
    Rule(
        "ROLE-03",
        "no role of the stack creates Secrets and reads any, even a named one, which may be a new "
        "token of a service account",
        ERROR_IN_PRODUCTION,
        _giving(
            escalation.TOKEN_SECRETS,
            "ROLE-03",
            "Kubernetes writes a token into a new Secret of that type, and the role shows Secrets; "
            "remove one of the two",
        ),
    ),
    Rule(
        "ROLE-04",
        "no role of the stack reads Secrets without `resourceNames`; `patch`, `delete` and "
        "`deletecollection` answer with them too",
        GROWING,
        _giving(escalation.SECRETS, "ROLE-04", "name the Secrets in resourceNames"),
    ),
    Rule(
        "ROLE-05",
        "no role of the stack has `nodes/proxy`",
        ERROR_IN_PRODUCTION,
        _giving(
            escalation.NODE_PROXY,
            "ROLE-05",
            "write what is needed of nodes/metrics, nodes/stats, nodes/log and nodes/healthz",
        ),
    ),
    Rule(
        "ROLE-06",
        "no role of the stack has `pods/exec` or `pods/attach`",
        GROWING,
        _giving(escalation.EXECUTION, "ROLE-06", "remove it where pods/log is enough"),
    ),
    Rule(
        "ROLE-06",
        "no role of the stack changes `pods/ephemeralcontainers`",
        GROWING,
        _giving(escalation.DEBUGGING, "ROLE-06", "remove it where pods/log is enough"),
    ),
    Rule(
        "ROLE-07",
        "no role of the stack changes webhook configurations",
        ERROR_IN_PRODUCTION,
        _giving(escalation.ADMISSION, "ROLE-07", "remove it"),
    ),
    Rule("ROLE-08", "no role of the stack has `*`", ERROR_IN_PRODUCTION, _wildcards),
    Rule(
        "ROLE-09",
        "no role of the stack approves or signs certificate requests",
        ERROR_IN_PRODUCTION,
        _giving(escalation.CERTIFICATES, "ROLE-09", "remove it"),
    ),
    Rule(
        "ROLE-10",
        "no role of the stack has the name of a role that every cluster has",
        ERROR,
        _names_of_others,
        is_waivable=False,
    ),
    Rule(
        "ROLE-11",
        "what a role names can be matched: verbs, API groups and resources exist, and `*` and "
        "`resourceNames` stand where Kubernetes reads them",
        WARNING,
        _unknown,
    ),
    Rule(
        "ROLE-15",
        "no role of the stack creates `persistentvolumes`",
        ERROR_IN_PRODUCTION,
        _giving(
            escalation.VOLUMES, "ROLE-15", "remove it and claim volumes by persistentvolumeclaims"
        ),
    ),
    Rule(
        "ROLE-16",
        "no role of the stack creates or changes `apiservices`",
        ERROR_IN_PRODUCTION,
        _giving(escalation.API_SERVICES, "ROLE-16", "remove it"),
    ),
    Rule(
        "ROLE-17",
        "no role of the stack has `pods/proxy` or `services/proxy` without `resourceNames`",
        ERROR_IN_PRODUCTION,
        _giving(escalation.POD_PROXY, "ROLE-17", "name the pods or services in resourceNames"),
    ),
)
