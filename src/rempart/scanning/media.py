"""What the beginning of a file says it is. Damage in what says it is a picture or a video is told to the operator; any
other file is merely neither.
"""

from enum import StrEnum

HEAD_BYTES = 512
"""As many bytes as `media_kind` looks at."""

_IMAGE_STARTS = (
    b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a", b"II*\0", b"MM\0*", b"8BPS", b"\xff\x0a",
    b"\0\0\0\x0cjP  \r\n", b"\0\0\0\x0cJXL \r\n",
)  # fmt: skip
_IMAGE_BRANDS = (b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1")
_AUDIO_BRANDS = (b"M4A ", b"M4B ")
_VIDEO_BOXES = (b"moov", b"mdat", b"wide")  # QuickTime before it had brands
_VIDEO_STARTS = (b"\x1aE\xdf\xa3", b"FLV", b"\0\0\x01\xba", b"\0\0\x01\xb3", b"0&\xb2u\x8ef\xcf\x11")
_TRANSPORT_PACKETS = ((0, 188), (4, 192))  # where the sync byte is, and after how many bytes again


class Media(StrEnum):
    IMAGE = "image"
    VIDEO = "video"


def media_kind(head: bytes) -> Media | None:
    """Of the first HEAD_BYTES bytes of a file, or all of a shorter one."""
    if _is_image(head):
        return Media.IMAGE
    return Media.VIDEO if _is_video(head) else None


def _is_image(head: bytes) -> bool:
    if head[4:8] == b"ftyp":
        return head[8:12] in _IMAGE_BRANDS
    if head[:2] == b"BM":
        return head[6:10] == bytes(4)  # reserved: a text may begin with these letters too
    return head.startswith(_IMAGE_STARTS) or (head.startswith(b"RIFF") and head[8:12] == b"WEBP")


def _is_video(head: bytes) -> bool:
    if head[4:8] == b"ftyp":
        return head[8:12] not in _AUDIO_BRANDS
    if head.startswith(b"RIFF"):
        return head[8:12] == b"AVI "
    if head.startswith(b"OggS"):
        return b"theora" in head[:64]
    return head.startswith(_VIDEO_STARTS) or head[4:8] in _VIDEO_BOXES or _is_transport_stream(head)


def _is_transport_stream(head: bytes) -> bool:
    return any(
        len(head) > first + 2 * size and {head[first], head[first + size], head[first + 2 * size]} == {0x47}
        for first, size in _TRANSPORT_PACKETS
    )
