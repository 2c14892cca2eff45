"""Identity providers: their presets, their discovery documents, and the `sub` of their jobs."""
