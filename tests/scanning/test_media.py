"""What a file is, by its first bytes: told for what Pillow and PyAV write, and never by accident for text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scanning.films import film
from signals.pictures import encoded, scene

from rempart.scanning.media import HEAD_BYTES, Media, media_kind


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "AVIF", "JPEG2000"])
def test_images_are_known_by_their_beginning(kind: str) -> None:
    assert media_kind(encoded(scene(), kind)[:HEAD_BYTES]) is Media.IMAGE


@pytest.mark.parametrize(
    ("container", "codec"),
    [("mp4", "mpeg4"), ("matroska", "mpeg4"), ("avi", "mpeg4"), ("mpegts", "mpeg2video"), ("flv", "flv"),
     ("mov", "mpeg4"), ("mpeg", "mpeg1video"), ("webm", "libvpx"), ("asf", "msmpeg4")],
)  # fmt: skip
def test_videos_are_known_by_their_beginning(container: str, codec: str) -> None:
    assert media_kind(film(2, container=container, codec=codec)[:HEAD_BYTES]) is Media.VIDEO


@pytest.mark.parametrize("text", [b"BMW is a car. " * 50, b"GIF is a format", b"", b"\xff\xd8", b"RIFF....WAVEfmt "])
def test_other_files_are_neither(text: bytes) -> None:
    assert media_kind(text[:HEAD_BYTES]) is None


def test_sound_is_no_video() -> None:
    assert media_kind(b"\0\0\0\x20ftypM4A isom") is None
    assert media_kind(b"OggS\0\x02" + bytes(22) + b"\x01\x13OpusHead") is None
    assert media_kind(b"OggS\0\x02" + bytes(22) + b"\x01\x2a\x80theora") is Media.VIDEO


@given(st.binary(max_size=HEAD_BYTES))
def test_no_beginning_is_an_error(head: bytes) -> None:
    assert media_kind(head) in (None, Media.IMAGE, Media.VIDEO)
