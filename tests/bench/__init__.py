"""Benchmarks: commands which print tables of ratios, not tests."""
