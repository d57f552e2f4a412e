"""How much may be asked for, and the rules that keep queries to it."""
