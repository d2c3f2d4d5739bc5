"""What a decoding child process does first: it keeps its replies apart, and gives up what it no longer needs."""

import os
import resource

REPLIES_FD = 3
GRACE_SECONDS = 1.0  # the caller's own clock strikes first


def keep_replies_apart() -> None:
    """Nothing a decoder prints gets among the replies."""
    os.dup2(1, REPLIES_FD)
    os.dup2(2, 1)


def give_up(memory_bytes: int, *, files: int = 0) -> None:
    """Writing files, opening any (but for `files` that may be handed over), memory beyond the limit."""
    open_files = REPLIES_FD + 1 + files
    for name, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, open_files),
        (resource.RLIMIT_AS, memory_bytes),
    ):
        resource.setrlimit(name, (most, most))
