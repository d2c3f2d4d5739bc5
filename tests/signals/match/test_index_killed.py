"""A process that changes an index or lists is killed again and again: what it told of is kept, nothing else is."""

import random
import subprocess
import sys
import textwrap
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from signals.match import killed_cases as cases

from rempart.signals.lists import Recogniser
from rempart.signals.match import ExactIndex, Index

ROUNDS = 12


def changing(program: str, folder: Path) -> subprocess.Popen[str]:
    """Prints the number of each change once its call has returned."""
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program), str(folder)],
        env=cases.ENVIRONMENT,
        stdout=subprocess.PIPE,
        text=True,
    )


def killed(program: str, folder: Path, after: int) -> int:
    """The last change that the process told of; it is killed when it has told of `after` more."""
    process = changing(program, folder)
    assert process.stdout is not None
    told = [int(process.stdout.readline() or -1) for _ in range(after)]
    process.kill()
    told += [int(line) for line in process.stdout if line.endswith("\n")]
    process.stdout.close()
    assert process.wait() < 0, "it ended by itself"
    return max(told)


CHANGE_INDEX = """
    import sys
    from pathlib import Path
    from rempart.signals.match import {kind}, durable, levels
    from signals.match import killed_cases as cases

    levels.SMALL, levels.RATIO, durable.JOURNAL_BYTES = 16, 2, 2000
    index = {kind}.open(Path(sys.argv[1]) / "index", journal=True)
    while True:
        cases.change(index, index.sequence + 1)
        print(index.sequence, flush=True)
"""


@pytest.mark.parametrize("kind", [Index, ExactIndex], ids=lambda kind: kind.__name__)
def test_an_index_with_a_journal(tmp_path, kind):
    """Additions, merges and folds are under way at any moment: they are made to happen every few changes."""
    rng = random.Random(11)
    path = tmp_path / "index"
    kind.build(np.empty((0, 32), np.uint8)).save(path)
    folded, sequence = set(), 0
    for _ in range(ROUNDS):
        told = killed(CHANGE_INDEX.format(kind=kind.__name__), tmp_path, rng.randint(1, 90))
        folded.add(kind.open(path).sequence)
        index = kind.open(path, journal=True)
        assert told <= index.sequence <= told + 1
        assert index.sequence > sequence
        sequence = index.sequence
        expected = cases.entries_after(sequence)
        codes = np.frombuffer(b"".join(expected.values()), np.uint8).reshape(-1, 32)
        assert len(index) == len(expected)
        offsets, ids, _ = index.search(codes, 0)
        found = [set(ids[first:stop].tolist()) for first, stop in pairwise(offsets)]
        assert all(name in each for name, each in zip(expected, found, strict=True))
        index.close()
    assert len(folded) > 2, "no fold was met"


CHANGE_LISTS = """
    import sys
    from pathlib import Path
    from rempart.signals import shared
    from rempart.signals.match import levels
    from signals.match import killed_cases as cases

    levels.SMALL, levels.RATIO, shared._CHANGES, shared._SHARE = 16, 2, 20, 10**9
    writer = shared.ListWriter(Path(sys.argv[1]))
    number = cases.changes_in(writer.recogniser)
    while True:
        number += 1
        cases.change_lists(writer, number)
        print(number, flush=True)
"""


def test_lists_in_a_folder(tmp_path):
    """New generations are written all the time; a reader that comes at any moment finds one whole."""
    rng = random.Random(12)
    generations = set()
    number = 0
    for _ in range(ROUNDS):
        told = killed(CHANGE_LISTS, tmp_path, rng.randint(1, 60))
        generations.add((tmp_path / "CURRENT").read_bytes())
        found = Recogniser.open(tmp_path)
        reached = cases.changes_in(found)
        assert told <= reached <= told + 1
        assert reached > number
        number = reached
        assert cases.entries_in(found) == cases.listed_after(number)
        found.close()
    assert len(generations) > 2, "no new generation was met"
