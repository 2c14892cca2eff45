"""What is known of identity: names that RBAC sees, providers, rules, what an issuer publishes."""
