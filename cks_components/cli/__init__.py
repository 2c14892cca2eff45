"""The command line: one module per verb; it prints and returns an exit code, and decides nothing."""
