"""Charts drawn on the server: static SVG that carries the numbers of the table beside it."""
