"""Somebody at the command line of one node, who stays there: `rempart` commands one after the other in one process.

So a command costs what it does, and not the second that a start takes. Run as a program, it reads orders from standard
input, each a line of JSON (the words, and what the command reads), and answers each with a line of JSON.
"""

import contextlib
import io
import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Any, Self, cast

from rempart.core.errors import OutsideFailure, RempartError
from rempart.demo.processes import Output


class Clerk:
    """Commands of one node; its environment names the data folder and the settings."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "rempart.demo.clerk"],
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
        said = json.loads(line) if line else {"code": -1, "out": "", "err": "it ended without an answer."}
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


def main() -> None:
    from rempart.cli.main import app

    orders, answers = sys.stdin, sys.stdout
    for line in orders:
        order = json.loads(line)
        sys.stdin = io.StringIO(order["given"])
        with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
            code = _code_of(app, order["words"])
        print(json.dumps({"code": code, "out": out.getvalue(), "err": err.getvalue()}), file=answers, flush=True)


def _code_of(app: Callable[..., Any], words: list[str]) -> int:
    """The exit code that the command has as a program of its own."""
    try:
        app(words, prog_name="rempart")
    except RempartError as error:
        print(f"rempart: {error}", file=sys.stderr)
        return 1
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return 0


if __name__ == "__main__":
    main()
