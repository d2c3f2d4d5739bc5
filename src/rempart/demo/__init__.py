"""The whole journey of made-up reports on a node of its own: `rempart demo`."""
