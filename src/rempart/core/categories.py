"""The categories an entry of a hash list may have, and what each means for content it is matched with."""

from types import MappingProxyType

from rempart.core.errors import InputError
from rempart.core.vocabulary import IndustryClass, Legality

CATEGORY_LEGALITY = MappingProxyType(
    {
        "baseline": Legality.BASELINE,
        "national": Legality.NATIONAL,
        **{str(industry): Legality.NATIONAL for industry in IndustryClass},
        "not_illegal": Legality.NOT_ILLEGAL,
    }
)
"""What a listed category means for the content it is matched with."""

_SPELLINGS = {name.lower(): name for name in CATEGORY_LEGALITY}


def category_named(text: str) -> str:
    """The category in its one spelling; raises InputError that does not repeat the text (it may be a mixed-up hash)."""
    known = _SPELLINGS.get(text.strip().lower())
    if known is None:
        raise InputError(
            "The category is not a known one.",
            where="category",
            advice=f"Use one of: {', '.join(CATEGORY_LEGALITY)}.",
        )
    return known
