"""Names that a component had in earlier states, and the way from them to what lies in it."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi


def told(opts: pulumi.ResourceOptions | None) -> list[str]:
    """What the component is told that it was called."""
    told = (opts.aliases if opts else None) or ()
    return [a.name for a in told if isinstance(a, pulumi.Alias) and isinstance(a.name, str)]


def leading(name: str, former: Sequence[str]) -> pulumi.ResourceOptions:
    """Lead the state to what lies in a component that was called otherwise.

    The engine does so by itself only in the run that moves the component: one that ends half way
    leaves some children where they were.
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
