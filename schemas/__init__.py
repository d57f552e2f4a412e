"""The contract between those who write the store and those who read it."""
