"""What runs a pipeline on this machine, and what watches it while it runs."""
