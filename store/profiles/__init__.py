"""Profiles as functions of histories: sets of events as columns, the rows that follow from them, and their union.

Whoever writes a user's row — a job over files, a stream, the server — writes it through `union`.
"""
