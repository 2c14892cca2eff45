"""`cks-access init`: the first stack file, and in a folder of its own the program around it."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import get_args

import click

from cks_components.api.errors import SettingsError
from cks_components.cli import init_clusters, init_questions
from cks_components.cli.exit_code import FINE
from cks_components.cli.init_questions import asked
from cks_components.cli.parameters import at_most_one
from cks_components.cli.progress_lines import tell
from cks_components.identity import discovery
from cks_components.identity.preset import Preset, Provider
from cks_components.identity.providers import PRESETS
from cks_components.project import scaffold, stack_config
from cks_components.project.scaffold import Choices
from cks_components.project.stack_config import Place
from cks_components.project.yaml_file import is_there
from cks_components.stack_file.scalar_types import Environment

_ATTEMPT = "cannot write a stack file"
_NAME = "cks-access"
_STACK_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")
"""What Pulumi takes as a stack's name, and as that of its organisation and project.

Source: `pkg/backend/diy/store.go` of Pulumi; one of periods alone is refused here besides."""


@click.command(
    help="Writes a stack file that passes cks-access check, with comments. Where no Pulumi.yaml is in "
    "the folder or above it, a Pulumi.yaml, a __main__.py and a requirements.txt are written too. A "
    "file that is there is never overwritten.\n\nAt a terminal, what is not given is asked for. The "
    "issuer's discovery document is read, and with COREWEAVE_API_TOKEN the clusters are looked up.",
    epilog="Example: cks-access init development --provider okta --cluster train-east",
)
@click.argument("stack", default="development", help="The stack's name; development if not given.")
@click.option(
    "--provider",
    type=click.Choice(list(PRESETS), case_sensitive=False),
    help="The identity provider.",
)
@click.option("--issuer", help="The issuer's URL, as its discovery document has it.")
@click.option("--client-id", help="The client that people log in with, or a job's audience.")
@click.option("--cluster", "clusters", multiple=True, help="A name or an id; may be repeated.")
@click.option("--admin-group", help="The first group that gets access, as the provider names it.")
@click.option("--admin-user", help="A user instead, or the sub of a job.")
@click.option("--groups-claim", default="groups", help="The claim that lists groups.")
@click.option(
    "--environment",
    type=click.Choice(get_args(Environment)),
    default="development",
    help="How strict the rules are.",
)
@click.option(
    "--json", "as_json", is_flag=True, help="Print the files and the next commands as JSON."
)
def verb(
    *,
    stack: str,
    provider: Provider | None,
    issuer: str | None,
    client_id: str | None,
    clusters: tuple[str, ...],
    admin_group: str | None,
    admin_user: str | None,
    groups_claim: str,
    environment: Environment,
    as_json: bool,
) -> int:
    """Ask for what is missing, and write the files.

    Raises:
        CksError: a file is there already, or a rule refuses what was given; nothing was written.
    """
    at_most_one({"--admin-group": admin_group is not None, "--admin-user": admin_user is not None})
    place = stack_config.place_of(stack)
    _refuse_name(place.stack)
    program = scaffold.program(_requirement()) if place.project.path is None else {}
    _refuse_existing(place.path, list(map(Path, program)))
    if provider and not issuer and not sys.stdin.isatty():
        issuer = _usual_issuer(PRESETS[provider])
    _refuse_missing(
        {
            "--provider": provider,
            "--issuer": issuer,
            "--client-id": client_id,
            "--cluster": clusters,
            "--admin-group or --admin-user": admin_group or admin_user,
        }
    )
    draft = Choices(
        stack=place.stack,
        environment=environment,
        provider=provider or init_questions.provider(),
        issuer_url=issuer or "https://issuer.example.com",
        client_id=client_id or "client",
        groups_claim=groups_claim,
        clusters=[{"name": "cluster"}],
        users=["user@example.com"],
    )
    choices = _identity(draft, place, issuer, client_id)
    cluster_check = partial(_with_answer, choices, place, "clusters", "clusters")
    chosen = init_clusters.choose(clusters, cluster_check)
    choices = replace(choices, clusters=chosen.entries, with_block=chosen.with_block)
    choices = _administrators(choices, place, admin_group, admin_user)
    text = scaffold.stack_file(choices)
    _refuse_findings(place, text)
    files = {**program, str(place.path): text}
    _write(files)
    for name in chosen.with_block:
        tell(f"note: {scaffold.replacing(name, place.stack)}")
    _show(list(files), place.stack, as_json=as_json)
    return FINE


def _identity(draft: Choices, place: Place, issuer: str | None, client_id: str | None) -> Choices:
    """The draft with issuer and client, asked for if they were not given."""

    def read_issuer(answer: str) -> str:
        _with_answer(draft, place, "identity.issuerUrl", "issuer_url", answer)
        return _published(answer)

    usual = _usual_issuer(PRESETS[draft.provider])
    url = _published(issuer) if issuer else asked("Issuer", read_issuer, usual)
    found = replace(draft, issuer_url=url)
    read_client = partial(_with_answer, found, place, "identity.clientId", "client_id")
    return found if client_id else asked("Client id", read_client)


def _administrators(choices: Choices, place: Place, group: str | None, user: str | None) -> Choices:
    """The choices with the groups or users with access, asked for if neither was given."""
    known = choices.preset
    if group and not known.admits_groups:
        message = f"{known.name_in_text} sends no groups of people; give --admin-user"
        raise click.UsageError(message, click.get_current_context())
    choices = replace(choices, groups=[group] if group else (), users=[user] if user else ())
    if group or user:
        return choices
    what, field = ("group", "groups") if known.admits_groups else ("user", "users")

    def read(answer: str) -> Choices:
        return _with_answer(choices, place, "bindings", field, [answer])

    return asked(f"First {what} with access, as {known.name_in_text} names it", read)


def _with_answer(choices: Choices, place: Place, path: str, field: str, value: object) -> Choices:
    """The choices with another value of one field, unless a rule refuses it.

    Args:
        choices: until now.
        place: of the stack file.
        path: the place of the value in the stack file; findings elsewhere do not count.
        field: of the choices.
        value: of the field.

    Raises:
        SettingsError: a rule refuses the value.
    """
    changed: Choices = replace(choices, **{field: value})  # type: ignore[arg-type]  # by its name
    _refuse_findings(place, scaffold.stack_file(changed), path)
    return changed


def _refuse_name(stack: str) -> None:
    """Refuse what Pulumi takes for no stack, which may be `organisation/project/name`."""
    parts = stack.split("/")
    if len(parts) > 3 or not all(_STACK_NAME.fullmatch(p) and p.strip(".") for p in parts):
        message = (
            f'{_ATTEMPT}: "{stack}" is not a name that Pulumi takes for a stack: it has 1 to 100 '
            'letters, digits, hyphens, underscores and periods; write one such as "development"'
        )
        raise SettingsError([message])


def _refuse_existing(stack_file: Path, program: Sequence[Path]) -> None:
    present = [str(path) for path in (stack_file, *program) if is_there(path)]
    if not present:
        return
    advice = "name another stack, or go to another folder"
    if str(stack_file) not in present or len(present) > 1:
        advice = (
            "go to another folder, or to that of a project: where a Pulumi.yaml is in the folder or "
            "above it, the stack file alone is written"
        )
    verb_form = "is" if len(present) == 1 else "are"
    message = (
        f"{_ATTEMPT}: {' and '.join(present)} {verb_form} there already, and nothing is "
        f"overwritten; {advice}"
    )
    raise SettingsError([message])


def _refuse_findings(place: Place, text: str, path: str = "") -> None:
    """Refuse what the rules refuse below a path of the stack file."""
    config = stack_config.parse(place.stack, place.path, text, place.project)
    found = [f for f in config.examined.findings if f.refuses and f.path.startswith(path)]
    if found:
        raise SettingsError([f"{_ATTEMPT}: {finding}" for finding in found])


def _refuse_missing(given: Mapping[str, object]) -> None:
    missing = [option for option, value in given.items() if not value]
    if missing and not sys.stdin.isatty():
        message = f"there is no terminal to ask at; give {', '.join(missing)}"
        raise click.UsageError(message, click.get_current_context())


def _usual_issuer(known: Preset) -> str | None:
    """The issuer of a provider that has a single one."""
    host, *others = known.hosts or [""]
    if not host or others or "*" in host:
        return None
    return f"https://{host}{'/' if known.hosts[host] == 'always' else ''}"


def _published(issuer: str) -> str:
    """The issuer as its discovery document has it, which may differ in the slash at the end."""
    found = discovery.fetch(issuer)
    if found.problem:
        tell(f"note: the discovery document of {issuer} could not be read ({found.problem})")
    elif found.issuer == issuer:
        tell(f"the discovery document of {issuer} was read")
    elif found.issuer.rstrip("/") == issuer.rstrip("/"):
        tell(f'the discovery document names the issuer "{found.issuer}", which is written')
        return found.issuer
    else:
        message = (
            f'{_ATTEMPT}: the discovery document of {issuer} names the issuer "{found.issuer}"; give '
            "that one"
        )
        raise SettingsError([message])
    return issuer


def _requirement() -> str:
    """How pip installs this package again, as it was installed here (PEP 610)."""
    installed = metadata.distribution(_NAME)
    origin = json.loads(installed.read_text("direct_url.json") or "{}")
    url, vcs = origin.get("url"), origin.get("vcs_info")
    if url is None:
        return f"{_NAME}=={installed.version}"
    if vcs is not None:
        return f"{_NAME} @ {vcs['vcs']}+{url}@{vcs['commit_id']}"
    if origin.get("dir_info", {}).get("editable"):
        return f"--editable {url}"
    return f"{_NAME} @ {url}"


def _write(files: Mapping[str, str]) -> None:
    """Write all of the files, or none."""
    begun: list[Path] = []
    for name, text in files.items():
        path = Path(name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                begun.append(path)
                file.write(text)
        except OSError as error:
            for half in begun:
                half.unlink()
            message = f"cannot write {name}: {error.strerror}; check the folder"
            raise SettingsError([message]) from error


def _show(files: Sequence[str], stack: str, *, as_json: bool) -> None:
    commands = [f"cks-access check {stack}", f"pulumi stack init {stack}", "pulumi preview --diff"]
    if as_json:
        print(json.dumps({"written": files, "next": commands}, indent=2))
        return
    print(f"written: {', '.join(files)}\nnext:")
    print("\n".join(f"  {command}" for command in commands))
