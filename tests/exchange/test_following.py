"""A follower believes what leads to a signed root that enough witnesses cosigned, and nothing else."""

import random

import pytest
from exchange.simulation import signing
from exchange.simulation.histories import History, opening, signal
from hypothesis import given
from hypothesis import strategies as st

from rempart.core.errors import OutsideFailure
from rempart.exchange import following
from rempart.exchange.checkpoints import Checkpoint, Cosigned, cosign, sign_checkpoint
from rempart.exchange.evidence import verify_evidence
from rempart.exchange.following import Followed, Refusal, Refused, advance, open_served
from rempart.exchange.openings import Stretch
from rempart.exchange.quorum import FRESH_SECONDS, Quorum
from rempart.exchange.tree import Frontier
from rempart.formats.signed_note import KeyType, Note

NOW = 1_700_000_000
LOG, SIGN = signing.make_key("hotline.example/log")
WITNESSES = [signing.make_key(f"w{number}.example/witness", KeyType.COSIGNATURE) for number in range(4)]
QUORUM = Quorum.of({key: key.name for key, _ in WITNESSES})


def history(size: int, seed: int = 1) -> History:
    """Every third entry is padding."""
    chance = random.Random(seed)
    return History(tuple(opening(chance, signal(seed * 1000 + at) if at % 3 else None) for at in range(size)))


def cosigned(made: History, size: int, at: int = NOW, by: int = 3) -> Cosigned:
    plain = sign_checkpoint(Checkpoint(LOG.name, size, made.root(size)), LOG, SIGN)
    lines = tuple(cosign(plain.text, key, sign, at) for key, sign in WITNESSES[:by])
    return open_served(str(Note(plain.text, plain.signatures + lines)), LOG, QUORUM, signing.verify)


def follow(followed: Followed, note: Cosigned, made: History, now: int = NOW) -> tuple[Followed, list[Stretch]]:
    found = advance(followed, note, QUORUM, now, made)
    stretches = list(found.stretches)
    frontier = stretches[-1].frontier if stretches else followed.frontier
    return Followed(frontier, str(found.note)), stretches


def refusal(followed: Followed, note: Cosigned, made: History, now: int = NOW) -> Refused:
    with pytest.raises(Refused) as caught:
        follow(followed, note, made, now)
    return caught.value


MADE = history(700)


@given(st.lists(st.integers(0, 700), max_size=5).map(sorted))
def test_the_way_makes_no_difference(sizes: list[int]) -> None:
    followed, heard = Followed(), []
    for size in [*sizes, 700]:
        followed, stretches = follow(followed, cosigned(MADE, size), MADE)
        heard += [pair for stretch in stretches for pair in stretch.signals]
    assert followed.frontier.root == MADE.root()
    assert len(followed.frontier.hashes) <= 63
    assert heard == [(at, signal(1000 + at)) for at in range(700) if at % 3]


@pytest.fixture
def short_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "STRETCH_LEVEL", 6)
    monkeypatch.setattr(following, "STRETCH", 64)


@pytest.mark.usefixtures("short_stretches")
@pytest.mark.parametrize("start", [0, 1, 63, 64, 65, 130, 511, 512])
@pytest.mark.parametrize("end", [512, 513, 600, 640, 699])
def test_a_long_way_is_taken_in_stretches(start: int, end: int) -> None:
    followed, _ = follow(Followed(), cosigned(MADE, start), MADE)
    after, stretches = follow(followed, cosigned(MADE, end), MADE)
    assert after.frontier.root == MADE.root(end)
    assert [pair for each in stretches for pair in each.signals] == [
        (at, signal(1000 + at)) for at in range(start, end) if at % 3
    ]
    assert all(each.frontier.root == MADE.root(each.frontier.size) for each in stretches)


@pytest.mark.usefixtures("short_stretches")
def test_who_is_interrupted_goes_on_from_the_last_stretch() -> None:
    found = advance(Followed(), cosigned(MADE, 500), QUORUM, NOW, MADE)
    first = next(found.stretches)
    followed = Followed(first.frontier, str(found.note))
    assert (first.frontier.size, followed.checkpoint) == (64, found.checkpoint)
    after, stretches = follow(followed, cosigned(MADE, 700), MADE)
    assert after.frontier.root == MADE.root()
    assert (stretches[0].start, stretches[-1].frontier.size) == (64, 700)


