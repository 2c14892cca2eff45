"""A client of the CKS API: models, masks, requests, retries, waiting, errors. It knows no engine."""
