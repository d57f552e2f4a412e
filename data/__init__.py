"""The data set: its format, a generator, and a small generated sample."""
