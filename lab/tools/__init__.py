"""How the pinned external programs get into `.tools/`, for tests, the lab and the demonstration.

`python -m lab.tools` gets all of them. `program` says what each is, `ways` how one is had, `download`
fetches and verifies, `plugin` fills the project's own PULUMI_HOME, `stamp` makes a second run quick.
`keycloak` is got at its first use only, and needs what `java` finds.
"""
