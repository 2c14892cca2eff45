"""`cks-access kubeconfig`: puts kubeconfigs for people, operators or pipelines into a file."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import yaml

from cks_components.api.environment import kubeconfig_files
from cks_components.api.errors import SettingsError
from cks_components.cli import live_kubeconfig
from cks_components.cli.exit_code import FINE
from cks_components.cli.parameters import FilePath, at_most_one, stack_argument
from cks_components.kubernetes import kubeconfig_file
from cks_components.kubernetes.kubeconfig import OPERATORS, PEOPLE, for_this_machine
from cks_components.kubernetes.kubeconfig_merge import Merged, holds_secret, is_mergeable, merge
from cks_components.kubernetes.nearest_name import nearest
from cks_components.project import stack_outputs

_PIPELINES = "pipelines"
_NO_FILE = Path()
_OUTPUTS = {
    PEOPLE: "kubeconfigs",
    OPERATORS: "adminKubeconfigs",
    _PIPELINES: "automationKubeconfigs",
}


@click.command(
    help="The kubeconfigs are those of a stack's outputs, as Pulumi or a file (--outputs) has them; "
    "or, with --cluster and without a stack, they are made for clusters as they are now.\n\nThey "
    "are merged into the file that kubectl uses, or into another one (--output), which is locked "
    "as kubectl locks it, replaced at once, backed up, and readable by you only. Entries that "
    "cks-access did not write are kept.",
    epilog="Example: cks-access kubeconfig production --cluster train-east",
)
@stack_argument
@click.option(
    "--for",
    "kind",
    type=click.Choice(list(_OUTPUTS)),
    default=PEOPLE,
    show_default=True,
    help="Whose: people log in with kubelogin, operators have a CoreWeave token, and pipelines the "
    "token that the stack stores.",
)
@click.option("--cluster", "clusters", multiple=True, help="Only this cluster; may be repeated.")
@click.option("--pipeline", "pipelines", multiple=True, help="Only this pipeline; may be repeated.")
@click.option(
    "--outputs",
    metavar="FILE",
    type=FilePath(),
    help='What "pulumi stack output --json" has printed; - is standard input.',
)
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    help="Without a stack: a scope that a log-in asks for in addition; may be repeated.",
)
@click.option("--output", metavar="FILE", type=FilePath(path_type=Path), help="The file.")
@click.option("--stdout", "is_printed", is_flag=True, help="Print the kubeconfig; write no file.")
@click.option("--use", is_flag=True, help="Make the first context the current one.")
@click.option(
    "--overwrite", is_flag=True, help="Replace entries of others that have the same name."
)
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON.")
def verb(
    *,
    stack: str | None,
    kind: str,
    clusters: tuple[str, ...],
    pipelines: tuple[str, ...],
    outputs: str | None,
    scopes: tuple[str, ...],
    output: Path | None,
    is_printed: bool,
    use: bool,
    overwrite: bool,
    as_json: bool,
) -> int:
    """Merge kubeconfigs into a file, and say which contexts it has now.

    Raises:
        click.UsageError: options exclude or need each other.
        CksError: there is no such kubeconfig, or the file has another content than a kubeconfig or
            entries of others with the same names; nothing was written then.
    """
    at_most_one({"STACK": stack is not None, "--outputs": outputs is not None})
    at_most_one({"--output": output is not None, "--stdout": is_printed})
    at_most_one({"--use": use, "--stdout": is_printed})
    at_most_one({"--overwrite": overwrite, "--stdout": is_printed})
    at_most_one({"--scope": bool(scopes), "--outputs": outputs is not None})
    at_most_one({"--scope": bool(scopes), "STACK": stack is not None})
    if pipelines and kind != _PIPELINES:
        message = f"--pipeline needs --for {_PIPELINES}"
        raise click.UsageError(message, click.get_current_context())
    if clusters and stack is None and outputs is None:
        configs = live_kubeconfig.made(clusters, kind, scopes)
    else:
        read = _read(stack, outputs, _OUTPUTS[kind], with_secrets=kind == _PIPELINES)
        chosen = _chosen(read, kind, clusters, pipelines)
        _require_kubeconfigs(chosen, outputs)
        configs = [for_this_machine(c) if kind == OPERATORS else c for c in chosen.values()]
    if is_printed:
        _print(merge({_NO_FILE: ""}, configs).texts[_NO_FILE], configs, as_json=as_json)
        return FINE
    listed = [output] if output else kubeconfig_file.changed_by_kubectl(kubeconfig_files())
    merged, backups = _merged_into(listed, configs, use=use, overwrite=overwrite)
    if as_json:
        print(json.dumps(_data(listed, merged, backups), indent=2))
    else:
        print("\n".join(_summary(listed, merged, backups)))
    return FINE


def _read(
    stack: str | None, outputs: str | None, name: str, *, with_secrets: bool
) -> Mapping[str, Any]:
    """The kubeconfigs of one kind in a stack's outputs; empty if there are none."""
    if outputs is not None:
        found = stack_outputs.of_file(outputs).get(name)
    else:
        found = stack_outputs.of_stack(stack, with_secrets=with_secrets).get(name)
        if _hidden(found):  # a client secret is in them
            found = stack_outputs.of_stack(stack, with_secrets=True).get(name)
    if _hidden(found):
        message = (
            f'the output "{name}" in {outputs} is hidden; make the file with "pulumi stack output '
            '--json --show-secrets", and remove it afterwards'
        )
        raise SettingsError([message])
    return found if isinstance(found, Mapping) else {}


