"""Pipelines which bring listening events into the store, on Apache Beam."""
