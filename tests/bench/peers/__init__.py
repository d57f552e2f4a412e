"""What others would use for the same job, in their best form."""