def _hidden(found: object) -> bool:
    inner = found.values() if isinstance(found, Mapping) else ()
    return stack_outputs.is_hidden(found) or any(map(stack_outputs.is_hidden, inner))


def _chosen(
    found: Mapping[str, Any], kind: str, clusters: Sequence[str], pipelines: Sequence[str]
) -> dict[str, Any]:
    """What the outputs have for the wanted clusters and pipelines, by its place in the outputs.

    Raises:
        SettingsError: there is none, or one that is named is not there.
    """
    if not found:
        raise SettingsError([_none(kind)])
    wanted = _named("cluster", found, clusters)
    by_place = {f"{_OUTPUTS[kind]}.{cluster}": value for cluster, value in wanted.items()}
    if kind != _PIPELINES:
        return by_place
    others = {p: value for p, value in by_place.items() if not isinstance(value, Mapping)}
    if others:
        return others
    by_name = {name: 0 for texts in by_place.values() for name in texts}
    names = _named("pipeline with a stored token", by_name, pipelines)
    return {
        f"{place}.{name}": text
        for place, texts in by_place.items()
        for name, text in texts.items()
        if name in names
    }


def _require_kubeconfigs(found: Mapping[str, Any], outputs: str | None) -> None:
    """Refuse outputs of other content, which is never shown: it may hold a token."""
    source = f"in {outputs}" if outputs is not None else "of the stack"
    advice = (
        'this is not what "pulumi stack output --json" prints, so make the file with it again'
        if outputs is not None
        else 'run "pulumi up" with a program that exports the kubeconfigs'
    )
    problems = [
        f'the output "{place}" {source} is not a kubeconfig; {advice}'
        for place, text in found.items()
        if not is_mergeable(text)
    ]
    if problems:
        raise SettingsError(problems)


def _named(what: str, known: Mapping[str, Any], wanted: Sequence[str]) -> Mapping[str, Any]:
    unknown = [
        f'the stack\'s outputs have no {what} "{name}"{nearest(name, known)}; they have '
        f"{', '.join(known)}"
        for name in wanted
        if name not in known
    ]
    if unknown:
        raise SettingsError(unknown)
    return {name: value for name, value in known.items() if not wanted or name in wanted}


def _none(kind: str) -> str:
    why = {
        PEOPLE: "its identity provider is none that people log in with, or the last update is older "
        'than this release; look at the stack file, or run "pulumi up"',
        OPERATORS: 'run "pulumi up"',
        _PIPELINES: "no pipeline of the stack file stores a token; mint one with "
        '"cks-access token STACK/CLUSTER/NAME --kubeconfig"',
    }
    return f"the stack's outputs have no kubeconfig for {kind}: {why[kind]}"


def _merged_into(
    files: Sequence[Path], configs: Sequence[str], *, use: bool, overwrite: bool
) -> tuple[Merged, Mapping[Path, Path | None]]:
    """What was merged, and the files that were written, each with its backup."""
    found: list[Merged] = []

    def change(texts: Mapping[Path, str]) -> Mapping[Path, str]:
        found.append(merge(texts, configs, use=use, overwrite=overwrite))
        return found[-1].texts

    backups = kubeconfig_file.update(files, change)
    return found[-1], backups


def _print(text: str, configs: Sequence[str], *, as_json: bool) -> None:
    if sys.stdout.isatty() and any(map(holds_secret, configs)):
        message = (
            "the kubeconfig holds a secret, so it is not printed to a terminal; leave --stdout out "
            "to merge it into a file, or redirect the output"
        )
        raise SettingsError([message])
    print(json.dumps(yaml.safe_load(text), indent=2) if as_json else text.rstrip())


def _summary(
    files: Sequence[Path], merged: Merged, backups: Mapping[Path, Path | None]
) -> Iterator[str]:
    contexts = ", ".join(merged.contexts)
    named = list(backups) or files
    have = f"{', '.join(map(str, named))} {'has' if len(named) == 1 else 'have'} the contexts"
    if backups:
        yield f"{have} {contexts} now"
    else:
        yield f"{have} {contexts} already; nothing was written"
    if merged.replaced:
        yield f"replaced: {', '.join(merged.replaced)}"
    for file, backup in backups.items():
        if backup:
            name = "the file" if len(backups) == 1 else file
            yield f"{name} as it was before is {backup}; remove it when you no longer need it"
    if merged.current not in merged.contexts:
        option = f"--kubeconfig {files[0]} " if len(files) == 1 else ""  # else KUBECONFIG has it
        yield f"use it with: kubectl {option}--context {merged.contexts[0]} get pods"


def _data(
    files: Sequence[Path], merged: Merged, backups: Mapping[Path, Path | None]
) -> dict[str, Any]:
    written = [{"file": str(f), "backup": str(b) if b else None} for f, b in backups.items()]
    first = written[0] if written else {"file": str(files[0]), "backup": None}
    return first | {
        "changed": bool(written),
        "written": written,
        "contexts": list(merged.contexts),
        "replaced": list(merged.replaced),
        "currentContext": merged.current,
    }
