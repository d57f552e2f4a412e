"""Kafka as a source of pipelines: messages of a partition become one element of columns."""
