"""The comment that a pull request gets for each stack, with the most important part first.

Pure functions: nothing here reads a file, starts a program or asks a cluster.
"""