@pytest.mark.usefixtures("short_stretches")
def test_what_was_believed_before_must_lie_on_the_way() -> None:
    """Interrupted at 64 of 500 entries, the follower is then shown a log that differs before the 500th."""
    found = advance(Followed(), cosigned(MADE, 500), QUORUM, NOW, MADE)
    followed = Followed(next(found.stretches).frontier, str(found.note))
    other = MADE.fork(300)
    other.extend(history(500, 2).openings)
    error = refusal(followed, cosigned(other, 700), other)
    assert error.refusal is Refusal.SPLIT_VIEW
    assert error.evidence is not None
    verify_evidence(error.evidence, LOG, signing.verify)


@pytest.mark.usefixtures("short_stretches")
def test_nothing_is_believed_of_a_long_way_whose_hashes_do_not_lead_to_the_root() -> None:
    followed, _ = follow(Followed(), cosigned(MADE, 100), MADE)
    made = MADE.fork(700)
    made.levels[0][400] = bytes(32)
    found = advance(followed, cosigned(MADE, 700), QUORUM, NOW, made)
    with pytest.raises(Refused, match="root"):
        next(found.stretches)


def test_an_older_checkpoint_is_a_rollback() -> None:
    followed, _ = follow(Followed(), cosigned(MADE, 40), MADE)
    assert refusal(followed, cosigned(MADE, 39), MADE).refusal is Refusal.ROLLBACK
    assert refusal(followed, cosigned(MADE, 0), MADE).refusal is Refusal.ROLLBACK


def test_another_root_of_the_same_size_is_a_proof() -> None:
    followed, _ = follow(Followed(), cosigned(MADE, 40), MADE)
    other = history(40, 2)
    error = refusal(followed, cosigned(other, 40), other)
    assert error.refusal is Refusal.SPLIT_VIEW
    assert error.evidence is not None
    verify_evidence(error.evidence, LOG, signing.verify)


@pytest.mark.parametrize("by", [3, 0])
def test_a_log_that_does_not_go_on_from_what_was_believed_is_proven_to_be_two(by: int) -> None:
    """Whether or not it found witnesses: its own signatures and tiles are the proof."""
    followed, _ = follow(Followed(), cosigned(MADE, 40), MADE)
    other = history(60, 2)
    error = refusal(followed, cosigned(other, 60, by=by), other)
    assert error.refusal is Refusal.SPLIT_VIEW
    assert error.evidence is not None
    verify_evidence(error.evidence, LOG, signing.verify)


def test_too_few_witnesses_or_too_old_ones_do_not_count() -> None:
    assert refusal(Followed(), cosigned(MADE, 40, by=2), MADE).refusal is Refusal.NO_QUORUM
    late = NOW + FRESH_SECONDS + 1
    assert refusal(Followed(), cosigned(MADE, 40), MADE, late).refusal is Refusal.STALE
    assert refusal(Followed(), cosigned(MADE, 40, at=NOW + 1000), MADE).refusal is Refusal.STALE
    follow(Followed(), cosigned(MADE, 40), MADE, late - 1)


def test_a_frozen_log_is_refused_though_nothing_changed() -> None:
    followed, _ = follow(Followed(), cosigned(MADE, 40), MADE)
    assert refusal(followed, cosigned(MADE, 40), MADE, NOW + FRESH_SECONDS + 1).refusal is Refusal.STALE
    again = cosigned(MADE, 40, at=NOW + FRESH_SECONDS)
    after, stretches = follow(followed, again, MADE, NOW + FRESH_SECONDS + 1)
    assert (after, stretches) == (Followed(followed.frontier, str(again.note)), [])


