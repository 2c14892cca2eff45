"""What the people who review a change are shown: a comment for each stack, and findings on lines.

`stack_review` looks at the stack; the comment and its parts are pure functions.
"""
