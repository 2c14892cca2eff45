"""What programs without a line of this project cost: below that nothing built on Pulumi can come."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from bench.control_plane import BINDINGS, ControlPlane
from bench.measured_stack import EMPTY, MeasuredStack, api, stack
from bench.operations import YES

MANY = 50
_DYNAMIC = """
from pulumi import ComponentResource, ResourceOptions, dynamic


class Provider(dynamic.ResourceProvider):
    serialize_as_secret_always = False

    def check(self, _olds, news):
        return dynamic.CheckResult(news, [])

    def diff(self, _id, _olds, _news):
        return dynamic.DiffResult(changes=False)

    def create(self, props):
        return dynamic.CreateResult("id", dict(props))


class Leaves(dynamic.Resource, module="bare", name="Leaves"):
    pass


def declare(count):
    for n in range(count):
        component = ComponentResource("bare:index:Component", f"c{n}")
        leaves = {f"leaf{i}": "value" for i in range(10)}
        Leaves(Provider(), f"r{n}", leaves, ResourceOptions(parent=component))
"""
_KUBERNETES = """
import json
import pulumi_kubernetes as kubernetes
from pulumi import ResourceOptions

settings = json.loads({settings!r})
provider = kubernetes.Provider("managed", kubeconfig=settings["kubeconfig"], cluster_identifier="bare")
for binding in settings["bindings"]:
    kubernetes.rbac.v1.ClusterRoleBinding(
        binding["groups"][0],
        role_ref={{"api_group": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": binding["clusterRole"]}},
        subjects=[
            {{"api_group": "rbac.authorization.k8s.io", "kind": "Group", "name": name}}
            for name in binding["groups"]
        ],
        opts=ResourceOptions(provider=provider),
    )
"""
_DECLARED = "import bare_resources\n\nbare_resources.declare({count})\n"


@dataclass(frozen=True)
class BareRow:
    """The medians of commands without a change, and their ratio to an empty program's."""

    name: str
    preview_seconds: float
    preview_ratio: float
    preview_cpu_seconds: float
    up_seconds: float
    up_ratio: float


def bare_rows(plane: ControlPlane, rounds: int) -> list[BareRow]:
    """Measure each program so many times, in turn with an empty one."""
    return [
        _row(name, program, plane, rounds)
        for name, program in {
            "one dynamic resource in a component": _dynamic(1),
            f"{MANY} of them": _dynamic(MANY),
            "five ClusterRoleBindings by pulumi-kubernetes": {"__main__.py": _kubernetes(plane)},
            "both: five ClusterRoleBindings and one dynamic resource": {
                **_dynamic(1),
                "__main__.py": _kubernetes(plane) + _DECLARED.format(count=1),
            },
        }.items()
    ]


def _dynamic(count: int) -> dict[str, str]:
    return {"__main__.py": _DECLARED.format(count=count), "bare_resources.py": _DYNAMIC}


def _kubernetes(plane: ControlPlane) -> str:
    user = {"token": plane.token}
    kubeconfig = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "bare",
        "clusters": [{"name": "bare", "cluster": {"server": plane.server}}],
        "users": [{"name": "bare", "user": user}],
        "contexts": [{"name": "bare", "context": {"cluster": "bare", "user": "bare"}}],
    }
    given = {"kubeconfig": json.dumps(kubeconfig), "bindings": BINDINGS}
    return _KUBERNETES.format(settings=json.dumps(given))


def _row(name: str, program: dict[str, str], plane: ControlPlane, rounds: int) -> BareRow:
    with (
        api([], token=plane.token) as (emulator, found),
        stack(emulator, plane.variables | found, program={"__main__.py": EMPTY}) as empty,
        stack(emulator, plane.variables | found, program=program) as bare,
    ):
        for each in (empty, bare):
            each.pulumi("up", *YES)
        taken = list(_taken(empty, bare, rounds))
        bare.pulumi("destroy", *YES)
    return BareRow(name, *(median(values) for values in zip(*taken, strict=True)))


def _taken(
    empty: MeasuredStack, bare: MeasuredStack, rounds: int
) -> Iterator[tuple[float, float, float, float, float]]:
    for _ in range(rounds):
        preview, like = (each.pulumi("preview").measured for each in (bare, empty))
        up, up_like = (each.pulumi("up", *YES).measured for each in (bare, empty))
        yield (
            preview.seconds,
            preview.seconds / like.seconds,
            preview.cpu_seconds,
            up.seconds,
            up.seconds / up_like.seconds,
        )
