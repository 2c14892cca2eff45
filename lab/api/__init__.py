"""An emulator of the CKS API, read from the vendor's schema and documents, not from our client."""
