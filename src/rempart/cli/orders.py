"""Commands one after the other in one process: `python -m rempart.cli.orders`.

It reads orders from standard input, each a line of JSON (the words, and what the command reads), and answers each with
a line of JSON (exit code, standard output and error).
"""

import contextlib
import io
import json
import sys

from rempart.cli.main import app
from rempart.core.errors import RempartError


def main() -> None:
    orders, answers = sys.stdin, sys.stdout
    for line in orders:
        order = json.loads(line)
        sys.stdin = io.StringIO(order["given"])
        with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
            code = _code_of(order["words"])
        print(json.dumps({"code": code, "out": out.getvalue(), "err": err.getvalue()}), file=answers, flush=True)


def _code_of(words: list[str]) -> int:
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
