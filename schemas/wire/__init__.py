"""Values as bytes: Avro, the messages of Kafka topics, and the registry of their schemas."""
