"""What the commands share: arguments, progress, summaries."""
