#!/bin/sh
# The whole suite on the embedded database; then the node's tests on PostgreSQL where one is installed.
set -eu
jobs="${TEST_JOBS:-2}"
.venv/bin/python -m pytest -q -n "$jobs" --durations=15 "$@"
status=0
address="$(.venv/bin/python scripts/postgres.py start)" || status=$?
if [ "$status" = 3 ]; then
    echo "Its tests were left out." >&2
    exit 0
fi
[ "$status" = 0 ] || exit "$status"
echo "The same node tests on PostgreSQL:"
REMPART_TEST_DATABASE="$address" .venv/bin/python -m pytest -q -n "$jobs" tests/node tests/cli || status=$?
.venv/bin/python scripts/postgres.py stop
exit "$status"
