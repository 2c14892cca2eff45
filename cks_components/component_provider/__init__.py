"""The component provider `cks`, by which programs in other languages declare a `ClusterAccess`."""
