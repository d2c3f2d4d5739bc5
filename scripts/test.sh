#!/bin/sh
# The whole suite on the embedded database; then the node's tests on PostgreSQL where one can be started.
set -eu
jobs="${TEST_JOBS:-2}"
.venv/bin/python -m pytest -q -n "$jobs" --durations=15 "$@"
if address="$(.venv/bin/python scripts/postgres.py start 2>/dev/null)"; then
    echo "The same node tests on PostgreSQL:"
    status=0
    REMPART_TEST_DATABASE="$address" .venv/bin/python -m pytest -q -n "$jobs" tests/node tests/cli || status=$?
    .venv/bin/python scripts/postgres.py stop
    exit "$status"
fi
echo "No PostgreSQL was found: its tests were left out." >&2
