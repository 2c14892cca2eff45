"""An OIDC provider with a few users: authorization code with PKCE for one public client."""
