"""A stand-in for `pulumi-resource-kubernetes`, for machines where the official one is not to be had.

It speaks the engine's plugin protocol and covers the kinds in `kinds.py`; for these it makes the
same objects, identifiers and replacements as the official plugin of `version.VERSION`. Anything
else is refused with a message that names the way out. Nothing in `cks_components` knows of it.
"""
