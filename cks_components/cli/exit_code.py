"""The exit codes of the command line."""

FINE = 0
"""The command succeeded, and found nothing to report."""
ERROR = 1
"""The command failed."""
FOUND = 2
"""The command succeeded, and found something to report."""
