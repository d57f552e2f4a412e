"""Lines of files of API keys."""

from serving.keys import hash_of


def line(name: str, key: str, rights: str) -> str:
    """The line of a key that has these rights."""
    return f"{name} {hash_of(key)} {rights}\n"
