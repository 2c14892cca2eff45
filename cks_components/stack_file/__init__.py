"""The model of the stack file, which all other code reads."""
