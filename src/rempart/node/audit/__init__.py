"""Hash-chained events: the one record of what happened, from which figures are counted."""
