"""The Pulumi program: one stack file in, access to its clusters out."""

import signal

import pulumi
from pulumi.runtime import config

from cks_components.api.errors import CksError
from cks_components.stack import deploy

# The language host interrupts a failed program, which would hide the message behind a traceback.
signal.signal(signal.SIGINT, signal.SIG_DFL)

try:
    deploy(config.CONFIG.get())
except CksError as error:
    raise pulumi.RunError(str(error)) from None
