"""Step: what identifies an uploaded file, and what decoding it found out."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

from django.core.exceptions import ObjectDoesNotExist

from rempart.core.errors import InputError, LimitExceeded
from rempart.core.vocabulary import FingerprintType, ItemKind
from rempart.node.casework import videos
from rempart.node.casework.content import Target, content_for, content_key, keep_fingerprints, link
from rempart.node.casework.decoding import VIDEO_LIMITS, decoder, in_memory, read_limited, reads_videos, video_decoder
from rempart.node.casework.models import FileFacts
from rempart.node.casework.similar import number_image
from rempart.node.intake import services as intake
from rempart.node.jobs import services as jobs
from rempart.signals.fingerprint.sandbox import ImageFacts
from rempart.signals.fingerprint.video_sandbox import VideoFacts

NOT_AN_IMAGE = "not_an_image"
"""Nor a video."""
OVER_LIMIT = "over_limit"
NO_VIDEO_DECODER = "no_video_decoder"
"""No image; whether it is a video this node cannot tell."""


@dataclass(frozen=True, slots=True)
class _Decoded:
    image: ImageFacts | None = None
    video: VideoFacts | None = None
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
    """Whether the same bytes were decoded for an earlier report, or tried with all that this node has now."""
    earlier = FileFacts.objects.filter(content__key=content_key(ItemKind.FILE, stored.sha256.hex()))
    return (earlier.exclude(failure=NO_VIDEO_DECODER) if reads_videos() else earlier).exists()


def _decode(stored: intake.FileFacts) -> _Decoded:
    """As an image, then as a video: what a file calls itself decides nothing."""
    is_small = stored.size <= decoder().limits.input_bytes
    if is_small:
        try:
            return _Decoded(decoder().decode(read_limited(intake.file_bytes(stored.id))))
        except LimitExceeded:
            return _Decoded(failure=OVER_LIMIT)
        except InputError:
            pass
    return _decode_video(stored, otherwise=NOT_AN_IMAGE if is_small else OVER_LIMIT)


def _decode_video(stored: intake.FileFacts, otherwise: str) -> _Decoded:
    if not reads_videos():
        return _Decoded(failure=NO_VIDEO_DECODER)
    if stored.size > VIDEO_LIMITS.input_bytes:
        return _Decoded(failure=OVER_LIMIT)
    try:
        with in_memory(intake.file_bytes(stored.id)) as file:
            return _Decoded(video=video_decoder().examine(file, every=videos.EVERY))
    except LimitExceeded:
        return _Decoded(failure=OVER_LIMIT)
    except InputError:
        return _Decoded(failure=otherwise)


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
    video = decoded.video
    if video is not None:
        videos.keep(content_id, video.frames)
    shown = image or video
    FileFacts.objects.update_or_create(
        content_id=content_id,
        defaults={
            "mime": shown.mime if shown else "",
            "width": shown.width if shown else None,
            "height": shown.height if shown else None,
            "frames": image.frames if image else len(video.frames) if video else None,
            "seconds": video.seconds if video else None,
            "failure": decoded.failure,
        },
    )
