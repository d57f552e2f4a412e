"""Reading, writing and following the topics of a store for all requests of a server."""
