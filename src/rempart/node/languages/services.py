"""What other apps and commands ask about translations."""

from rempart.node.languages.corrections import forget, is_machine_made
from rempart.node.languages.exporting import exported

__all__ = ["exported", "forget", "is_machine_made"]
