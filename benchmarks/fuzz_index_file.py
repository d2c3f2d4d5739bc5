"""Opens and searches mutated index files: each must be refused, or answer; nothing may crash or hang.

    python benchmarks/fuzz_index_file.py [--files 100000] [--first 0]

Every case is made from its number alone, so `--first N --files 1` repeats one. Files of all formats are cut,
lengthened, overwritten and flipped; a third of them is forged: their digests are made right again, so that what lies
behind the checks is met. A worker process does the cases in order; when it dies or makes no progress, the cases are
told and the next are done by another. Exit code 1 where anything but a refusal or an answer came.
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from fuzz_subjects import LARGE_EVERY, SUBJECTS, Outcome, Subject, mutate
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

PATIENCE = 60.0  # seconds; a case takes milliseconds
BATCH = 50


def work(folder: str, first: int, last: int, told: Connection) -> None:
    """Does cases first, first + step, …; tells the outcomes so far when it begins a batch, and every wrong one."""
    subjects: list[Subject] = [each(Path(folder) / f"{each.__name__}-{first}") for each in SUBJECTS]
    outcomes: Counter[tuple[str, str]] = Counter()
    for done, number in enumerate(range(first, last)):
        if done % BATCH == 0:
            told.send(("at", number, outcomes))
            outcomes = Counter()
        subject = subjects[0] if number % LARGE_EVERY == 0 else subjects[1 + number % (len(subjects) - 1)]
        case = mutate(subject, number)
        outcome, detail = subject.outcome(case)
        outcomes[subject.name, outcome] += 1
        if outcome == Outcome.WRONG:
            told.send(("wrong", number, f"{subject.name}, {case.style}: {detail}"))
    told.send(("end", last, outcomes))


def run(files: int, first: int) -> tuple[Counter[tuple[str, str]], list[str]]:
    outcomes: Counter[tuple[str, str]] = Counter()
    failures: list[str] = []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with tempfile.TemporaryDirectory(prefix="rempart-fuzz-") as folder, Progress(*columns) as progress:
        bar = progress.add_task("mutated files", total=files)
        for message in watched(folder, first, first + files):
            if isinstance(message, str):
                failures.append(message)
                progress.console.print(message)
            else:
                outcomes += message
                progress.update(bar, completed=sum(outcomes.values()))
    return outcomes, failures


def watched(folder: str, at: int, last: int) -> Iterator[str | Counter[tuple[str, str]]]:
    """Yields outcomes and descriptions of failures; goes on behind a case that killed or stopped its worker."""
    context = get_context("spawn")
    while at < last:
        ours, theirs = context.Pipe()
        process = context.Process(target=work, args=(folder, at, last, theirs))
        process.start()
        theirs.close()
        try:
            while ours.poll(PATIENCE):
                kind, number, value = ours.recv()
                if kind == "wrong":
                    yield f"case {number}: {value}"
                    continue
                at = number
                yield value
                if kind == "end":
                    break
            else:
                process.kill()
                yield f"cases {at} to {at + BATCH}: no progress for {PATIENCE:.0f} s"
                at += BATCH
        except EOFError:
            process.join()
            yield f"cases {at} to {at + BATCH}: the worker ended with {process.exitcode}"
            at += BATCH
        process.join()


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--files", type=int, default=100_000)
    arguments.add_argument("--first", type=int, default=0, help="number of the first case")
    given = arguments.parse_args()
    began = time.monotonic()
    outcomes, failures = run(given.files, given.first)
    for name in sorted({name for name, _ in outcomes}):
        parts = ", ".join(f"{count:,} {outcome}" for (each, outcome), count in sorted(outcomes.items()) if each == name)
        print(f"{name}: {parts}")
    total = sum(outcomes.values())
    print(
        f"{total:,} mutated files in {time.monotonic() - began:.0f} s: {len(failures)} crashes, hangs or wrong answers"
    )
    return 1 if failures or total < given.files else 0


if __name__ == "__main__":
    sys.exit(main())
