"""What every importer says about a line it cannot use."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """`line` counts from 1 (the header is line 1; in JSON it is the entry's number); `reason` holds no hash value."""

    line: int
    reason: str
