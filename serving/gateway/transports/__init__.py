"""How operations come and answers go: over HTTP, as event streams, and over WebSockets."""
