"""The release of the official plugin whose behaviour this one has."""

VERSION = "4.34.2"
