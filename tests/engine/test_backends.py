"""The stack's state in a folder and in an S3-compatible bucket; one `up` at a time has it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import httpx
import pytest
from moto.server import ThreadedMotoServer

from tests.engine.breakpoint import BEFORE_PATCH
from tests.engine.stack_file import IDENTITY

if TYPE_CHECKING:
    from tests.engine.conftest import Project

NO_ACCOUNT = {
    "AWS_ACCESS_KEY_ID": "nobody",
    "AWS_SECRET_ACCESS_KEY": "nothing",
    "AWS_EC2_METADATA_DISABLED": "true",
}


@pytest.fixture(params=["file", "s3"])
def backed(request: pytest.FixtureRequest, project: Project) -> Iterator[Project]:
    """A project whose state lies in a backend of this kind."""
    if request.param == "file":
        yield project
        return
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        httpx.put(f"http://{host}:{port}/state", trust_env=False).raise_for_status()
        options = "disableSSL=true&s3ForcePathStyle=true&region=us-east-1"
        project.environment.update(NO_ACCOUNT)
        project.environment["PULUMI_BACKEND_URL"] = f"s3://state?endpoint={host}:{port}&{options}"
        assert project.pulumi("stack", "init", "test", "--no-select").code == 0
        yield project
    finally:
        server.stop()


def test_a_second_update_of_a_stack_is_refused_while_the_first_runs(backed: Project) -> None:
    cluster = backed.add_clusters("shared")["shared"]
    backed.write(identity=IDENTITY, clusters=[{"name": "shared"}])
    backed.gate.hold({cluster: BEFORE_PATCH})

    with backed.under_way("up") as first:
        backed.gate.wait()
        second = backed.up()
        backed.gate.open()
        finished = backed.finish(first)
    repeated = backed.up()

    assert second.code != 0
    assert "the stack is currently locked by 1 lock(s)" in second.text
    assert second.requests == []
    assert finished.code == 0
    assert repeated.code == 0
    assert repeated.patches == []
