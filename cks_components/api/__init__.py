"""A client of the CKS API: models, masks, requests, retries, errors. It does not use Pulumi."""
