"""The contract between those who write the store and those who read it."""

from pathlib import Path

FOLDER = Path(__file__).parent
DEFAULT_SCHEMA = FOLDER / "user-profile.gql"
"""The SDL that a server serves if it is told nothing else."""
