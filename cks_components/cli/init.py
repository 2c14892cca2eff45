"""`cks-access init`: the first stack file, and in a folder of its own the program around it."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, get_args

import click

from cks_components.api.cluster_lookup import Selector, look_up
from cks_components.api.errors import CksError, SettingsError
from cks_components.api.models import Cluster, OidcConfig
from cks_components.api.retry import PREVIEW_DEADLINE_SECONDS
from cks_components.cli.exit_code import FINE
from cks_components.cli.parameters import at_most_one
from cks_components.cli.progress_lines import tell
from cks_components.engine.provider_call import connected
from cks_components.identity import discovery
from cks_components.identity.preset import Preset, Provider
from cks_components.identity.providers import PRESETS, preset
from cks_components.project import scaffold, stack_config
from cks_components.project.scaffold import Choices
from cks_components.project.stack_config import StackConfig
from cks_components.stack_file.scalar_types import Environment

_ATTEMPT = "cannot write a stack file"
_NAME = "cks-access"


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
    program = scaffold.program(_requirement()) if place.project.path is None else {}
    _refuse_existing([place.path, *map(Path, program)])
    _refuse_missing(
        {
            "--provider": provider,
            "--issuer": issuer,
            "--client-id": client_id,
            "--cluster": clusters,
            "--admin-group or --admin-user": admin_group or admin_user,
        }
    )
    named: Provider = provider or _asked("Identity provider", "generic", list(PRESETS))
    url = _published(issuer or _asked("Issuer", _usual_issuer(PRESETS[named])))
    client = client_id or _asked("Client id")
    known = preset(named, OidcConfig(issuer_url=url, client_id=client))
    chosen = _looked_up(clusters)
    groups, users = _administrators(known, admin_group, admin_user)
    choices = Choices(
        stack=place.stack,
        environment=environment,
        provider=named,
        issuer_url=url,
        client_id=client,
        groups_claim=groups_claim,
        clusters=chosen,
        groups=groups,
        users=users,
    )
    text = scaffold.stack_file(choices)
    _refuse_findings(stack_config.parse(place.stack, place.path, text, place.project))
    files = {**program, str(place.path): text}
    _write(files)
    _show(list(files), place.stack, as_json=as_json)
    return FINE


def _administrators(
    known: Preset, group: str | None, user: str | None
) -> tuple[list[str], list[str]]:
    """The groups and the users with access, asked for if neither was given."""
    if group and not known.admits_groups:
        message = f"{known.title} sends no groups of people; give --admin-user"
        raise click.UsageError(message, click.get_current_context())
    if not group and not user:
        what = "group" if known.admits_groups else "user"
        answer = _asked(f"First {what} with access, as {known.title} names it")
        group, user = (answer, None) if known.admits_groups else (None, answer)
    return [group] if group else [], [user] if user else []


def _refuse_existing(paths: Sequence[Path]) -> None:
    present = [str(path) for path in paths if path.exists()]
    if present:
        message = (
            f"{_ATTEMPT}: {' and '.join(present)} {'is' if len(present) == 1 else 'are'} there already, "
            "and nothing is overwritten; name another stack, or go to another folder"
        )
        raise SettingsError([message])


def _refuse_findings(config: StackConfig) -> None:
    refusing = [finding for finding in config.examined.findings if finding.refuses]
    if refusing:
        raise SettingsError([f"{_ATTEMPT}: {finding}" for finding in refusing])


def _refuse_missing(given: Mapping[str, object]) -> None:
    missing = [option for option, value in given.items() if not value]
    if missing and not sys.stdin.isatty():
        message = f"there is no terminal to ask at; give {', '.join(missing)}"
        raise click.UsageError(message, click.get_current_context())


def _asked(question: str, default: str | None = None, choices: Sequence[str] = ()) -> Any:
    kind = click.Choice(choices) if choices else str
    return click.prompt(question, default=default, type=kind, err=True)


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


def _looked_up(named: Sequence[str]) -> list[dict[str, str]]:
    """The entries of clusters: by name, or by id where a name is not the only one.

    Raises:
        SettingsError: a cluster is not visible to the token.
    """
    try:
        with connected(tell) as client:
            visible = client.list_clusters(deadline_seconds=PREVIEW_DEADLINE_SECONDS)
            names = [cluster.name for cluster in visible]
            wanted = named or _several(", ".join(names))
            selectors = [Selector.of(name) for name in wanted]
            found = look_up(client, selectors, deadline_seconds=PREVIEW_DEADLINE_SECONDS)
    except CksError as error:
        tell(f"note: the clusters were not looked up: {error}")
        return [{"name": name} for name in named or _several("")]
    problems = [f"{_ATTEMPT}: {problem}" for problem in found if isinstance(problem, str)]
    if problems:
        raise SettingsError(problems)
    return [_entry(cluster, names) for cluster in found if isinstance(cluster, Cluster)]


def _several(visible: str) -> list[str]:
    seen = f" (visible: {visible})" if visible else ""
    answer: str = _asked(f"Clusters, by name or id, separated by commas{seen}")
    return [name.strip() for name in answer.split(",") if name.strip()]


def _entry(cluster: Cluster, names: Sequence[str]) -> dict[str, str]:
    return {"name": cluster.name} if names.count(cluster.name) == 1 else {"id": cluster.id}


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
    for name, text in files.items():
        path = Path(name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            message = f"cannot write {name}: {error.strerror}; check the folder"
            raise SettingsError([message]) from error


def _show(files: Sequence[str], stack: str, *, as_json: bool) -> None:
    commands = [f"cks-access check {stack}", f"pulumi stack init {stack}", "pulumi preview --diff"]
    if as_json:
        print(json.dumps({"written": files, "next": commands}, indent=2))
        return
    print(f"written: {', '.join(files)}\nnext:")
    print("\n".join(f"  {command}" for command in commands))
