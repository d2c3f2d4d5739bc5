"""The pictures are generated, the same every time, and far enough from one another to be told apart."""

import io
import itertools

import pytest
from PIL import Image

from rempart.core.errors import InputError
from rempart.demo.images import broken_file, draw_card, encode, near_copy
from rempart.demo.submissions import LISTED, UNKNOWN, hash_list
from rempart.formats.hash_csv import HashRow, read_hash_csv
from rempart.signals.fingerprint import pdq
from rempart.signals.lists import MIN_QUALITY

NEAR = 31
SEEDS = (*LISTED, UNKNOWN)


def distance(one: bytes, other: bytes) -> int:
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).bit_count()


def test_a_seed_always_gives_the_same_bytes() -> None:
    assert encode(draw_card(7)) == encode(draw_card(7))
    assert encode(draw_card(7)) != encode(draw_card(8))


def test_cards_are_rich_enough_and_not_near_one_another() -> None:
    found = [pdq(encode(draw_card(seed))) for seed in SEEDS]
    assert all(quality >= MIN_QUALITY for _, quality in found)
    assert all(distance(one, other) > 2 * NEAR for (one, _), (other, _) in itertools.combinations(found, 2))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_near_copy_is_another_file_and_the_same_picture(seed: int) -> None:
    card = draw_card(seed)
    copy = near_copy(card)
    with Image.open(io.BytesIO(copy)) as opened:
        assert (opened.format, opened.size) == ("JPEG", (card.width * 2 // 3, card.height * 2 // 3))
    assert copy != encode(card)
    assert distance(pdq(copy)[0], pdq(encode(card))[0]) <= NEAR


def test_a_broken_file_claims_to_be_a_jpeg_and_cannot_be_decoded() -> None:
    data = broken_file(1)
    assert data.startswith(b"\xff\xd8\xff")
    with pytest.raises(InputError):
        pdq(data)


def test_the_hash_list_is_read_without_a_rejected_line() -> None:
    rows = list(read_hash_csv(hash_list().splitlines()))
    assert all(isinstance(row, HashRow) and set(map(str, row.hashes)) == {"sha256", "pdq"} for row in rows)
    assert [row.category for row in rows] == list(LISTED.values())
