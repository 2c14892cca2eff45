"""The interface to Pulumi: property bags to models, progress to rows, errors to messages."""
