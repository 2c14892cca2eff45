"""How the pinned external programs get into `.tools/`, for tests, the lab and the demonstration."""
