"""What is known of identity: names that RBAC sees, providers, rules. It sends nothing."""
