"""What other apps may ask: published editions, and making a report."""

from rempart.node.reports.editions import EditionView, published
from rempart.node.reports.making import Kind, Made, Order, make
from rempart.node.reports.sources import gather
from rempart.node.reports.stating import declared

__all__ = ["EditionView", "Kind", "Made", "Order", "declared", "gather", "make", "published"]
