"""What the rules of `cks_components.rules.pipelines` accept and refuse."""

from __future__ import annotations

from tests.unit.rules.subjects import (
    Case,
    pipeline,
    stored,
)

CASES: list[Case] = [
    (
        "PIPE-01.1",
        pipeline(),
        pipeline(name="default"),
        "name",
        '"default" is the service account of every pod in its namespace; give the pipeline its own '
        "name",
    ),
    (
        "PIPE-02.1",
        pipeline(),
        pipeline(namespace="kube-system"),
        "namespace",
        '"kube-system" is one of Kubernetes\' own namespaces; give pipelines their own namespace, '
        "such as ci",
    ),
    (
        "PIPE-05.1",
        pipeline(deletes_namespace=True, creates_namespace=True),
        pipeline(deletes_namespace=True),
        "deleteNamespace",
        "would delete a namespace that this stack did not create; write createNamespace: true as "
        "well, or remove deleteNamespace",
    ),
    (
        "RBAC-03.2",
        pipeline(),
        pipeline(cluster_role="cluster-admin"),
        "clusterRole",
        "cluster-admin gives everybody who can change the pipeline full control of the cluster; "
        "write a narrower role, or waive RBAC-03 with a reason",
    ),
    (
        "TOKEN-01.1",
        stored(1 / 144),
        stored(1 / 145),
        "lifetime",
        "is less than 10 minutes, which the API server refuses; write 10m or more",
    ),
    (
        "TOKEN-02.1",
        stored(366),
        stored(367),
        "lifetime",
        "is more than 366 days, but updates renew the token, so it need not live for years; write "
        "30d",
    ),
    (
        "TOKEN-03.1",
        stored(90),
        stored(91),
        "lifetime",
        "is more than 90 days: a stolen token works until it expires, and a cluster may shorten "
        "the lifetime; write 30d, or waive TOKEN-03 with a reason",
    ),
    (
        "TOKEN-04.1",
        stored(30, 7),
        stored(30, 30),
        "renewBefore",
        "must be less than the lifetime, or every update rotates the token; write a quarter of the "
        "lifetime",
    ),
]
