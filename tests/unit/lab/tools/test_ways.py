"""Each way to a program, the order of the ways, and what is said when none leads there."""

from __future__ import annotations

import os
import stat
import time
from dataclasses import replace
from pathlib import Path

import pytest

from lab.tools.download import Downloads
from lab.tools.program import Program
from lab.tools.sources import MissingProgramError, get
from lab.tools.workspace import Place
from tests.unit.lab.tools.conftest import (
    Publisher,
    contents,
    executable,
    program,
    publish_everything,
    script,
    tar_gz,
)


def get_one(name: str, place: Place) -> str:
    return get(program(name, place), place, Downloads(place.patience), {})


def on_path(place: Place, name: str, content: bytes) -> Path:
    return executable(Path(place.environ["PATH"].split(os.pathsep)[0]) / name, content)


def with_mirror(place: Place, folder: Path) -> Place:
    folder.mkdir(exist_ok=True)
    return replace(place, environ={**place.environ, "TOOLS_MIRROR": str(folder)})


def refusal(name: str, place: Place) -> str:
    with pytest.raises(MissingProgramError) as caught:
        get_one(name, place)
    return str(caught.value)


def test_a_program_on_path_is_linked_and_nothing_is_downloaded(
    place: Place, publisher: Publisher
) -> None:
    publish_everything(publisher)
    found = on_path(place, "etcd", script("3.6.20"))

    source = get_one("etcd", place)

    assert source == f"from PATH (3.6.20, {found})"
    assert (place.bin / "etcd").readlink() == found
    assert publisher.asked == []


def test_a_program_on_path_goes_before_one_that_is_there_already(place: Place) -> None:
    executable(place.bin / "etcd", script("3.6.16"))
    on_path(place, "etcd", script("3.6.20"))

    assert get_one("etcd", place).startswith("from PATH")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(script("3.5.9"), "is 3.5.9, older than 3.6.0", id="older"),
        pytest.param(b"#!/bin/sh\necho something else\n", "does not tell its version", id="other"),
        pytest.param(b"#!/bin/sh\nexit 1\n", "does not tell its version", id="failing"),
        pytest.param(b"\x7fELF of another machine", "cannot be run", id="foreign"),
    ],
)
def test_a_program_on_path_that_will_not_do_is_passed_over(
    place: Place, publisher: Publisher, content: bytes, reason: str
) -> None:
    on_path(place, "etcd", content)

    assert reason in refusal("etcd", place)

    publish_everything(publisher)
    assert get_one("etcd", place) == "downloaded"


def test_a_newer_program_later_on_path_is_found_behind_an_old_one(
    place: Place, tmp_path: Path
) -> None:
    on_path(place, "kubectl", script("1.32.4"))
    newer = executable(tmp_path / "later" / "kubectl", script("1.36.0"))
    both = place.environ["PATH"] + os.pathsep + str(newer.parent)

    get_one("kubectl", replace(place, environ={**place.environ, "PATH": both}))

    assert (place.bin / "kubectl").readlink() == newer


def test_the_first_usable_program_on_path_wins_as_in_a_shell(place: Place, tmp_path: Path) -> None:
    first = on_path(place, "etcd", script("3.6.1"))
    later = executable(tmp_path / "later" / "etcd", script("3.6.20"))
    folders = [first.parent, later.parent, first.parent]
    environ = {**place.environ, "PATH": os.pathsep.join(map(str, folders))}

    get_one("etcd", replace(place, environ=environ))

    assert (place.bin / "etcd").readlink() == first


def test_our_own_folder_on_path_is_not_path(place: Place) -> None:
    executable(place.bin / "etcd", script("3.6.16"))
    ours = replace(place, environ={**place.environ, "PATH": str(place.bin)})

    assert get_one("etcd", ours) == "already in .tools"


def test_kubelogin_is_installed_under_the_name_that_kubectl_looks_for(place: Place) -> None:
    on_path(place, "kubelogin", script("1.36.4"))

    get_one("kubectl-oidc_login", place)

    assert (place.bin / "kubectl-oidc_login").is_symlink()


def test_pulumi_on_path_needs_its_language_host_beside_it(place: Place) -> None:
    wanted = program("pulumi", place)
    files = contents(wanted, "3.260.0")
    on_path(place, "pulumi", files["pulumi"])

    assert "has no pulumi-language-python beside it" in refusal("pulumi", place)

    for name, content in files.items():
        on_path(place, name, content)
    assert get_one("pulumi", place).startswith("from PATH (3.260.0")
    assert all((place.bin / name).is_symlink() for name in wanted.names)


