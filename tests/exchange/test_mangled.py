"""Tens of thousands of mangled notes, tiles, bundles and openings: none is accepted, none ends in another error."""

import random
from collections.abc import Callable

import pytest
from exchange.log_cases import KEY, NOON, WITNESSES, MemoryStore, all_cosign, batch, published, writer

from rempart.adapters.signing import verify
from rempart.core.errors import InputError, IntegrityError
from rempart.exchange.checking import Options, check_log
from rempart.exchange.checkpoints import Checkpoint, open_checkpoint
from rempart.exchange.commitments import commit_opening, signal_in
from rempart.exchange.edge import read_edge
from rempart.exchange.head import Head
from rempart.exchange.openings import read_openings
from rempart.exchange.signals import decode
from rempart.exchange.tiles import split_entries
from rempart.exchange.tree import Frontier
from rempart.formats.signed_note import read_note

KNOWN = [key for key, _ in WITNESSES]


def log_of(size: int) -> MemoryStore:
    store = MemoryStore()
    writer(store).append([each + b"!" for each in batch(size)], all_cosign)
    return store


SMALL, TALL = log_of(40), log_of(260)
POINT = published(SMALL)
OTHERS = [*SMALL.files.values(), *TALL.files.values()]


def mangled(data: bytes, chance: random.Random) -> bytes:
    """`data` with up to three faults as disks, lines and adversaries make them; never `data` itself."""
    found = bytearray(data)
    while bytes(found) == data:
        for _ in range(chance.choice((1, 1, 2, 3))):
            at = chance.randrange(len(found) + 1)
            match chance.randrange(7):
                case 0 | 1 if at < len(found):
                    found[at] ^= 1 << chance.randrange(8)
                case 2:
                    del found[at : at + chance.choice((1, 1, 2, 32, 34))]
                case 3:
                    found[at:at] = chance.randbytes(chance.choice((1, 1, 2, 32)))
                case 4:
                    found[at:at] = found[: chance.randrange(80)]
                case 5:
                    del found[at:]
                case _:
                    other = chance.choice(OTHERS)
                    start = chance.randrange(len(other))
                    found[at : at + 40] = other[start : start + 40]
    return bytes(found)


def refuses(accept: Callable[[], object], *errors: type[Exception]) -> bool:
    """Whether it raises one of `errors`; any other error is a fault."""
    try:
        accept()
    except errors:
        return True
    return False


@pytest.mark.parametrize("count", [12_000])
def test_mangled_notes_say_nothing_else(count: int) -> None:
    """A line of an unknown name is passed over, so a note may lose cosignatures; it never gains or changes any."""
    chance, note, opened = random.Random("notes"), SMALL.files["checkpoint"], 0
    for _ in range(count):
        text = mangled(note, chance).decode(errors="replace")
        try:
            found = open_checkpoint(text, KEY, KNOWN, verify)
        except IntegrityError:
            continue
        opened += 1
        assert found.checkpoint == POINT
        assert set(found.witnessed.items()) < {(key, NOON) for key in KNOWN} or str(read_note(text)) == text
        assert set(found.witnessed.values()) <= {NOON}
    assert opened < count / 5


@pytest.mark.parametrize("count", [6_000])
def test_mangled_checkpoints_of_a_log_alone_are_refused(count: int) -> None:
    chance = random.Random("checkpoints")
    text, _, line = SMALL.files["checkpoint"].partition(b"\n\n")
    note = text + b"\n\n" + line.splitlines(keepends=True)[0]
    for _ in range(count):
        bad = mangled(note, chance)
        if bad.startswith(note):
            continue  # followed by lines of others
        assert refuses(
            lambda bad=bad: open_checkpoint(bad.decode(errors="replace"), KEY, KNOWN, verify), IntegrityError
        )


def test_mangled_files_are_refused_by_who_checks_them() -> None:
    """Tiles, entries and bundles, as `rempart log fsck` and mirrors read them."""
    chance = random.Random("files")
    for store, count in ((SMALL, 16_000), (TALL, 1_500)):
        point = published(store)
        paths = [path for path in store.files if path.startswith(("tile/", "bundle/"))]
        for _ in range(count):
            path = chance.choice(paths)
            bad = MemoryStore({**store.files, path: mangled(store.files[path], chance)})
            if path.startswith("bundle/") and is_only_erased(store.files[path], bad.files[path]):
                continue
            assert refuses(lambda bad=bad: check_log(bad, point, Options(openings=True)), IntegrityError), path  # noqa: B023


def test_mangled_files_are_refused_by_followers() -> None:
    """Bundles and entries, as a follower reads them: what does not lead to the signed root is not believed."""
    chance = random.Random("followers")
    for _ in range(10_000):
        path = chance.choice(("bundle/000.p/40", "tile/entries/000.p/40"))
        bad = {**SMALL.files, path: mangled(SMALL.files[path], chance)}
        if path.startswith("tile"):  # entries are read where an opening was erased
            bad["bundle/000.p/40"] = b"\0\0" + bad["bundle/000.p/40"][2 + bad["bundle/000.p/40"][1] :]

        def root(bad: dict[str, bytes] = bad) -> bytes:
            frontier = Frontier()
            frontier.extend(read_openings(MemoryStore(bad), 0, 40, 40).leaves)
            return frontier.root

        if path.startswith("bundle") and is_only_erased(SMALL.files[path], bad[path]):
            continue
        assert refuses(root, IntegrityError) or root() != POINT.root


def test_mangled_edges_are_refused_by_the_writer() -> None:
    chance = random.Random("edges")
    for _ in range(4_000):
        path = chance.choice(("bundle/000.p/40", "tile/entries/000.p/40", "tile/0/000.p/40"))
        bad = MemoryStore({**SMALL.files, path: mangled(SMALL.files[path], chance)})
        if path.startswith("bundle") and is_only_erased(SMALL.files[path], bad.files[path]):
            continue
        assert refuses(lambda bad=bad: read_edge(bad, 40), IntegrityError) or read_edge(bad, 40).root != POINT.root


def test_mangled_openings_open_no_entry() -> None:
    chance = random.Random("openings")
    for opening in batch(200):
        for _ in range(60):
            bad = mangled(opening, chance)
            assert commit_opening(bad) != commit_opening(opening)
            refuses(lambda bad=bad: decode(signal_in(bad)), InputError, IntegrityError)


def test_mangled_heads_are_refused() -> None:
    chance = random.Random("heads")
    for _ in range(4_000):
        bad = mangled(SMALL.files["head"], chance)
        assert refuses(lambda bad=bad: Head.from_bytes(bad), IntegrityError)


def is_only_erased(good: bytes, bad: bytes) -> bool:
    """A length of nothing where an opening was is an erasure, which is no fault."""
    try:
        pairs = zip(split_entries(good, 40), split_entries(bad, 40), strict=True)
    except IntegrityError:
        return False
    return all(one == other or other == b"" for one, other in pairs)


def test_the_log_that_was_mangled_was_good() -> None:
    assert Checkpoint(KEY.name, 40, POINT.root) == POINT
    assert check_log(SMALL, POINT, Options(openings=True)).size == 40
    assert check_log(TALL, published(TALL), Options(openings=True)).size == 260
