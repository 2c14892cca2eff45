"""What kube-apiserver makes of a bearer token: who it becomes, or the first check that refuses it.

The checks follow kube-apiserver with the `--oidc-*` flags (k8s.io/apiserver 0.36, coreos/go-oidc
2.5, go-jose 2.6 and Go's encoding/json), which is what a cluster's `oidc` block becomes. They are
pure functions of the token, the block, the time and, where they are known, the issuer's keys.
"""

from cks_components.authentication.judgement import Verdict, judge
from cks_components.authentication.refusal import Rule
from cks_components.kubernetes.user import User

__all__ = ["Rule", "User", "Verdict", "judge"]
