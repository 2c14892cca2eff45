"""What a command's exit code says."""

FINE = 0
"""All is well."""
ERROR = 1
"""It could not be done."""
FOUND = 2
"""It was done, and something was found."""
