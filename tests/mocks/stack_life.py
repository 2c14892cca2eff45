"""A stack from its first command to its last: whole programs, and clusters on which others are too.

The real providers of tokens, guards and connections run in the process. What a block is on a
cluster is the subject of tests/unit/lifecycle.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import note

from cks_components import service_account_token
from cks_components.api.environment import ApiAccess
from cks_components.api.errors import CksError, RefusedError, SettingsError
from cks_components.engine import provider_call
from cks_components.kubernetes.client import KubernetesClient
from cks_components.lifecycle.token import StoredToken
from cks_components.stack import deploy
from tests.conftest import EngineLog, FakeTime
from tests.kubernetes_api import NOW, FakeKubernetes
from tests.mocks.cluster_contents import GUARD, TOKEN, AlreadyThereError, Clusters, thing_of
from tests.mocks.engine_model import WholeEngine
from tests.unit.lifecycle.schedule import Killed
from tests.unit.lifecycle.test_pipeline_schedules import Calendar

IDS = tuple(f"00000000-0000-4000-8000-{n:012d}" for n in range(3))
THEIRS = ("ci", "release")
IDENTITY = {
    "provider": "okta",
    "issuerUrl": "https://idp.example.com",
    "clientId": "cks",
    "usernameClaim": "email",
    "groupsClaim": "groups",
}
BINDINGS: list[dict[str, Any]] = [
    {"clusterRole": "view", "groups": ["ml"]},
    {"clusterRole": "view", "groups": ["ops"]},
    {"clusterRole": "edit", "groups": ["ops"], "namespaces": ["default"]},
]
Failure = CksError | Killed | AlreadyThereError | None


@dataclass(frozen=True)
class File:
    """A stack file.

    Attributes:
        clusters: what each is called, with the index of its id.
    """

    clusters: tuple[tuple[int, str], ...] = ((0, "east"),)
    pipelines: tuple[dict[str, Any], ...] = ()
    bindings: tuple[int, ...] = ()

    @property
    def ids(self) -> list[str]:
        return [IDS[index] for index, _ in self.clusters]

    @property
    def exported(self) -> dict[str, Any]:
        return {"clusters": {name: {"id": IDS[index]} for index, name in self.clusters}}

    def lives(self, cluster: str, namespace: str, account: str) -> bool:
        """Whether a pipeline is still what it was."""
        own = [(p["namespace"], p["name"]) for p in self.pipelines if "token" in p]
        return cluster in self.ids and (namespace, account) in own

    def program(self) -> None:
        clusters = [
            {"id": IDS[index], "alias": name, "endpoint": f"{index}.example.com"}
            for index, name in self.clusters
        ]
        given = {
            "clusters": clusters,
            "identity": IDENTITY,
            "automation": self.pipelines,
            "bindings": [BINDINGS[index] for index in self.bindings],
        }
        deploy({f"cks-access:{key}": json.dumps(value) for key, value in given.items()})


@dataclass
class Life:
    """A stack from its first command to its last, and the clusters, on which others are as well.

    Attributes:
        told: what the last updates said of a namespace: whether it may be deleted.
        note: takes each step, for the report of a failure.
        unfound: Secrets of tokens that were lost with a process; see test_pipeline_schedules.
    """

    kubernetes: dict[str, FakeKubernetes]
    log: EngineLog
    file: File = field(default_factory=File)
    told: dict[str, set[bool]] = field(default_factory=dict)
    unfound: set[tuple[str, str]] = field(default_factory=set)
    note: Callable[[str], None] = note

    def __post_init__(self) -> None:
        self.clusters = Clusters(self.kubernetes)
        self.engine = WholeEngine(self.clusters)
        for kubernetes in self.kubernetes.values():
            kubernetes.config_maps[THEIRS] = "theirs"
            kubernetes.may_go = partial(self._may_go, kubernetes)

    def take(self, step: str, more: Any) -> None:
        self.note(f"{step} {more}")
        steps: dict[str, Callable[[], None]] = {
            "write": lambda: setattr(self, "file", more),
            "kill": lambda: setattr(self.clusters, "kill", more),
            "they": lambda: self._they(more, "jobs"),
        }
        if step in steps:
            steps[step]()
        else:
            self.run(step, more)

    def run(self, command: str, more: int = 0) -> Failure:
        """Run a command, and look whether anything was lost that should have stayed."""
        tokens = self._valid_tokens()
        before = {thing_of(resource) for resource in self.engine.state.values()}
        secrets = self._secrets()
        pending_deletes = {thing_of(resource) for resource in self.engine.pending_deletes}
        commands: dict[str, Callable[[], None]] = {
            "up": lambda: self._up([]),
            "replace": lambda: self._up(self._some(more)),
            "refresh": self.engine.refresh,
            "destroy": self.engine.destroy,
        }
        self.clusters.deeds = []
        failure: Failure = None
        try:
            commands[command]()
        except (CksError, Killed, AlreadyThereError) as error:
            failure = error
        self.note(f"   {failure!r}; {self.clusters.deeds}")
        self.clusters.kill = None
        Calendar.today_is += timedelta(minutes=1)
        if isinstance(failure, Killed):
            self.unfound |= self._secrets() - secrets
        self._assert_that_no_token_is_told(failure)
        if command == "up":
            if isinstance(failure, AlreadyThereError):
                assert failure.thing in pending_deletes, "nobody interrupted its delete"
            for deed in self.clusters.deeds:
                assert deed.verb != "create" or deed.thing not in before, f"again: {deed}"
                is_lost = deed.verb == "delete" and deed.thing not in pending_deletes
                assert not (is_lost and self._has(deed.thing)), f"lost: {deed}"
        if command != "destroy":
            still = {key: token for key, token in tokens.items() if self.file.lives(*key)}
            now = self._valid_tokens()
            assert still.keys() <= now.keys(), "a token is good for nothing any more"
            assert command == "replace" or still == {key: now[key] for key in still}
        return failure

    def assert_that_it_ends_well(self) -> None:
        """What is written comes about, and destroy leaves what others have, and namespaces.

        What an interrupted move had yet to delete cannot be created again; `run` proves that no
        other update ends so, and destroy ends it as well.
        """
        assert self.run("refresh") is None
        failure = self.run("up")
        if isinstance(failure, SettingsError):
            self.file = File(self.file.clusters)
            failure = self.run("up")
        if isinstance(failure, AlreadyThereError):
            failure = None
        ended = [failure, self.run("destroy")]
        if any(ended):
            assert {type(error) for error in ended if error} == {RefusedError}  # by a guard
            for kubernetes in self.kubernetes.values():
                kubernetes.config_maps = {THEIRS: "theirs"}
                for key in self.unfound & kubernetes.secrets.keys():
                    del kubernetes.secrets[key]
            assert self.run("destroy") is None
        assert self.engine.state == {}
        for kubernetes in self.kubernetes.values():
            assert (kubernetes.accounts, kubernetes.bindings) == ({}, {})
            assert kubernetes.secrets.keys() <= self.unfound
            assert THEIRS in kubernetes.config_maps
            assert {"default", "ci"} <= set(kubernetes.namespaces)

    def _up(self, replaces: list[str]) -> None:
        wishes = {
            place: any(p.get("deleteNamespace", False) for p in own)
            for place in ("ci", "jobs")
            if (own := [p for p in self.file.pipelines if p["namespace"] == place])
        }
        for place, wish in wishes.items():
            self.told.setdefault(place, set()).add(wish)
        self.engine.up(self.file.program, self.file.exported, replaces)
        self.told |= {place: {wish} for place, wish in wishes.items()}

    def _some(self, index: int) -> list[str]:
        owning = [urn for urn, r in self.engine.state.items() if thing_of(r) or r.type == GUARD]
        return owning[index % len(owning) :][:1] if owning else []

    def _they(self, index: int, namespace: str) -> None:
        """Somebody else puts something into a namespace, or takes it out again."""
        config_maps, key = self.kubernetes[IDS[index]].config_maps, (namespace, "their-own")
        if (
            config_maps.pop(key, None) is None
            and namespace in self.kubernetes[IDS[index]].namespaces
        ):
            config_maps[key] = "theirs"

    def _may_go(self, at: FakeKubernetes, namespace: str) -> bool:
        """Whether a namespace may be deleted now: somebody has said so, and it is empty."""
        kinds = (at.accounts, at.secrets, at.bindings, at.config_maps)
        is_empty = not any(place == namespace for kind in kinds for place, _ in kind)
        return is_empty and True in self.told[namespace]

    def _secrets(self) -> set[tuple[str, str]]:
        return {key for kubernetes in self.kubernetes.values() for key in kubernetes.secrets}

    def _valid_tokens(self) -> dict[tuple[str, str, str], str]:
        """The tokens of the state that the clusters take, by cluster, namespace and account."""
        found = {}
        for resource in self.engine.state.values():
            if resource.type == TOKEN:
                token = StoredToken.model_validate(resource.outputs).token
                if not self.kubernetes[resource.cluster].refusal(token):
                    _, cluster, namespace, account = thing_of(resource)
                    found[cluster, namespace, account] = token
        return found

    def _has(self, thing: tuple[str, ...]) -> bool:
        return thing in {thing_of(r) for r in self.engine.state.values()}

    def _assert_that_no_token_is_told(self, failure: Failure) -> None:
        said = [str(failure), *self.engine.said, *(text for _, text in self.log.messages)]
        minted = [token for fake in self.kubernetes.values() for token in fake.minted]
        assert not [token for token in minted for text in said if token in text]


@contextmanager
def lived(log: EngineLog, note: Callable[[str], None] = note) -> Iterator[Life]:
    """A life on clusters that the providers reach."""
    with pytest.MonkeyPatch.context() as patch:
        kubernetes = {}
        time = FakeTime()
        for index, id_ in enumerate(IDS):
            fake = FakeKubernetes("CW-SECRET-" + "mock", now=lambda: Calendar.today_is)
            access = ApiAccess(f"https://{index}.example.com", fake.token)
            client = KubernetesClient(access, transport=fake.transport, clock=time.clock)
            patch.setitem(provider_call.kubernetes_clients, access, client)
            kubernetes[id_] = fake
        patch.setattr(service_account_token, "datetime", Calendar)
        patch.setattr(Calendar, "today_is", NOW)
        patch.setattr(sys, "argv", ["provider", log.address])
        log.messages.clear()
        yield Life(kubernetes, log, note=note)
