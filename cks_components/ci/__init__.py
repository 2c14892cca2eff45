"""What the jobs of a CI system do with a stack after a review: update it, look for drift, renew tokens.

Each job gives parts of a summary, in the form of a pull request's comment. None of them prints.
"""
