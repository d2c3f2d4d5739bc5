"""Exact search of fingerprints: PDQ within a Hamming distance, file hashes whole."""

from rempart.signals.match.exact import ExactIndex
from rempart.signals.match.index import Index
from rempart.signals.match.segment import Segment, engine

__all__ = ["ExactIndex", "Index", "Segment", "engine"]
