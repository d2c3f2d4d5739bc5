"""The lists this node passes on, as clients of StopNCII fetch hashes."""
