"""The stack file: one model of it, from which everything that knows of a stack reads."""
