"""No process outlives the one that started it, however that ends: killed, it could not tell anybody.

Two ways, for two kinds of child. One whose code is ours watches its parent (`watch`). One that becomes a foreign
program is started through this module (`held`): the kernel, told before the program takes over, ends it with its
parent; where there is no such kernel (it is Linux's), it is started all the same.

Children are killed, not asked: a supervisor that was killed leaves nobody to ask, a program that is still starting may
not listen, and what this node writes stands a kill.
"""

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence

_PR_SET_PDEATHSIG = 1
_EVERY_SECONDS = 0.5
_STARTED = "LIFELINE"
"""Tells what a held process starts in turn which one that is, so that it finds out even if that ended before."""


def watch(parent: int) -> None:
    """End this process when `parent`, the number of the process that started it, is its parent no more."""
    threading.Thread(target=_end_with, args=(parent,), name="lifeline", daemon=True).start()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_EVERY_SECONDS)
    os.kill(os.getpid(), signal.SIGKILL)


def watch_starter() -> None:
    """`watch` the held process that started this one, or whatever did where none was held."""
    held_one = int(os.environ.get(_STARTED, "0"))
    watch(held_one if held_one not in (0, os.getpid()) else os.getppid())


def held(command: Sequence[str]) -> list[str]:
    """The command, to be started by this process's main thread, so that it ends with it."""
    return [sys.executable, "-m", "rempart.adapters.lifeline", str(os.getpid()), *command]


def main(words: Sequence[str]) -> None:
    """Become the command, held to the parent."""
    parent, command = int(words[0]), list(words[1:])
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        # The parent may have ended before the kernel was told.
        if os.getppid() != parent:
            raise SystemExit(1)
    os.environ[_STARTED] = str(os.getpid())
    os.execv(command[0], command)  # noqa: S606 - our own command line, no shell


if __name__ == "__main__":
    main(sys.argv[1:])
