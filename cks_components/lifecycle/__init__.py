"""What is decided about a block or a token: adopt, change, wait, restore, revoke. It knows no engine."""
