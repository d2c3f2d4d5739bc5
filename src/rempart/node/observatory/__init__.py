"""Public figures, counted from events."""
