"""Plans: how long the queue becomes, and what an analyst more or a better list would change."""
