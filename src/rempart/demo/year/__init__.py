"""A made-up year of 48 members: drawn from a seed, counted and published by the code that counts a node's own."""
