"""Decisions about a block or a token: adopt, change, wait, restore, revoke. Without Pulumi."""
