"""Reading files: blocks of bytes, lines to columns, rejects, and what goes from readers to shards."""
