"""Search of PDQ fingerprints within a Hamming distance."""

from rempart.signals.match.index import Index

__all__ = ["Index"]
