"""Rempart: the software of an alliance against child sexual abuse online."""

__version__ = "0.1.0"
