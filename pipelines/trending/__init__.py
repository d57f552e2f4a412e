"""What is played most by all users together, in windows of time."""
