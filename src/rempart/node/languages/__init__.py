"""Translations of the public pages: which are complete, which a person has confirmed, and corrections on the spot."""
