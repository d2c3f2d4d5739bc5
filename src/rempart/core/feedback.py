"""What a service that matches may say of an entry of a list."""

from enum import StrEnum


class Verdict(StrEnum):
    USEFUL = "useful"
    """It found what the list is for."""
    WRONG = "wrong"


class FeedbackReason(StrEnum):
    """Why an entry is wrong, as far as that is told."""

    LAWFUL = "lawful"
    """The content it stands for is lawful."""
    UNRELATED = "unrelated"
    """It matches content that has nothing to do with what it stands for."""
    CATEGORY = "category"
    """The content is of another category."""
    OTHER = "other"
