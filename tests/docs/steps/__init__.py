"""The steps of docs/from-naive-to-fast.md: small pipelines which all compute the same profiles.

The first step is the naive pipeline, `tests.bench.peers.beam_profiles`, the last one is the project's own.
"""
