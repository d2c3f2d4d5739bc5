"""Step: what identifies an uploaded file, and what decoding it found out."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

from django.core.exceptions import ObjectDoesNotExist

from rempart.core.errors import InputError, LimitExceeded
from rempart.core.vocabulary import FingerprintType, ItemKind
from rempart.node.casework.content import Target, content_for, content_key, keep_fingerprints, link
from rempart.node.casework.decoding import decoder, read_limited
from rempart.node.casework.models import FileFacts
from rempart.node.casework.similar import number_image
from rempart.node.intake import services as intake
from rempart.node.jobs import services as jobs
from rempart.signals.fingerprint.sandbox import ImageFacts

NOT_AN_IMAGE = "not_an_image"
OVER_LIMIT = "over_limit"


@dataclass(frozen=True, slots=True)
class _Decoded:
    image: ImageFacts | None = None
    failure: str = ""


@jobs.step("fingerprint")
def fingerprint(subject: str) -> jobs.Effects:
    """Subject: a stored file's id. A file that cannot be decoded keeps its file hashes, and its journey goes on."""
    try:
        stored = intake.file(int(subject))
    except ObjectDoesNotExist:
        return jobs.nothing
    decoded = None if _is_decoded(stored) else _decode(stored)

    def effects() -> None:
        content_id = content_for(Target(ItemKind.FILE, stored.sha256.hex()))
        if decoded is not None:
            _keep(content_id, stored, decoded)
        for item in intake.items(stored.report_id):
            if item.file and item.file.id == stored.id:
                link(item, content_id)
        jobs.wake("triage", stored.report_id)
        if decoded is not None:
            number_image(content_id)

    return effects


def _is_decoded(stored: intake.FileFacts) -> bool:
    """Whether the same bytes were decoded for an earlier report."""
    return FileFacts.objects.filter(content__key=content_key(ItemKind.FILE, stored.sha256.hex())).exists()


def _decode(stored: intake.FileFacts) -> _Decoded:
    if stored.size > decoder().limits.input_bytes:
        return _Decoded(failure=OVER_LIMIT)
    try:
        return _Decoded(decoder().decode(read_limited(intake.file_bytes(stored.id))))
    except LimitExceeded:
        return _Decoded(failure=OVER_LIMIT)
    except InputError:
        return _Decoded(failure=NOT_AN_IMAGE)


def _keep(content_id: int, stored: intake.FileFacts, decoded: _Decoded) -> None:
    hashes = (
        (FingerprintType.MD5, stored.md5),
        (FingerprintType.SHA1, stored.sha1),
        (FingerprintType.SHA256, stored.sha256),
    )
    image = decoded.image
    perceptual: Iterable[tuple[FingerprintType, bytes]] = ()
    if image is not None and image.pdq is not None:
        perceptual = ((FingerprintType.PDQ, image.pdq),)
    keep_fingerprints(content_id, chain(hashes, perceptual), pdq_quality=image.quality if image else None)
    FileFacts.objects.get_or_create(
        content_id=content_id,
        defaults={
            "mime": image.mime if image else "",
            "width": image.width if image else None,
            "height": image.height if image else None,
            "frames": image.frames if image else None,
            "failure": decoded.failure,
        },
    )
