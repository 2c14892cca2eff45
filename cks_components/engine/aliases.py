"""Aliases for components that had other names in earlier states, and for their children."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi


def told(opts: pulumi.ResourceOptions | None) -> list[str]:
    """The former names in a component's options."""
    told = (opts.aliases if opts else None) or ()
    return [a.name for a in told if isinstance(a, pulumi.Alias) and isinstance(a.name, str)]


def leading(name: str, former: Sequence[str]) -> pulumi.ResourceOptions:
    """Give the children of a component aliases for the component's former names.

    The engine does this by itself only in the run that renames the component; if that run is
    interrupted, some children keep their old names.
    """

    def lead(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult:
        names = [args.name, *told(args.opts)]
        rests = [n.removeprefix(name) for n in names if n.startswith((f"{name}:", f"{name}-"))]
        aliases = dict.fromkeys(
            f"{before}{between}{rest[1:]}"
            for before in former
            for rest in rests
            for between in (rest[0], "-")  # up to 0.1 there were no colons
        )
        more = pulumi.ResourceOptions(aliases=[pulumi.Alias(name=alias) for alias in aliases])
        opts = pulumi.ResourceOptions.merge(args.opts, more)
        return pulumi.ResourceTransformationResult(args.props, opts)

    return pulumi.ResourceOptions(transformations=[lead])
