"""A platform's report scored: what the documents said and what the files' statements add."""

from collections.abc import Mapping, Sequence
from typing import Any

from rempart.core.quality import Quality, QualityFacts, assess_quality
from rempart.core.vocabulary import ItemKind
from rempart.formats.cybertipline.vocabulary import FileAnnotation
from rempart.node.intake.models import StoredFile

_POPULAR = frozenset({FileAnnotation.VIRAL.value, FileAnnotation.POTENTIAL_MEME.value})
_ADDRESSES = frozenset({ItemKind.URL, ItemKind.ONION})


def score_report(
    inputs: Mapping[str, Any], files: Sequence[StoredFile], kinds: Sequence[str], deviations: int
) -> Quality:
    """`inputs` are a submission's stored `quality_inputs`, `kinds` the kinds of its items besides files."""
    has_url = any(kind in _ADDRESSES for kind in kinds)
    return assess_quality(
        QualityFacts(
            files=len(files),
            files_viewed=sum(file.viewed_by_platform is True for file in files),
            files_with_view_statement=sum(file.viewed_by_platform is not None for file in files),
            has_incident_time=bool(inputs.get("has_incident_time")),
            has_suspect_identifier=bool(inputs.get("has_suspect_identifier")),
            has_ip_with_time=bool(inputs.get("has_ip_with_time")),
            ip_has_port=bool(inputs.get("ip_has_port")),
            has_url=has_url,
            has_file_or_url=bool(files) or has_url,
            viral_or_meme_flagged=_popular(files),
            deviations=deviations,
            has_additional_info=bool(inputs.get("has_additional_info")),
        )
    )


def _popular(files: Sequence[StoredFile]) -> bool | None:
    """None when no file carries any flag: flags say only what is, so without one nothing was said."""
    flags = {flag for file in files for flag in file.annotations}
    return bool(flags & _POPULAR) if flags else None
