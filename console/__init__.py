"""The command line: the console command `profiles`, and what all commands have in common."""

__version__ = "0.1.0"
