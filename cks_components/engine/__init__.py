"""The border to Pulumi: property bags become models, progress becomes rows, errors become lines."""
