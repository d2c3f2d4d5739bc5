"""How long a test waits for what has to happen. How fast it is, benchmarks say: a shared machine may stand still."""

SECONDS = 120.0
