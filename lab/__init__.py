"""A CKS cluster on one machine, for tests and demonstrations."""
