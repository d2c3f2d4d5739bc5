"""Somebody at the command line of one node, who stays there: `rempart` commands one after the other in one process.

So a command costs what it does, and not the second that a start takes (`rempart.cli.orders`).
"""

import contextlib
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import IO, Any, Self, cast

from rempart.core.errors import OutsideFailure
from rempart.demo.processes import Output


class Clerk:
    """Commands of one node; its environment names the data folder and the settings."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "rempart.cli.orders"],
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            # Ctrl+C is for who started it, and closing its input ends it.
            start_new_session=True,
        )
        self._orders, self._answers = cast(IO[str], self._process.stdin), cast(IO[str], self._process.stdout)
        self._words: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def begin(self, *words: object, given: str = "") -> None:
        """Give an order; `finish` has its outcome. One at a time; the command reads `given` from standard input."""
        self._words = [str(word) for word in words]
        self._orders.write(json.dumps({"words": self._words, "given": given}) + "\n")
        self._orders.flush()

    def finish(self, accepted: tuple[int, ...] = (0,)) -> Output:
        """What the command wrote; OutsideFailure with its words when it ended otherwise than accepted."""
        line = self._answers.readline()
        said: dict[str, Any] = {"code": -1, "out": "", "err": "it ended without an answer."}
        if line:
            said = json.loads(line)
        if said["code"] not in accepted:
            told = (said["err"] or said["out"]).strip()[-500:]
            raise OutsideFailure(f"it ended with {said['code']}: {told}", where=f"rempart {' '.join(self._words[:2])}")
        return Output(said["out"], said["err"])

    def does(self, *words: object, given: str = "", accepted: tuple[int, ...] = (0,)) -> Output:
        self.begin(*words, given=given)
        return self.finish(accepted)

    def close(self) -> None:
        with contextlib.suppress(BrokenPipeError):
            self._orders.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._answers.close()


def side_by_side(orders: Sequence[tuple[Clerk, Sequence[object]]]) -> list[Output]:
    """Orders to different clerks, at once; what came of each, in order."""
    for clerk, words in orders:
        clerk.begin(*words)
    return [clerk.finish() for clerk, _ in orders]
