"""Hash lists this node matches against."""
