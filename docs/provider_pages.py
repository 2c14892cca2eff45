"""The pages about identity providers: a table of all, and one page for each."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from cks_components.identity.preset import Preset
from cks_components.identity.providers import every_preset

_EXAMPLES = Path(__file__).resolve().parents[1] / "examples" / "providers"
_NONE = "-"


def overview(mark: str) -> str:
    """`providers.md`: what is alike, and a table that leads to the pages."""
    table = "\n".join(_line(preset) for preset in every_preset())
    return f"""# Identity providers

{mark}

`cks-access:identity.provider` names a preset: it brings the scopes of the kubeconfigs and lets the rules say what this provider needs and cannot do.
A cluster trusts one issuer; where people and pipelines come from two, put a broker (Dex, Keycloak) in front.
The issuer's host names the preset too. Where a page has several sections, what is configured chooses: at GitLab people (`usernameClaim: email`, `groupsClaim: groups_direct`, the id of an application) or jobs, at Okta and Entra the issuer.

| provider | `issuerUrl` ends in a slash | scopes beside `openid` | people log in | proof |
|---|---|---|---|---|
{table}

Each page says what to register, and has a worked stack file.
Copy it to `stacks/Pulumi.<stack>.yaml`, replace the issuer, the client, the clusters and the names, and go on with [Getting started](getting-started.md#3-check-it-before-anything-is-sent).
"""


def pages(mark: str) -> dict[str, str]:
    """The page of each provider, by its name below `docs/`."""
    by_provider = groupby(every_preset(), key=lambda preset: preset.provider)
    return {_page(provider): _provider(list(own), mark) for provider, own in by_provider}


def _page(provider: str) -> str:
    return f"providers/{provider}.md"


def _provider(presets: list[Preset], mark: str) -> str:
    title = min((preset.title for preset in presets), key=len)
    if len(presets) == 1:
        return f"# {title}\n\n{mark}\n\n{_facts(presets[0])}\n{_example(presets[0], '##')}"
    sections = "\n".join(
        f"## {preset.title}\n\n{_facts(preset)}\n{_example(preset, '###')}" for preset in presets
    )
    return f"# {title}\n\n{mark}\n\n{sections}"


def _facts(preset: Preset) -> str:
    uris = " and ".join(f"`{uri}`" for uri in preset.redirect_uris) or "none"
    cannot = "\n".join(f"- {sentence}" for sentence in preset.cannot)
    sources = f"\n{_sources(preset.sources)}\n" if preset.sources else ""
    return f"""| what | at {preset.name_in_text} |
|---|---|
| issuer | {preset.issuer} |
| register | {preset.client} |
| redirect URIs, exactly so | {uris} |
| user names | {preset.username} |
| groups | {preset.groups} |

{cannot}
{sources}"""


def _example(preset: Preset, level: str) -> str:
    name = f"Pulumi.{preset.name}.yaml"
    stack_file = (_EXAMPLES / name).read_text().partition("\n")[2]  # without an editor's first line
    link = f"[`examples/providers/{name}`](../../examples/providers/{name})"
    heading = f"{level} A stack file" + (f" for {preset.title}" if level == "###" else "")
    return f"{heading}\n\n{link}:\n\n```yaml\n{stack_file}```\n"


def _line(preset: Preset) -> str:
    slash = {"always": "always", "never": "never", None: "as discovery says"}[preset.slash]
    if preset.hosts and not preset.slash:
        slash = ", ".join(f"`{host}` {own}" for host, own in preset.hosts.items())
    variant = f", {preset.variant}" if preset.variant else ""
    name = f"[`{preset.provider}`]({_page(preset.provider)}){variant}"
    people = "yes" if preset.people_log_in else "no"
    scopes = ", ".join(f"`{scope}`" for scope in preset.scopes) or _NONE
    return f"| {name} | {slash} | {scopes} | {people} | {_proof(preset)} |"


def _sources(sources: Iterable[str]) -> str:
    read = ", ".join(f"<{s}>" if s.startswith("https:") else s for s in sources)
    return f"Sources: {read}."


def _proof(preset: Preset) -> str:
    if not preset.people_log_in:
        return _NONE
    if preset.wants_secret:
        return "`clientSecret`"
    return "PKCE" if preset.announces_pkce else "PKCE, not announced"
