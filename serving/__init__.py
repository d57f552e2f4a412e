"""The server: GraphQL from a directive schema, against the store."""
