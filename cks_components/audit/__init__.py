"""What is really on the clusters of a stack, beside what its file says. Reads only."""
