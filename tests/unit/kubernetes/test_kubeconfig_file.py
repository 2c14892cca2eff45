"""A file with credentials is replaced at once, with a backup, and is its owner's only."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cks_components.api.errors import SettingsError
from cks_components.kubernetes.kubeconfig_file import changed_by_kubectl, update

NOW = datetime(2026, 11, 28, 10, 15, 30, 123, tzinfo=UTC)


def changed(path: Path, text: str = "new") -> Path | None:
    return update([path], lambda _before: {path: text}, now=lambda: NOW).get(path)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_new_file_and_its_folder_are_its_owners_only(tmp_path: Path) -> None:
    path = tmp_path / ".kube" / "config"

    assert changed(path) is None

    assert path.read_text() == "new"
    assert (mode(path), mode(path.parent)) == (0o600, 0o700)
    assert files(path.parent) == ["config"]


def test_a_file_is_backed_up_and_gets_the_mode_of_a_secret(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text("old")
    path.chmod(0o644)

    backup = changed(path)

    assert backup == tmp_path / "config.20261128T101530.000123Z.bak"
    assert (backup.read_text(), path.read_text()) == ("old", "new")
    assert (mode(backup), mode(path)) == (0o600, 0o600)
    assert len(files(tmp_path)) == 2


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be"])
def test_a_file_of_windows_is_read_as_kubectl_reads_it_and_backed_up_as_it_is(
    tmp_path: Path, encoding: str
) -> None:
    path = tmp_path / "config"
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    old = f"{mark}ü\r\n".encode(encoding)
    path.write_bytes(old)

    backups = update([path], lambda before: {path: f"{before[path]}new"})

    assert path.read_bytes() == "ü\r\nnew".encode()
    backup = backups[path]
    assert backup is not None
    assert backup.read_bytes() == old


def test_the_change_is_made_of_the_text_that_is_there(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text("old")

    update([path], lambda before: {path: f"{before[path]}, new"})

    assert path.read_text() == "old, new"


def test_a_text_that_stays_the_same_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text("new")
    before = path.stat()

    assert changed(path) is None

    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert files(tmp_path) == ["config"]


def test_a_symbolic_link_stays_one(tmp_path: Path) -> None:
    target = tmp_path / "real"
    target.write_text("old")
    link = tmp_path / "config"
    link.symlink_to(target)

    changed(link)

    assert link.is_symlink()
    assert target.read_text() == "new"


def test_a_file_that_kubectl_is_changing_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text("old")
    lock = tmp_path / "config.lock"
    lock.touch()

    with pytest.raises(SettingsError, match=f"another program is changing it; .* remove {lock}"):
        changed(path)

    assert path.read_text() == "old"
    assert lock.exists(), "it is the other program's"
    lock.unlink()
    assert changed(path) is not None


def test_a_change_that_is_refused_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text("old")

    def refuse(_before: Mapping[Path, str]) -> dict[Path, str]:
        raise SettingsError(["no kubeconfig"])

    with pytest.raises(SettingsError, match="no kubeconfig"):
        update([path], refuse)

    assert files(tmp_path) == ["config"]


def test_an_interrupted_write_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "config"
    path.write_text("old")

    def full(_number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)

    with pytest.raises(SettingsError, match=r"cannot write .*: No space left on device; check"):
        changed(path)

    assert path.read_text() == "old"
    assert [name for name in files(tmp_path) if not name.endswith(".bak")] == ["config"]


@pytest.mark.parametrize("content", [None, b"\xff\xff"], ids=["a folder", "no text"])
def test_what_is_no_text_file_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "config"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)

    with pytest.raises(SettingsError, match=r"cannot read .*config: (Is a dir|it is not text)"):
        changed(path)


@pytest.mark.parametrize("is_linked", [False, True], ids=["itself", "by a link"])
def test_a_pipe_or_device_is_not_replaced_by_a_file(tmp_path: Path, is_linked: bool) -> None:
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to(pipe)

    with pytest.raises(SettingsError, match=r"it is a device, a pipe or a socket, .* --stdout"):
        changed(link if is_linked else pipe)

    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert files(tmp_path) == ["link", "pipe"]


def test_a_link_to_itself_is_said_and_stays(tmp_path: Path) -> None:
    link = tmp_path / "loop"
    link.symlink_to(link)

    with pytest.raises(SettingsError, match=r"cannot read .*loop: Too many levels of symbolic"):
        changed(link)

    assert link.is_symlink()
    assert files(tmp_path) == ["loop"]


def test_a_folder_that_is_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(SettingsError, match=r"cannot (read|write) .*file/config: Not a directory"):
        changed(tmp_path / "file" / "config")


def test_a_home_folder_that_does_not_exist_is_said() -> None:
    with pytest.raises(
        SettingsError, match="cannot write ~no-such-person/f: there is no such home"
    ):
        changed(Path("~no-such-person/f"))


def test_of_several_files_those_that_change_are_written(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("a", "b", "c")]
    for path in paths:
        path.write_text(path.name)
    texts = {paths[0]: "new", paths[1]: "b", paths[2]: "new"}

    backups = update(paths, lambda _before: texts, now=lambda: NOW)

    assert list(backups) == [paths[0], paths[2]]
    assert [path.read_text() for path in paths] == ["new", "b", "new"]


def test_a_file_in_a_folder_that_cannot_be_written_is_read_without_a_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, shared = tmp_path / "mine", tmp_path / "shared"
    shared.write_text("theirs")
    opened = os.open

    def guarded(path: str | Path, *arguments: int) -> int:
        if Path(path).name.startswith("shared"):
            raise PermissionError(13, "Permission denied")
        return opened(path, *arguments)

    monkeypatch.setattr("os.open", guarded)

    update([mine, shared], lambda before: {mine: f"{before[shared]} and mine"})

    assert mine.read_text() == "theirs and mine"
    with pytest.raises(SettingsError, match=r"cannot write .*shared: Permission denied"):
        update([mine, shared], lambda _before: {mine: "new", shared: "new"})
    assert mine.read_text() == "theirs and mine"


def test_kubectl_changes_the_files_that_exist_or_creates_the_last(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("none", "a", "b")]
    assert changed_by_kubectl(paths) == [paths[2]]

    for path in paths[1:]:
        path.touch()

    assert changed_by_kubectl(paths) == paths[1:]
    strange = tmp_path / ("x" * 300)  # kubectl does not take its error for a missing file
    assert changed_by_kubectl([strange, paths[1]]) == [strange, paths[1]]
