"""Progress for people who wait at a terminal or read the log of a pipeline."""

from __future__ import annotations

from functools import partial

import click

tell = partial(click.echo, err=True)
"""Writes one line to stderr, so that stdout has the result alone."""
