"""Steps of the journey as rows: claimed by compare-and-swap, leased, repeated after a crash."""
