"""A history is a set: listening events as columns, their union, deletions, and their packed form."""
