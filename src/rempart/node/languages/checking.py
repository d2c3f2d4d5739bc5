"""What a translation must keep of its source: placeholders, tags, and space at its ends."""

import re
from collections.abc import Sequence

_KEPT = re.compile(r"\{[a-z_]*\}|%\([a-z_]+\)[sd]|</?[a-z][^>]*>|&[a-z]+;")


def missing_or_added(source: str, text: str) -> tuple[list[str], list[str]]:
    """Placeholders and tags of the source that the text lacks, and those of the text that the source has not."""
    wanted, found = _KEPT.findall(source), _KEPT.findall(text)
    missing = [each for each in wanted if wanted.count(each) > found.count(each)]
    added = [each for each in found if found.count(each) > wanted.count(each)]
    return sorted(set(missing)), sorted(set(added))


def agrees(source: Sequence[str], texts: Sequence[str]) -> bool:
    """Whether each form of a translation keeps what its source has; the form for one thing may leave out the number."""
    return all(text.strip() and _form_agrees(source, text) for text in texts)


def _form_agrees(source: Sequence[str], text: str) -> bool:
    missing, added = missing_or_added(source[-1], text)
    if len(source) > 1:
        missing = [each for each in missing if each.startswith("<")]
    ends_alike = all(source[-1][place].isspace() == text[place].isspace() for place in (0, -1))
    return not missing and not added and ends_alike
