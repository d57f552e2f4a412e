"""The store in a folder, as an LMDB environment."""
