"""A Pulumi project on disk: its files, their versions in git, and what the installed `pulumi` says."""
