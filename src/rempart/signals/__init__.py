"""Fingerprints and matching: a library of its own, usable without a node."""
