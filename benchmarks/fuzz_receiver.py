"""Sends random documents and uploads to the XML receiver: no failure of the node, and nothing half-stored.

    python benchmarks/fuzz_receiver.py [--cases 20000]

Runs tests/node/intake/test_receiver_fuzz.py with that many documents, and a tenth of it for each other kind of call.
After every refused call all tables and the vault are counted. Exit code 0 when nothing was found.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1] / "tests" / "node" / "intake" / "test_receiver_fuzz.py"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=20_000, help="documents to send")
    given = parser.parse_args()
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--hypothesis-show-statistics",
        str(TESTS),
    ]
    return subprocess.run(command, env={**os.environ, "FUZZ_CASES": str(given.cases)}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
