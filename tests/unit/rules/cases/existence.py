"""What the rules of `cks_components.rules.existence` accept and refuse."""

from __future__ import annotations

from cks_components.rules.existence import PresentRole
from tests.unit.rules.subjects import (
    Case,
    custom,
    made,
    placed,
    placed_people,
)

CASES: list[Case] = [
    (
        "PIPE-03.1",
        placed(),
        placed(namespaces=("default",)),
        "namespace",
        'cluster east has no namespace "ci"; correct the name, or write createNamespace: true',
    ),
    (
        "PIPE-04.1",
        placed(),
        placed(cluster_role="veiw"),
        "clusterRole",
        'cluster east has no ClusterRole "veiw" (the nearest is "view"), so this would grant '
        "nothing; correct the name, or create the role first",
    ),
    (
        "RBAC-08.1",
        placed_people(),
        placed_people(namespaces=("train", "serv")),
        "namespaces[1]",
        'cluster east has no namespace "serv" (the nearest is "serve"); correct the name, or '
        "create the namespace first",
    ),
    (
        "RBAC-09.1",
        placed_people(),
        placed_people("edti"),
        "clusterRole",
        'cluster east has no ClusterRole "edti" (the nearest is "edit"), so this would grant '
        "nothing; correct the name, or create the role first",
    ),
    (
        "ROLE-12.1",
        made(custom("get", "pods"), PresentRole(None, "jobs", True)),
        made(custom("get", "pods"), PresentRole(None, "jobs", False)),
        "name",
        'cluster east has a ClusterRole "jobs" that this program did not make, and it is not '
        "replaced; write another name, or delete that role first",
    ),
    (
        "ROLE-13.1",
        made(custom("get", "pods", namespaces=["train"])),
        made(custom("get", "pods", namespaces=["trian"])),
        "namespaces[0]",
        'cluster east has no namespace "trian" (the nearest is "train"); correct the name, or '
        "create the namespace first",
    ),
]
