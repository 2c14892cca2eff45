"""The command line: one module for each verb, which prints and returns an exit code."""
