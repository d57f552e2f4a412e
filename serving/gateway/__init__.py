"""GraphQL from an SDL file: the directives of its fields say where their values come from."""
