"""One scan, from what the operator asked for to the counts at its end."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from rempart.core.errors import InputError
from rempart.formats.rows import RejectedRow
from rempart.scanning import inputs, rows
from rempart.scanning.examine import Examiner
from rempart.scanning.lists import ListSpec, OpenLists
from rempart.scanning.matching import Matcher
from rempart.scanning.outputs import Output, Shape, check_free
from rempart.scanning.pipeline import FILES_A_TASK, ROWS_A_TASK, Engine, LocalEngine, run
from rempart.scanning.records import Item, Outcome, Rules, Totals
from rempart.scanning.resume import State

STDIN = "-"


class Watch(Protocol):
    """Who is told how the scan goes."""

    def rejected(self, list_name: str, row: RejectedRow) -> None: ...

    def count(self, counted: Callable[[], int | None], finished: int) -> None: ...

    def done(self, outcome: Outcome) -> None: ...


@dataclass(frozen=True, slots=True)
class Inputs:
    """Exactly one of the four. Paths: files, folders, and "-" for a list of names on standard input."""

    paths: tuple[str, ...] = ()
    csv: Path | None = None
    parquet: Path | None = None
    urls: Path | None = None

    def check(self) -> None:
        given = [bool(self.paths), self.csv is not None, self.parquet is not None, self.urls is not None]
        if sum(given) != 1:
            raise InputError(
                "Name the inputs in one way: paths, --from-csv, --from-parquet or --urls.",
                where="inputs",
                advice="Run the command once for each.",
            )
        if STDIN in self.paths and len(self.paths) > 1:
            raise InputError("The list on standard input stands alone.", where=STDIN, advice="Name paths or `-`.")

    @property
    def are_streamed(self) -> bool:
        return STDIN in self.paths

    @property
    def task_items(self) -> int:
        """Names that come one by one are taken up one by one."""
        if self.csv or self.parquet:
            return ROWS_A_TASK
        return 1 if self.are_streamed else FILES_A_TASK

    def items(self) -> Iterator[Item]:
        if self.csv:
            yield from rows.from_csv(self.csv)
        elif self.parquet:
            yield from rows.from_parquet(self.parquet)
        elif self.urls:
            yield from _urls(self.urls)
        elif self.are_streamed:
            # Unbuffered: a thread that waits in the buffer's lock would abort the process when it is interrupted.
            with open(sys.stdin.fileno(), "rb", buffering=0, closefd=False) as names:
                yield from inputs.from_names(names)
        else:
            yield from inputs.from_paths(self.paths)

    def count(self) -> int | None:
        """How many there are, for the progress bar; None if only the end of the stream tells."""
        if self.are_streamed:
            return None
        return rows.count_parquet(self.parquet) if self.parquet else sum(1 for _ in self.items())


@dataclass(frozen=True, slots=True)
class Plan:
    """Without `lists` nothing is looked up; `address` and `workers` are Ray's."""

    inputs: Inputs
    rules: Rules
    shape: Shape
    lists: tuple[ListSpec, ...] = ()
    output: Path | None = None
    state: Path | None = None
    jobs: int = 1
    use_ray: bool = False
    workers: int | None = None
    address: str | None = None

    @property
    def settings(self) -> dict[str, object]:
        """What must be the same when the scan is taken up again: it shapes the output."""
        rules = self.rules
        return {
            "output": str(self.output and self.output.resolve()),
            "format": type(self.shape).__name__ + str(vars(self.shape)),
            "--list": [[spec.at, spec.category] for spec in self.lists],
            "radius": [rules.radius, *map(list, rules.radii)],
            "--min-quality": rules.min_quality,
            "--dihedral": rules.turned,
            "--fast": rules.fast,
            "--frames": rules.frames,
            "--video": rules.video_every,
        }


def scan(plan: Plan, watch: Watch) -> Totals:
    """Raises RempartError; what went wrong with a single input is told in its outcome instead."""
    plan.inputs.check()
    if plan.state and not plan.output:
        raise InputError("A scan is taken up again in a file only.", where="--resume", advice="Name it with --output.")
    with ExitStack() as stack:
        state = stack.enter_context(State(plan.state, plan.settings)) if plan.state else None
        if plan.output and (state is None or state.length is None):
            check_free(plan.output)  # before the lists are read, which may take a while
        lists = stack.enter_context(OpenLists(plan.lists, watch.rejected)) if plan.lists else None
        if lists is not None:
            _check_radii(plan.rules, lists.recogniser.counts())
        engine = _engine(plan, lists)
        stack.callback(engine.close)
        output = _output(plan, state)
        stack.callback(output.close)
        watch.count(plan.inputs.count, state.totals.inputs if state else 0)
        return run(
            plan.inputs.items(), engine, output, state=state, report=watch.done, task_items=plan.inputs.task_items
        )


def _check_radii(rules: Rules, lists: Iterable[str]) -> None:
    """A misspelt name would quietly leave its list with the general radius."""
    unknown = {name for name, _ in rules.radii} - set(lists)
    if unknown:
        raise InputError(
            f"There is no list called {min(unknown)}.", where="--radius", advice=f"There are: {', '.join(lists)}."
        )


def _output(plan: Plan, state: State | None) -> Output:
    length = state.length if state else None
    if state and length is None:
        state.commit([], Totals(), 0)  # from here on the output is this scan's
        length = 0
    return Output(plan.shape, plan.output, sys.stdout.buffer, length)


def _engine(plan: Plan, lists: OpenLists | None) -> Engine:
    if plan.use_ray and lists is not None:
        from rempart.scanning.ray_engine import RayEngine

        return RayEngine(lists.folder(), plan.rules, workers=plan.workers, address=plan.address)
    recogniser = lists.recogniser if lists else None
    return LocalEngine(Matcher(recogniser, Examiner(plan.rules, plan.jobs), plan.rules), plan.jobs)


def _urls(path: Path) -> Iterator[Item]:
    try:
        stream = path.open("rb")
    except OSError as error:
        raise rows.unreadable(path, error) from error
    with stream:
        yield from inputs.from_urls(stream)
