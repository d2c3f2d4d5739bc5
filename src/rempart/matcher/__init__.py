"""The match service that a platform runs: stateless, many workers on one shared snapshot of the lists."""