def test_what_another_key_signed_is_unsigned() -> None:
    thief, sign = signing.make_key(LOG.name, turn=1)
    note = str(sign_checkpoint(Checkpoint(LOG.name, 40, MADE.root(40)), thief, sign))
    for text in (note, "", "x\n", note.replace("40", "41")):
        with pytest.raises(Refused) as caught:
            open_served(text, LOG, QUORUM, signing.verify)
        assert caught.value.refusal is Refusal.UNSIGNED


def test_erased_openings_count_as_their_entries_and_say_nothing() -> None:
    made = MADE.fork(300)
    for index in (1, 2, 256, 299):
        made.erase(index)
    after, stretches = follow(Followed(), cosigned(MADE, 300), made)
    assert after.frontier.root == MADE.root(300)
    assert sum(each.erased for each in stretches) == 4
    said = {index for each in stretches for index, _ in each.signals}
    assert said == {at for at in range(300) if at % 3} - {1, 2, 256, 299}


def test_a_signal_that_this_version_cannot_read_counts_for_nothing() -> None:
    made = MADE.fork(5)
    made.extend([bytes(16) + b"\x51\x04" + bytes(44), bytes(7)])
    after, [stretch] = follow(Followed(), cosigned(made, 7), made)
    assert (after.frontier.root, stretch.unreadable, len(stretch.signals)) == (made.root(), 1, 3)


FILES = ["bundle/000", "bundle/001", "bundle/002.p/188", "tile/entries/000", "tile/0/000", "tile/1/000.p/2"]


@pytest.mark.parametrize("path", FILES)
@pytest.mark.parametrize("erased", [False, True])
@pytest.mark.parametrize("bit", [0, 3, 100, 777, 20_001])
def test_a_flipped_bit_in_a_file_that_is_read_is_refused(path: str, erased: bool, bit: int) -> None:
    """What a follower does not need to read, it does not read: the tiles are for witnesses and for checking the log."""
    made = MADE.fork(700)
    if erased:
        made.erase(100)
    made.flips[path] = bit
    if path.startswith("bundle") or (erased and path.startswith("tile/entries")):
        assert refusal(Followed(), cosigned(MADE, 700), made).refusal is Refusal.ALTERED
    else:
        after, _ = follow(Followed(), cosigned(MADE, 700), made)
        assert after.frontier.root == MADE.root()


@pytest.mark.usefixtures("short_stretches")
@pytest.mark.parametrize("path", FILES[:3] + FILES[4:5])
def test_a_flipped_bit_on_a_long_way_is_refused(path: str) -> None:
    made = MADE.fork(700)
    made.flips[path] = 12_345
    assert refusal(Followed(), cosigned(MADE, 700), made).refusal is Refusal.ALTERED


def test_a_missing_file_and_a_log_that_does_not_answer_are_told_apart() -> None:
    class Silent(History):
        def read(self, path: str) -> bytes | None:
            raise OutsideFailure("no answer", where="log")

    class Empty(History):
        def read(self, path: str) -> bytes | None:
            return None

    for kind, expected in ((Silent, Refusal.UNREACHABLE), (Empty, Refusal.ALTERED)):
        assert refusal(Followed(), cosigned(MADE, 40), kind()).refusal is expected


def test_files_that_grew_meanwhile_are_read_as_they_were() -> None:
    """The log tidies partial files away once the full one is there."""

    class Tidy(History):
        def read(self, path: str) -> bytes | None:
            return None if path.startswith("bundle/000.p") else super().read(path)

    after, _ = follow(Followed(), cosigned(MADE, 40), Tidy(tuple(MADE.openings)))
    assert after.frontier.root == MADE.root(40)


@given(st.integers(0, 2000), st.data())
def test_subtrees_make_the_same_frontier_as_their_leaves(size: int, data: st.DataObject) -> None:
    leaf = bytes(32)
    one, other = Frontier(), Frontier()
    one.extend([leaf] * size)
    while other.size < size:
        room = [level for level in range(11) if other.size % (1 << level) == 0 and other.size + (1 << level) <= size]
        level = data.draw(st.sampled_from(room))
        part = Frontier()
        part.extend([leaf] * (1 << level))
        other.append_node(level, part.root)
    assert one == other