def test_what_was_made_from_other_pins_is_made_again(place: Place, publisher: Publisher) -> None:
    publish_everything(publisher)
    executable(place.bin / "etcd", script("3.6.16"))
    wanted = program("etcd", place)
    downloads = Downloads(place.patience)

    kept = get(wanted, place, downloads, {"etcd": wanted.pin})
    made = get(wanted, place, downloads, {"etcd": "3.6.15 3.6.15"})

    assert (kept, made) == ("already in .tools", "downloaded")


def test_a_link_to_what_path_once_had_is_not_enough(place: Place, tmp_path: Path) -> None:
    gone = executable(tmp_path / "gone" / "etcd", script("3.6.16"))
    (place.bin / "etcd").symlink_to(gone)

    assert "no etcd there" in refusal("etcd", place)


@pytest.mark.parametrize("folder", [".", "bin"])
def test_a_mirror_folder_may_hold_the_plain_program(
    place: Place, tmp_path: Path, publisher: Publisher, folder: str
) -> None:
    publish_everything(publisher)
    mirrored = with_mirror(place, tmp_path / "mirror")
    executable(tmp_path / "mirror" / folder / "kube-apiserver", script("1.36.3"))

    assert get_one("kube-apiserver", mirrored) == "from TOOLS_MIRROR"
    assert not (place.bin / "kube-apiserver").is_symlink()
    assert publisher.asked == []


@pytest.mark.parametrize("folder", [".", "bin"])
def test_a_mirror_folder_may_hold_the_publishers_archive(
    place: Place, tmp_path: Path, folder: str
) -> None:
    mirrored = with_mirror(place, tmp_path / "mirror")
    wanted = program("pulumi", place)
    archive = tar_gz({f"pulumi/{k}": v for k, v in contents(wanted, "3.259.0").items()})
    executable(tmp_path / "mirror" / folder / "pulumi-v3.259.0-linux-x64.tar.gz", archive)

    assert get_one("pulumi", mirrored) == "from TOOLS_MIRROR"
    assert sorted(p.name for p in place.bin.iterdir()) == sorted(wanted.names)


def test_an_archive_never_decides_where_something_is_written(place: Place, tmp_path: Path) -> None:
    mirrored = with_mirror(place, tmp_path / "mirror")
    evil = tar_gz({"../../../outside/etcd": script("3.6.16"), "../other": b""})
    (tmp_path / "mirror" / "etcd-v3.6.16-linux-amd64.tar.gz").write_bytes(evil)

    get_one("etcd", mirrored)

    assert [p.name for p in place.bin.iterdir()] == ["etcd"]
    assert not list(tmp_path.rglob("outside"))


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(tar_gz({"README": b""}), id="without-the-program"),
        pytest.param(tar_gz({"etcd": script("3.6.16")})[:60], id="cut"),
        pytest.param(b"<html>", id="not-an-archive"),
    ],
)
def test_a_broken_archive_leaves_nothing_and_the_next_way_is_tried(
    place: Place, tmp_path: Path, publisher: Publisher, content: bytes
) -> None:
    mirrored = with_mirror(place, tmp_path / "mirror")
    (tmp_path / "mirror" / "etcd-v3.6.16-linux-amd64.tar.gz").write_bytes(content)

    assert "etcd-v3.6.16-linux-amd64.tar.gz" in refusal("etcd", mirrored)
    assert list(place.bin.iterdir()) == []

    publish_everything(publisher)
    assert get_one("etcd", mirrored) == "downloaded"


@pytest.mark.parametrize(
    "name",
    [
        "pulumi",
        "etcd",
        "kubectl",
        "kube-apiserver",
        "kube-controller-manager",
        "kubectl-oidc_login",
    ],
)
def test_a_program_is_downloaded_from_where_its_publisher_has_it(
    place: Place, publisher: Publisher, name: str
) -> None:
    publish_everything(publisher)
    wanted = program(name, place)

    assert get_one(name, place) == "downloaded"

    for file in wanted.names:
        assert stat.S_IMODE((place.bin / file).stat().st_mode) == 0o755
    assert len(publisher.asked) == 2


def test_a_download_with_a_wrong_checksum_is_refused_aloud(
    place: Place, publisher: Publisher, capsys: pytest.CaptureFixture[str]
) -> None:
    path = "/release/v1.36.3/bin/linux/amd64/kube-apiserver"
    publisher.publish(path, script("1.36.3"), "kube-apiserver.sha256", wrong=True)

    message = refusal("kube-apiserver", place)

    assert f"{publisher.url}{path} was refused: its checksum is" in message
    assert "was refused" in capsys.readouterr().out
    assert list(place.bin.iterdir()) == []


