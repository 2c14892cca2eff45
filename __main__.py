"""The Pulumi program: one stack file in, access to its clusters out."""

import signal

import pulumi

# The language host interrupts a failed program, which would hide the message behind a traceback.
signal.signal(signal.SIGINT, signal.SIG_DFL)

from pulumi.runtime import config  # noqa: E402 - the signal comes first

from cks_components.api.errors import CksError  # noqa: E402
from cks_components.stack import deploy  # noqa: E402

try:
    deploy(config.CONFIG.get())
except CksError as error:
    raise pulumi.RunError(str(error)) from None
