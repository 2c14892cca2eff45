"""What stands in the way of a login, in the order in which a person would look for it."""
