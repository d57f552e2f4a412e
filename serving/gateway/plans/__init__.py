"""Answering a query by a plan that was compiled from its text: it drives the fields in waves of reads."""
