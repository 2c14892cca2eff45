// Access to a cluster: the SDK "@pulumi/cks" is made by
//   pulumi package add .venv/bin/pulumi-resource-cks
import * as cks from "@pulumi/cks";
import * as pulumi from "@pulumi/pulumi";

const config = new pulumi.Config();

const train = new cks.ClusterAccess("train", {
    clusterId: config.require("clusterId"),
    endpoint: config.require("endpoint"),
    label: "train",
    context: { environment: "staging", provider: "okta" },
    identity: {
        oidc: {
            issuerUrl: "https://acme.okta.com",
            clientId: "0oa1example",
            usernameClaim: "preferred_username",
            usernamePrefix: "okta:",
            groupsClaim: "groups",
            groupsPrefix: "okta:",
        },
        clientSecret: config.requireSecret("clientSecret"),
        scopes: ["groups"],
    },
});

export const kubeconfig = train.kubeconfig;
export const adminKubeconfig = train.adminKubeconfig;
