"""Calling REST services."""
