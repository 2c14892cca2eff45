"""The plan as people read it."""

from __future__ import annotations

from cks_components.project.engine_run import EngineRun

PLAN = """\
Previewing update (dev):
  pulumi:pulumi:Stack: (same)
    [urn=urn:pulumi:dev::cks::pulumi:pulumi:Stack::cks-dev]
    + cks:index:ClusterAccess: (create)
        [urn=urn:pulumi:dev::cks::cks:index:ClusterAccess::cc4c]
        + pulumi:providers:kubernetes: (create)
            [urn=urn:pulumi:dev::cks::cks:index:ClusterAccess$pulumi:providers:kubernetes::cc4c-managed]
            kubeconfig           : (yaml) {
                apiVersion     : "v1"
                clusters       : [
                    [0]: {
                        name: "x"
                    }
                ]
            }

            version              : "4"
        + kubernetes:rbac:RoleBinding: (create)
            [urn=urn:pulumi:dev::cks::kubernetes:rbac:RoleBinding::cc4c-rbac:edit:a]
            [provider=urn:pulumi:dev::cks::pulumi:providers:kubernetes::cc4c-managed::04da6b54]
            kind: "RoleBinding"
Resources:
    + 3 to create
    1 unchanged
"""


def test_a_plan_names_resources_and_clusters_and_shows_no_kubeconfig() -> None:
    label = {
        "severity": "info",
        "ephemeral": True,
        "urn": "urn:pulumi:dev::cks::cks:index:ClusterAccess::cc4c",
        "message": 'cluster "train-east"\n',
    }

    plan = EngineRun(0, PLAN, "", ({"diagnosticEvent": label},)).plan

    assert plan.splitlines() == [
        "Previewing update (dev):",
        "  pulumi:pulumi:Stack: (same)",
        "    [cks-dev]",
        "    + cks:index:ClusterAccess: (create)",
        '        [cc4c: cluster "train-east"]',
        "        + pulumi:providers:kubernetes: (create)",
        "            [cc4c-managed]",
        '            version              : "4"',
        "        + kubernetes:rbac:RoleBinding: (create)",
        "            [cc4c-rbac:edit:a]",
        '            kind: "RoleBinding"',
    ]


def test_a_plan_without_a_summary_is_shown_whole() -> None:
    assert EngineRun(0, "Previewing\n", "").plan == "Previewing"


def test_the_errors_of_a_run_are_its_reasons_without_the_engines_verdict() -> None:
    texts = ["cannot read cluster east: no answer came back", "preview failed"]
    events = tuple({"diagnosticEvent": {"severity": "error", "message": f"{t}\n"}} for t in texts)

    assert EngineRun(255, "", "", events).errors == texts[:1]


def test_what_was_only_said_is_no_reason_of_a_failure() -> None:
    err = 'cluster "local-east"\nwarning: old\nerror: cannot write plan\nno such folder\n'

    assert EngineRun(255, "", err).errors == ["cannot write plan", "no such folder"]
    assert EngineRun(255, "", "warning: old\n").errors == ["it ended with exit code 255"]
