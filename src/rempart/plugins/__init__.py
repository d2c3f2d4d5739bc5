"""Rempart as a part of other software: each module here is a drop-in for one of them."""
