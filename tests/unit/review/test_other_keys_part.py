"""What other keys of a stack file are to a reviewer."""

from __future__ import annotations

from pathlib import Path

from cks_components.project import stack_config
from cks_components.project.project_file import ProjectFile
from cks_components.project.stack_config import StackConfig
from cks_components.review import other_keys_part
from cks_components.review.part import Attention, Part

PROJECT = ProjectFile(None, "access", Path(), {"access:size": 3})
CONFIG = "config: {cks-access:clusters: [{name: east}], access:admins: [ann]}\n"


def file(text: str = CONFIG) -> StackConfig:
    return stack_config.parse("test", Path("Pulumi.test.yaml"), text, PROJECT)


def changed(before: StackConfig | None, after: StackConfig | None) -> list[Part]:
    return list(other_keys_part.of_change("test", before, after))


def test_nothing_is_said_of_our_own_keys_or_without_a_file_before() -> None:
    assert changed(file(), file(CONFIG.replace("east", "west"))) == []
    assert changed(None, file()) == []
    assert changed(file(), None) == []


def test_what_the_program_may_read_is_named_without_its_values() -> None:
    after = CONFIG.replace("[ann]", "[ann, eve], other:region: eu, access:size: 4")

    (part,) = changed(file(), file(after))

    assert (part.attention, part.points) == (Attention.NOTE, ())
    assert part.summary == (
        "Configuration changes that the program may read: `access:admins`, `access:size`, "
        "`other:region`."
    )


def test_another_encryption_of_the_state_is_looked_at() -> None:
    salted = f"encryptionsalt: v1:aaaa\n{CONFIG}"
    (moved,) = changed(file(salted), file(f"secretsprovider: awskms://alias/x\n{CONFIG}"))
    (new,) = changed(file(), file(f"secretsprovider: passphrase\n{CONFIG}"))

    (point,) = moved.points
    assert moved.attention is new.attention is Attention.REVIEW
    assert point.text == (
        "what encrypts the secrets of the state changes (`encryptionsalt`, `secretsprovider`): "
        "whoever can use that can read them"
    )
    assert moved.summary == ""


def test_the_first_salt_that_the_engine_writes_is_nothing() -> None:
    assert changed(file(), file(f"encryptionsalt: v1:aaaa\n{CONFIG}")) == []