@pytest.mark.parametrize(
    ("sums", "reason"),
    [
        pytest.param(None, "SHA256SUMS answered 404", id="missing"),
        pytest.param(b"<html>", "SHA256SUMS names no checksum of", id="not-checksums"),
        pytest.param(b"a" * 64 + b"  other\n", "SHA256SUMS names no checksum of", id="others-only"),
    ],
)
def test_a_download_without_a_checksum_is_refused(
    place: Place, publisher: Publisher, sums: bytes | None, reason: str
) -> None:
    publish_everything(publisher)
    folder = "/etcd-io/etcd/releases/download/v3.6.16/SHA256SUMS"
    del publisher.files[folder]
    if sums is not None:
        publisher.files[folder] = sums

    assert reason in refusal("etcd", place)


def test_the_command_line_has_a_second_address(place: Place, publisher: Publisher) -> None:
    publish_everything(publisher)
    for path in [path for path in publisher.files if path.startswith("/pulumi/pulumi/")]:
        publisher.files[f"/releases/sdk/{path.rpartition('/')[2]}"] = publisher.files.pop(path)

    assert get_one("pulumi", place) == "downloaded"


def test_a_silent_host_is_given_up_within_its_patience_and_asked_once(
    place: Place, silent_url: str
) -> None:
    unheard = replace(place, publishers=dict.fromkeys(place.publishers, silent_url))
    downloads = Downloads(place.patience)
    began = time.monotonic()

    for name in ("etcd", "kubectl", "pulumi"):
        with pytest.raises(MissingProgramError, match=r"127\.0\.0\.1 gives no answer"):
            get(program(name, unheard), unheard, downloads, {})

    assert time.monotonic() - began < 100 * place.patience


def test_a_host_without_a_name_is_given_up(place: Place) -> None:
    publishers = dict.fromkeys(place.publishers, "http://nowhere.invalid")

    message = refusal("etcd", replace(place, publishers=publishers, patience=3))

    assert "nowhere.invalid gives no answer" in message


def test_go_builds_what_cannot_be_downloaded(place: Place) -> None:
    """The compiler is a script: what it is asked for is written into what it makes."""
    made = "#!/bin/sh\\n# $CGO_ENABLED $(basename $PWD) $*\\necho v1.36.3"
    lines = [
        "#!/bin/sh",
        "PATH=/bin:/usr/bin",
        f'text="{made}"',
        'while [ "$1" != -o ]; do shift; done',
        'printf "$text" > "$2"',
        'chmod +x "$2"',
    ]
    on_path(place, "go", "\n".join(lines).encode())

    assert get_one("kubectl", place) == "built from its Go module"

    command = (place.bin / "kubectl").read_text().splitlines()[1]
    assert command.startswith("# 0 kubernetes build -mod=readonly -buildvcs=false")
    assert "-X k8s.io/component-base/version.gitVersion=v1.36.3" in command
    assert command.endswith("k8s.io/kubernetes/cmd/kubectl")


def test_a_build_that_fails_says_what_go_said_and_leaves_nothing(place: Place) -> None:
    on_path(place, "go", b"#!/bin/sh\necho the disk is full >&2; exit 1\n")

    assert '"go build" failed in lab/tools/etcd: the disk is full' in refusal("etcd", place)
    assert list(place.bin.iterdir()) == []


def test_what_is_missing_is_named_with_every_way_that_was_tried(place: Place) -> None:
    message = refusal("etcd", place)

    assert message.startswith("cannot get etcd 3.6.16:")
    for label in ("PATH", ".tools", "TOOLS_MIRROR", "download", "Go"):
        assert f"\n    {label} " in message
    assert "install etcd 3.6.0 or newer by hand" in message


def test_a_server_program_is_not_looked_for_where_none_is_published(place: Place) -> None:
    mac = replace(place, here=replace(place.here, system="darwin"))

    assert "none is published for darwin" in refusal("kube-apiserver", mac)


def test_nothing_but_programs_is_left_in_our_folder(place: Place, publisher: Publisher) -> None:
    publish_everything(publisher)
    wanted: Program = program("pulumi", place)

    get_one("pulumi", place)

    assert sorted(p.name for p in place.bin.iterdir()) == sorted(wanted.names)
    assert [p.name for p in place.tools.iterdir()] == ["bin"]
