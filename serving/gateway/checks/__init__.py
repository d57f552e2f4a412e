"""What must be right in an SDL file before it is served."""
