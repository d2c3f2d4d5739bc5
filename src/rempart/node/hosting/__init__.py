"""Observations: where is it now."""
