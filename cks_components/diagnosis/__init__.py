"""What stands in the way of a login: the checks of a stack, and the block that judges a token."""
