"""Members of the alliance and the routes between countries."""
