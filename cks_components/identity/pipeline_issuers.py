"""Issuers whose tokens belong to jobs and workloads; no person can log in with them."""

from __future__ import annotations

import re

from cks_components.identity.preset import CLAIMS_OF_PEOPLE, Form, Preset

PRESETS: tuple[Preset, ...] = (
    Preset(
        provider="github",
        title="GitHub Actions",
        issuer="`https://token.actions.githubusercontent.com` (an enterprise may append `/<slug>`); "
        "`https://token.actions.SUB.ghe.com`; `https://HOST/_services/token`",
        hosts={"token.actions.githubusercontent.com": "never"},
        slash="never",
        client="none; `clientId` is an audience of your choice that the job asks for",
        people_log_in=False,
        username='`sub` with the prefix `"github:"`',
        no_claims=(
            *CLAIMS_OF_PEOPLE,
            "project_id",
            "project_path",
            "namespace_id",
            "namespace_path",
        ),
        sends_text=True,
        groups="none; `environment` or `repository_owner` can serve as a group of one",
        never_sends={"groups": 'remove it, or write "environment" or "repository_owner"'},
        required_keys=("repository_owner_id", "repository_id", "enterprise_id"),
        required_trap="jobs of every repository in the world can log in; write "
        '"repository_owner_id=<id of your organisation>"',
        cannot=(
            "People cannot log in with it, so there is no kubeconfig for them; people who have "
            "GitHub accounts log in through a broker (Dex, Keycloak), which is a provider of its "
            "own.",
            "`sub` has two forms since July 2026: bind both while repositories change over.",
            "The owner can choose another `sub` by a template of claims; a template without "
            "`context`, `environment` or `ref` gives the jobs of pull requests the same `sub` as "
            "all others.",
            "The default audience is the owner's URL: the job has to ask for a fixed one.",
            "A pull request's job has a token too: bind `environment:` subjects.",
        ),
        sources=("https://docs.github.com/en/actions/reference/security/oidc",),
    ),
    Preset(
        provider="gitlab",
        title="GitLab CI",
        issuer="`https://gitlab.com` or your own host",
        hosts={"gitlab.com": "never"},
        slash="never",
        client="none; `clientId` is the `aud` in the job's `id_tokens`",
        people_log_in=False,
        username='`sub` with the prefix `"gitlab:"` (`project_path:G/P:ref_type:branch:ref:main`)',
        groups="none",
        never_sends={"groups": "remove it and bind users by their sub"},
        seldom_sends={
            "groups_direct": "is in a job's token only while an administrator has turned on the "
            "feature flag ci_jwt_groups_direct; bind users by their sub"
        },
        claim_types={"groups_direct": "list", "user_identities": "list of objects"},
        sends_text=True,
        required_keys=("namespace_id", "project_id"),
        required_trap="jobs of every project on gitlab.com can log in; write "
        '"namespace_id=<id of your group>"',
        cannot=(
            "People log in at the same issuer, with an application: the section GitLab applies "
            "where the identity names people (`usernameClaim: email`, `groupsClaim: "
            "groups_direct`, an application's id as `clientId`), this one where it names jobs.",
            "Merge requests from forks carry the fork's project claims.",
            "A project can reconfigure the form of its `sub`.",
        ),
        sources=("https://docs.gitlab.com/ci/secrets/id_token_authentication/",),
    ),
    Preset(
        provider="teleport",
        title="Teleport Workload Identity",
        issuer="`https://PROXY/workload-identity`",
        hosts={"*.teleport.sh": "never"},
        slash="never",
        issuer_path=re.compile("/workload-identity"),
        client="none; `clientId` is the audience that `tbot` asks for",
        people_log_in=False,
        username='`sub` with the prefix `"teleport:"` (`spiffe://CLUSTER/svc/deployer`)',
        user_names={"sub": Form("a SPIFFE ID", re.compile(r"spiffe://[^/\s]+/\S+"))},
        no_claims=CLAIMS_OF_PEOPLE,
        groups="none",
        never_sends={"groups": "remove it and bind users by their SPIFFE IDs"},
        cannot=(
            "People cannot log in with it, so there is no kubeconfig for them: Teleport gives "
            "people access through its own proxy.",
            "Only the signature suite `legacy` signs with RS256. The others sign with ES256, which "
            "CKS does not accept: look at the discovery document first.",
            "A token lives for 5 minutes unless `tbot` asks for more.",
        ),
        sources=(
            "https://goteleport.com/docs/machine-workload-identity/workload-identity/jwt-svids/",
            "gravitational/teleport, lib/cryptosuites/suites.go",
        ),
    ),
)
